"""What may be decided about banners."""

from datetime import timedelta

import pytest

from cms.banners import services
from cms.banners.models import Banner
from cms.core import publishing
from cms.core.errors import Invalid, PermissionDenied
from cms.core.markup import MarkupKind
from cms.core.permissions import SYSTEM, Permission
from tests.factories.banners import make_banner
from tests.factories.users import make_user


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "//evil.example/"}, "link"),
        ({"paths": ["psf/"]}, "paths"),
        ({"paths": ["/psf"]}, "paths"),
        ({"paths": ["/", "/psf/?a=b"]}, "paths"),
        ({"paths": ["//"]}, "paths"),
        ({"message": "# A heading"}, "message"),
        ({"message": "![](/x.png)"}, "message"),
        ({"message": "- a\n- b"}, "message"),
        ({"message": "<table><tr><td>x</td></tr></table>", "message_kind": MarkupKind.HTML}, "message"),
        ({"message": "x", "message_kind": MarkupKind.HTML_TRUSTED}, "message_kind"),
    ],
)
async def test_what_cannot_stand_in_a_banner_is_refused_beside_its_field(session, superuser, values, field):
    banner = Banner(**{"title": "A banner", **values})

    with pytest.raises(Invalid) as refusal:
        await services.save_banner(session, banner, by=superuser)

    assert list(refusal.value.errors) == [field]


async def test_a_message_has_links_and_emphasis(session, superuser):
    banner = Banner(title=" Vote ", message="*Now*, [here](/psf/). <script>x</script>", paths=[])

    await services.save_banner(session, banner, by=superuser)
    await session.flush()

    assert (banner.title, banner.paths) == ("Vote", ["/"])
    assert '<em>Now</em>, <a href="/psf/">here</a>.' in banner.message_html
    assert "<script>" not in banner.message_html


async def test_addresses_are_kept_once(session, superuser):
    banner = Banner(title="Vote", paths=["/psf/", "/about/", "/psf/"])

    await services.save_banner(session, banner, by=superuser)

    assert banner.paths == ["/psf/", "/about/"]


async def test_who_may_not_publish_changes_drafts_only(session):
    editor = await make_user(session, permissions=(Permission.BANNERS_EDIT,))
    live, draft = await make_banner(session), await make_banner(session, is_published=False)

    await services.save_banner(session, draft, by=editor)

    with pytest.raises(PermissionDenied, match="is live"):
        await services.save_banner(session, live, by=editor)


async def test_deleting_a_banner_takes_its_permission(session):
    editor = await make_user(session, permissions=(Permission.BANNERS_EDIT, Permission.BANNERS_PUBLISH))
    banner = await make_banner(session)

    with pytest.raises(PermissionDenied, match="Delete banners"):
        await services.delete_banner(session, banner, by=editor)


async def test_a_banner_comes_and_goes_by_itself(session, superuser, clock):
    banner = await make_banner(session, is_published=False)
    begin, end = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2)
    await publishing.schedule(session, banner, publish_at=begin, expire_at=end, by=superuser)

    clock.move(hours=1)
    await publishing.act_on_moment(session, banner, by=SYSTEM)
    assert banner.is_published

    clock.move(hours=1)
    await publishing.act_on_moment(session, banner, by=SYSTEM)
    assert not banner.is_published
