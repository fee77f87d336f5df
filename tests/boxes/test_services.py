"""What may be decided about boxes."""

import pytest

from cms.boxes import services
from cms.boxes.models import Box
from cms.core.errors import Invalid, PermissionDenied
from cms.core.markup import MarkupKind
from cms.core.permissions import Permission
from tests.factories.users import make_user


@pytest.mark.parametrize("label", ["", "two words", "a/b", "<b>"])
async def test_a_label_that_is_none_is_refused(session, superuser, label):
    with pytest.raises(Invalid) as refusal:
        await services.save_box(session, Box(label=label), by=superuser)

    assert list(refusal.value.errors) == ["label"]


async def test_a_box_takes_the_permission_to_edit_boxes(session):
    reader = await make_user(session, permissions=(Permission.BOXES_VIEW,))

    with pytest.raises(PermissionDenied):
        await services.save_box(session, Box(label="a-box"), by=reader)


async def test_raw_html_in_a_box_takes_a_permission_of_its_own(session):
    editor = await make_user(session, permissions=(Permission.BOXES_EDIT,))

    with pytest.raises(PermissionDenied, match="unfiltered HTML"):
        await services.save_box(session, Box(label="a-box", content_kind=MarkupKind.HTML_TRUSTED), by=editor)


async def test_deleting_a_box_takes_its_permission(session, superuser):
    editor = await make_user(session, permissions=(Permission.BOXES_EDIT,))
    box = Box(label="a-box")
    await services.save_box(session, box, by=superuser)

    with pytest.raises(PermissionDenied, match="Delete boxes"):
        await services.delete_box(session, box, by=editor)
