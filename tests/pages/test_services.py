"""What may be decided about pages."""

import pytest
from sqlalchemy import select

from cms.core.errors import Invalid, PermissionDenied
from cms.core.markup import MarkupKind
from cms.core.permissions import Permission
from cms.pages import queries, services
from cms.pages.models import Page
from cms.redirects.models import Redirect
from tests.factories.pages import make_page
from tests.factories.users import make_user


@pytest.fixture
async def editor(session):
    return await make_user(session, permissions=(Permission.PAGES_EDIT, Permission.PAGES_PUBLISH))


@pytest.mark.parametrize(
    "path", ["path", "yet/another/path", "/initial-slash", "about/", "3.14/notes", "a/..b/.c", "a..b"]
)
async def test_a_path_of_plain_segments_is_accepted_without_its_outer_slashes(session, editor, path):
    page = Page(title="A page", path=path)

    await services.save_page(session, page, by=editor)

    assert page.path == path.strip("/")


@pytest.mark.parametrize(
    "path", ["Path", "", "/", "no_underscores", "no/special!/chars?", "a//b", "a/ b", "über", "..", "a/../b", "./a"]
)
async def test_any_other_path_is_refused(session, editor, path):
    with pytest.raises(Invalid) as refusal:
        await services.save_page(session, Page(title="A page", path=path), by=editor)

    assert list(refusal.value.errors) == ["path"]


@pytest.mark.parametrize("path", ["admin/help", "api", "static/page", "m/old", "doc/versions", "downloads"])
async def test_an_address_of_the_program_itself_is_refused(session, editor, path):
    with pytest.raises(Invalid, match="belongs to the program"):
        await services.save_page(session, Page(title="A page", path=path), by=editor)


async def test_a_path_that_is_taken_is_refused(session, editor):
    await make_page(session, path="about")

    with pytest.raises(Invalid, match="page at this path"):
        await services.save_page(session, Page(title="A page", path="about/"), by=editor)


async def test_a_page_needs_a_title_and_a_template_that_exists(session, editor):
    page = Page(title=" ", path="about", template_name="../../etc/passwd")

    with pytest.raises(Invalid) as refusal:
        await services.save_page(session, page, by=editor)

    assert set(refusal.value.errors) == {"title", "template_name"}


@pytest.mark.parametrize("kind", [MarkupKind.HTML_TRUSTED, MarkupKind.MARKDOWN_TRUSTED])
async def test_raw_html_takes_a_permission_of_its_own(session, editor, kind):
    page = Page(title="A page", path="about", content="<script>1</script>", content_kind=kind)

    with pytest.raises(PermissionDenied, match="unfiltered HTML"):
        await services.save_page(session, page, by=editor)


async def test_a_volunteer_cannot_change_a_page_that_is_live(session):
    volunteer = await make_user(session, permissions=(Permission.PAGES_EDIT,))
    page = await make_page(session, is_published=True)

    page.title = "Changed"
    with pytest.raises(PermissionDenied):
        await services.save_page(session, page, by=volunteer)


async def test_a_volunteer_cannot_move_a_draft_out_of_the_paths_assigned(session):
    volunteer = await make_user(
        session, permissions=(Permission.PAGES_EDIT,), scope_kind="path", scope_values=("community",)
    )
    page = await make_page(session, path="community/irc", is_published=False)

    page.path = "psf"
    with pytest.raises(PermissionDenied):
        await services.save_page(session, page, by=volunteer)


async def test_a_draft_is_seen_by_those_who_may_view_pages(session):
    page = await make_page(session, is_published=False)
    staff = await make_user(session, permissions=(Permission.PAGES_VIEW,))
    member = await make_user(session)

    assert (await session.scalars(queries.visible_to(staff))).all() == [page]
    assert (await session.scalars(queries.visible_to(member))).all() == []


async def test_a_page_that_goes_live_is_not_hidden_by_a_redirect(session, superuser):
    session.add(Redirect(old_path="/sprints/", new_path="/community/"))
    page = await make_page(session, path="sprints", is_published=False)

    await services.publish_page(session, page, by=superuser)
    await session.commit()

    assert (await session.scalars(select(Redirect))).all() == []
