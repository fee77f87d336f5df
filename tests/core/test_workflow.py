"""Statuses move by decisions only."""

from enum import StrEnum

import pytest

from cms.core.errors import InvalidTransition, PermissionDenied
from cms.core.permissions import Permission
from cms.core.workflow import Transition, Workflow
from tests.factories.boxes import make_box
from tests.factories.users import make_user


class Kind(StrEnum):
    """Any column with values can be moved; a box's kind of markup serves for the test."""

    MARKDOWN = "markdown"
    PLAIN = "plain"


WORKFLOW = Workflow(
    Transition("flatten", frozenset({Kind.MARKDOWN}), Kind.PLAIN, Permission.BOXES_EDIT), column="content_kind"
)


@pytest.fixture
async def editor(session):
    return await make_user(session, permissions=(Permission.BOXES_EDIT,))


async def test_a_decision_moves_the_status(session, editor):
    box = await make_box(session)

    await WORKFLOW.move(session, box, "flatten", by=editor)

    assert box.content_kind == Kind.PLAIN


async def test_a_status_that_does_not_allow_the_decision_is_told(session, editor):
    box = await make_box(session, content_kind=Kind.PLAIN)

    with pytest.raises(InvalidTransition, match="is plain"):
        await WORKFLOW.move(session, box, "flatten", by=editor)


async def test_a_decision_takes_its_permission(session):
    with pytest.raises(PermissionDenied):
        await WORKFLOW.move(session, await make_box(session), "flatten", by=await make_user(session))


async def test_only_decisions_that_are_possible_are_offered(session, editor):
    box = await make_box(session)
    assert WORKFLOW.open_to(editor, box) == ["flatten"]

    assert WORKFLOW.open_to(await make_user(session), box) == []
