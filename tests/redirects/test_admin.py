"""Redirects that follow from what is done to pages in the back office."""

from sqlalchemy import select

from cms.core import clock
from cms.core.permissions import Permission
from cms.redirects.models import Redirect
from tests.admin.browser import Browser, text_of
from tests.factories.pages import make_page
from tests.factories.users import make_user

OFFER = "Make a redirect from /about/"


async def _told(browser: Browser) -> str:
    return text_of((await browser.get("/admin/pages/list")).text)


async def test_a_live_page_that_moves_is_found_at_its_new_path(browser: Browser, session):
    page = await make_page(session, path="about")

    await browser.save(f"/admin/pages/edit/{page.id}", path="who-we-are")
    await browser.post("/admin/pages/decide/publish", {"pks": page.id})

    leads = (await session.execute(select(Redirect.old_path, Redirect.new_path))).all()
    assert [tuple(lead) for lead in leads] == [("/about/", "/who-we-are/")]


async def test_a_page_that_is_taken_down_offers_a_redirect_from_where_it_was(browser: Browser, session):
    page = await make_page(session, path="about", first_published_at=clock.now())

    await browser.post("/admin/pages/decide/unpublish", {"pks": page.id})

    assert OFFER in await _told(browser)


async def test_a_page_that_is_deleted_offers_a_redirect_from_where_it_was(browser: Browser, session):
    page = await make_page(session, path="about", first_published_at=clock.now())

    await browser.post("/admin/pages/delete", {"pks": page.id})

    assert OFFER in await _told(browser)


async def test_where_nothing_was_public_no_redirect_is_offered(browser: Browser, session):
    page = await make_page(session, path="about", is_published=False)

    await browser.post("/admin/pages/delete", {"pks": page.id})

    assert OFFER not in await _told(browser)


async def test_who_makes_no_redirects_is_offered_none(client, session):
    page = await make_page(session, path="about", first_published_at=clock.now())
    rights = (Permission.PAGES_VIEW, Permission.PAGES_EDIT, Permission.PAGES_PUBLISH)
    browser = await Browser(client).sign_in(session, await make_user(session, permissions=rights))

    await browser.post("/admin/pages/decide/unpublish", {"pks": page.id})

    assert OFFER not in await _told(browser)


async def test_the_form_of_a_redirect_begins_with_the_path_that_its_address_names(browser: Browser):
    assert (await browser.form("/admin/redirects/create?old_path=%2Fabout%2F"))["old_path"] == "/about/"
