"""Decisions: verbs of the domain offered as buttons, confirmed on a page, carried out by POST on locked rows."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import publishing
from cms.core.permissions import Actor, Permission

Perform = Callable[..., Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A verb that a person may decide on a row; what it does and whether it may is the domain's."""

    name: str
    label: str
    permission: Permission
    perform: Perform
    """`perform(session, row, by=user)`; raises PermissionDenied, InvalidTransition or Invalid with a sentence."""

    hindrance: Callable[[Any], str]
    """Say in a sentence why a row is not ready for it; "" where it is. A courtesy: `perform` decides."""

    consequence: str
    """What will happen, told before it does."""

    outcome: str
    """What happened, told afterwards; `{row}` is the row's name."""

    ready: Callable[[Any], ColumnElement[bool]] | None = None
    """Given the model: the rows on which it can be taken, where they are too many to look at; None means all."""

    tone: str = "primary"
    is_confirmed: bool = False
    """Whether the form leads to a page that asks once more, because what is typed is of no use any more."""


@dataclass(frozen=True, kw_only=True)
class BulkEdit:
    """A field that may be set to one value in many rows at once."""

    column: str
    label: str
    labels: Sequence[tuple[Any, str]] = ()
    """The values that may be chosen, with what people call them."""

    choices_from: Any = None
    """A table of few rows instead, whose keys are the values."""


def publishing_decisions(
    model: type[Any],
    *,
    edit: Permission,
    consequence: str = "It can be read by everybody at once, and the search finds it.",
) -> tuple[Decision, ...]:
    """Return the decisions of everything that is either a draft or live; who may `edit` may discard changes."""

    async def discard(session: AsyncSession, row: Any, *, by: Actor) -> None:
        await publishing.discard_draft(session, row, permission=edit, by=by)

    return (
        Decision(
            name="publish",
            label="Publish",
            permission=model.publish_permission,
            perform=publishing.publisher_of(model),
            hindrance=lambda row: "It is live already." if row.is_published and not row.has_draft else "",
            consequence=consequence,
            outcome="“{row}” is live.",
            ready=lambda table: or_(table.is_published.is_(False), table.draft_id.is_not(None)),
        ),
        Decision(
            name="unpublish",
            label="Unpublish",
            permission=model.publish_permission,
            perform=publishing.unpublish,
            hindrance=lambda row: "" if row.is_published else "It is a draft already.",
            consequence="The public can no longer read it; it stays here as a draft.",
            outcome="“{row}” is a draft again; the public no longer sees it.",
            ready=lambda table: table.is_published.is_(True),
            tone="warning",
        ),
        Decision(
            name="discard",
            label="Discard changes",
            permission=edit,
            perform=discard,
            hindrance=lambda row: "" if row.is_published and row.has_draft else "It has no unpublished changes.",
            consequence="What is live stays as it is. The changes can still be found among the revisions.",
            outcome="The unpublished changes of “{row}” are discarded.",
            ready=lambda table: table.is_published & table.draft_id.is_not(None),
            tone="warning",
            is_confirmed=True,
        ),
    )
