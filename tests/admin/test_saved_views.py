"""The named states of a list: kept for a person, shared where they say so, and whole in the address."""

from urllib.parse import urlencode

import pytest
from lxml import html
from sqlalchemy import select

from cms.core.permissions import Permission
from cms.users.saved_views import LONGEST_QUERY, SavedView
from tests.admin.browser import Browser, text_of
from tests.factories.pages import make_page
from tests.factories.users import make_user

READS = (Permission.PAGES_VIEW,)
QUERY = "search=python&state=draft&sort=-path&columns=title%2Ctemplate_name&size=25"


async def keep(browser, name="Mine", *, query=QUERY, **more):
    return await browser.post("/admin/pages/views", {"name": name, "query": query, **more})


async def the_view(session):
    return (await session.scalars(select(SavedView).execution_options(populate_existing=True))).one()


def tabs(page):
    return [" ".join(link.text_content().split()) for link in html.fromstring(page).xpath("//a[@class='list-tab']")]


async def test_the_state_of_a_list_is_kept_under_a_name_and_its_link_says_everything(browser, session):
    answer = await keep(browser)

    view = await the_view(session)
    assert answer.headers["location"] == f"/admin/pages/list?{QUERY}&view={view.id}"
    assert tabs((await browser.get(answer.headers["location"])).text) == ["All", "Mine"]


async def test_what_is_kept_is_what_the_list_understands(browser, session):
    await keep(browser, query="search=python&page=7&state=nonsense&sort=password&evil=%3Cscript%3E&view=9")

    assert (await the_view(session)).query == "search=python"


async def test_a_colleague_opens_a_link_that_was_sent_to_them(client, session, browser):
    await make_page(session, title="About Python", is_published=False)
    address = (await keep(browser)).headers["location"]
    colleague = await make_user(session, permissions=READS)

    await browser.sign_in(session, colleague)
    answer = await browser.get(address)

    assert "About Python" in text_of(answer.text)
    assert tabs(answer.text) == []


async def test_a_shared_view_is_seen_by_all_staff_and_changed_by_its_owner_alone(client, session, browser):
    await keep(browser, is_shared="yes")
    view_id = (await the_view(session)).id
    colleague = await make_user(session, permissions=READS)
    await browser.sign_in(session, colleague)

    shown = (await browser.get("/admin/pages/list")).text
    changed = await browser.post(f"/admin/pages/views/{view_id}", {"name": "Theirs", "press": "settle"})
    deleted = await browser.post(f"/admin/pages/views/{view_id}", {"press": "delete"})

    assert tabs(shown) == ["All", "Mine shared"]
    assert (changed.status_code, deleted.status_code) == (404, 404)
    assert (await the_view(session)).name == "Mine"


async def test_a_list_opens_with_the_view_that_was_made_its_default(browser, session):
    await keep(browser, is_default="yes")
    await keep(browser, "Other", query="search=other", is_default="yes")

    opened = await browser.get("/admin/pages/list")
    everything = await browser.get("/admin/pages/list", view="all")

    assert opened.status_code == 303
    assert opened.headers["location"].startswith("/admin/pages/list?search=other&view=")
    assert everything.status_code == 200
    defaults = await session.scalars(select(SavedView.name).where(SavedView.is_default))
    assert list(defaults) == ["Other"]


async def test_a_view_is_renamed_replaced_and_deleted(browser, session):
    await keep(browser)
    address = f"/admin/pages/views/{(await the_view(session)).id}"

    await browser.post(address, {"name": "New  name", "press": "settle", "is_shared": "yes"})
    renamed = await the_view(session)
    state = (renamed.name, renamed.is_shared)
    await browser.post(address, {"query": "search=else&page=3", "press": "replace"})
    replaced = (await the_view(session)).query
    await browser.post(address, {"press": "delete"})

    assert state == ("New name", True)
    assert replaced == "search=else"
    assert await session.scalar(select(SavedView.id)) is None


async def test_a_list_that_is_narrowed_by_too_much_is_refused_and_not_cut(browser, session):
    await keep(browser, query="search=python")
    address = f"/admin/pages/views/{(await the_view(session)).id}"
    query = urlencode({"search": "%" * 200, "path": "%" * LONGEST_QUERY})

    kept = await keep(browser, "Another", query=query)
    replaced = await browser.post(address, {"query": query, "press": "replace"})

    assert (kept.status_code, replaced.status_code) == (422, 422)
    assert (await the_view(session)).query == "search=python"


async def test_a_view_that_was_narrowed_further_says_so(browser, session):
    address = (await keep(browser, query="search=python")).headers["location"]

    assert tabs((await browser.get(f"{address}&state=live")).text) == ["All", "Mine (changed)"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Mine"])
async def test_a_name_that_is_empty_too_long_or_taken_is_refused(browser, session, name):
    await keep(browser)

    answer = await keep(browser, name)

    assert answer.status_code == 422
    assert (await the_view(session)).name == "Mine"


async def test_a_view_belongs_to_its_list(browser, session):
    await keep(browser)

    view_id = (await the_view(session)).id

    assert (await browser.post(f"/admin/users/views/{view_id}", {"press": "delete"})).status_code == 404
    assert tabs((await browser.get("/admin/users/list")).text) == []


async def test_views_are_kept_for_lists_that_the_person_may_see(client, session):
    reader = await make_user(session, permissions=READS)
    browser = await Browser(client).sign_in(session, reader)

    assert (await browser.post("/admin/users/views", {"name": "Mine", "query": ""})).status_code == 403
