"""What may be decided about boxes."""

import pytest

from cms.boxes import placement, services
from cms.boxes.models import Box
from cms.boxes.placement import MADE_BY_THE_SITE
from cms.core import publishing, template_sources
from cms.core.errors import Invalid, PermissionDenied
from cms.core.markup import MarkupKind
from cms.core.permissions import Permission
from tests.factories.boxes import make_box
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


@pytest.mark.parametrize("label", sorted(MADE_BY_THE_SITE))
async def test_what_the_site_makes_by_itself_is_not_written_by_hand(session, superuser, label):
    with pytest.raises(Invalid, match="of the newest releases by itself"):
        await services.save_box(session, Box(label=label), by=superuser)


async def test_who_may_not_publish_leaves_live_boxes_alone(session):
    editor = await make_user(session, permissions=(Permission.BOXES_EDIT,))
    live, draft = await make_box(session), await make_box(session, is_published=False)

    await services.save_box(session, draft, by=editor)

    with pytest.raises(PermissionDenied, match="is live"):
        await services.save_box(session, live, by=editor)


async def test_a_box_is_published_by_those_who_may(session):
    box = await make_box(session, is_published=False)
    editor = await make_user(session, permissions=(Permission.BOXES_EDIT,))
    publisher = await make_user(session, permissions=(Permission.BOXES_PUBLISH,))

    with pytest.raises(PermissionDenied, match="Publish boxes"):
        await publishing.publish(session, box, by=editor)
    await publishing.publish(session, box, by=publisher)

    assert box.is_published


def test_every_template_that_calls_a_box_is_known_to_editors_by_its_name():
    calling = {name for name in template_sources.public_templates() if template_sources.named_in(name, "box")}

    assert calling == set(placement.PLACES)


async def test_the_places_of_a_box_are_read_off_the_templates():
    assert [place.path for place in placement.places_of("homepage-jobs")] == ["/"]
    assert placement.places_of("called-by-nobody") == ()
    assert "download-pgp" in placement.labels_in("downloads/index.html")
