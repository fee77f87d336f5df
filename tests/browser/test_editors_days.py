"""The days of a web editor, a volunteer and a communications person, in a real browser, on the demo content."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from cms.core import bulk
from cms.core.changes import AS_HANDLED
from cms.pages.models import Page
from cms.publishing_tasks import act_on_moment, publish_due
from cms.users import queries as users
from tests.admin.browser import Browser
from tests.background import run_waiting
from tests.browser.conftest import OpenPage, violations
from tests.conftest import SITE

pytestmark = [pytest.mark.browser, pytest.mark.demonstration]

MANY = 5_000
READY = "html[data-ready]"
SAVE_DRAFT = ".save-bar button:has-text('Save draft')"
PUBLISH = ".save-bar button[value='decide:publish']"


@pytest.fixture
def sign_in(client, session, one_at_a_time):
    """Return what makes the browser that of somebody else, or of the same person again: all pages share a jar."""
    tokens = {}

    async def sign_in(name):
        if name in tokens:
            client.cookies.clear()
            client.cookies.set("session", tokens[name])
            return
        async with one_at_a_time:
            person = (await session.scalars(users.named(name))).one()
            await Browser(client).sign_in(session, person)
        tokens[name] = client.cookies["session"]

    return sign_in


async def go(page, address):
    await page.goto(SITE + address)
    await page.wait_for_selector(READY)


async def follow(page, words):
    await page.click(f"main a:has-text('{words}')")
    await page.wait_for_selector(READY)


async def public_text(page, address):
    await page.goto(SITE + address)
    return await page.inner_text("main")


async def number_of(session, path):
    return await session.scalar(select(Page.id).where(Page.path == path))


async def test_a_web_editor_changes_a_live_page_without_anybody_seeing_half_of_it(
    open_page: OpenPage, session, sign_in
):
    await sign_in("web-editor")
    about = await number_of(session, "about")

    page = await open_page("/admin/")
    assert "Waiting for you" in await page.inner_text("main")
    await go(page, f"/admin/pages/edit/{about}")
    await page.fill("#title", "What Python is")
    await page.fill("#remark", "A question is a better heading.")
    await page.click(SAVE_DRAFT)
    await page.wait_for_selector("text=are kept as a draft. The public still sees what is live.")
    assert "What Python is" not in await public_text(page, "/about/")

    await go(page, f"/admin/pages/edit/{about}")
    await follow(page, "Compare it with what is live")
    assert await page.inner_text(".compared-text:has(ins)") == "What Python is"
    assert await violations(page) == []
    await go(page, f"/admin/pages/edit/{about}")
    await page.click(PUBLISH)
    await page.wait_for_selector("text=“What Python is” is live.")
    assert "What Python is" in await public_text(page, "/about/")

    await go(page, f"/admin/pages/revisions/{about}")
    await page.click("tbody tr:last-child button:has-text('Restore')")
    await page.wait_for_selector("text=kept as a draft; the public still sees what is live")
    assert await page.input_value("#title") == "About Python"
    assert page.errors == []


async def test_the_second_of_two_editors_sees_both_versions_and_keeps_what_was_typed(
    open_page: OpenPage, session, sign_in
):
    about = await number_of(session, "about")
    await sign_in("superuser")
    colleague = await open_page(f"/admin/pages/edit/{about}")
    await sign_in("web-editor")
    page = await open_page(f"/admin/pages/edit/{about}")
    await page.wait_for_selector("text=superuser has this form open, too.")
    await page.fill("#title", "My title")

    await sign_in("superuser")
    await go(colleague, f"/admin/pages/edit/{about}")
    await colleague.fill("#title", "Title of a colleague")
    await colleague.click(SAVE_DRAFT)
    await colleague.wait_for_selector("text=are kept as a draft")
    await sign_in("web-editor")
    await page.click(SAVE_DRAFT)

    await page.wait_for_selector("text=Somebody else changed this while you were writing.")
    both = await page.inner_text(".conflict")
    assert "Title of a colleague" in both
    assert "My title" in both
    assert await page.input_value("#title") == "My title"
    assert await violations(page) == []


async def test_a_web_editor_schedules_and_the_clock_publishes(
    open_page: OpenPage, session, resources, clock, sign_in, one_at_a_time
):
    await sign_in("web-editor")
    about = await number_of(session, "about")
    page = await open_page(f"/admin/pages/edit/{about}")
    await page.fill("#title", "Python, from tomorrow on")
    await page.click("summary:has-text('More')")
    await page.click("button:has-text('Save and schedule')")
    await page.wait_for_selector("h1:has-text('Schedule of')")

    tomorrow = clock.now() + timedelta(days=1)
    await page.fill("#publish_at", f"{tomorrow:%Y-%m-%dT%H:%M}")
    assert await violations(page) == []
    await page.click("button:has-text('Set the schedule')")
    await page.wait_for_selector("text=goes live on")
    assert "Python, from tomorrow on" not in await public_text(page, "/about/")

    clock.move(days=1)
    async with one_at_a_time:
        session.expunge_all()
        await publish_due(resources, session)
        await act_on_moment(resources, session, table="pages", row_id=about)
        await session.commit()
    assert "Python, from tomorrow on" in await public_text(page, "/about/")


@pytest.mark.commits
async def test_a_web_editor_takes_down_five_thousand_pages_at_once(open_page: OpenPage, session, resources, sign_in):
    rows = [
        {"title": f"Old {n}", "path": f"attic/{n}", "content": "", "content_html": "", "is_published": True}
        for n in range(MANY)
    ]
    await session.execute(insert(Page), rows, execution_options=AS_HANDLED)
    await session.commit()
    await sign_in("web-editor")

    page = await open_page("/admin/pages/list?path=attic&state=live")
    await page.check("[data-choose-all]")
    await page.check("[name=all]")
    await page.click("button:has-text('Unpublish')")
    await page.wait_for_selector("text=5,000 of 5,000 pages that match.")
    assert await violations(page) == []
    await page.click("button:has-text('Unpublish: 5,000 rows')")
    state = await page.get_attribute("[data-run]", "data-run")
    while await run_waiting(resources, session, task=bulk.TASK):
        pass
    await go(page, state.removesuffix("/state"))

    assert "5,000" in await page.inner_text("dl.numbers")
    live = select(func.count()).select_from(Page).where(Page.path.startswith("attic/"), Page.is_published)
    assert await session.scalar(live) == 0


async def test_a_volunteer_submits_a_change_and_an_editor_publishes_it(open_page: OpenPage, session, sign_in):
    await sign_in("volunteer")
    chat = await number_of(session, "community/irc")
    page = await open_page(f"/admin/pages/edit/{chat}")
    await page.fill("#title", "Chat with us")
    await page.click("[data-preview]")
    await page.frame_locator(".preview-window iframe:not(.is-coming)").locator("text=Chat with us").first.wait_for()
    await page.click(".save-bar button:has-text('Submit for review')")
    await page.wait_for_selector("h1")
    await page.fill("#review-remark", "The channel is called so, too.")
    await page.click("button:has-text('Submit for review')")
    await page.wait_for_selector("text=submitted this for review")
    assert "Chat with us" not in await public_text(page, "/community/irc/")
    await page.goto(f"{SITE}/admin/pages/edit/{await number_of(session, 'about')}")
    assert "You may read “About Python”, but not change it." in await page.inner_text("main")

    await sign_in("web-editor")
    await go(page, "/admin/reviews")
    await follow(page, "Chat")
    assert "The channel is called so, too." in await page.inner_text("main")
    await page.fill("#review-text", "Thank you!")
    await page.click("button:has-text('Comment')")
    await page.wait_for_selector(".comments >> text=Thank you!")
    await page.click("button:has-text('Approve and publish')")
    await page.wait_for_selector("text=is live")

    assert "Chat with us" in await public_text(page, "/community/irc/")
    await go(page, f"/admin/pages/history/{chat}")
    told = await page.inner_text("main")
    assert "Thank you!" in told
    assert "volunteer" in told


async def test_a_communications_person_announces_something_for_a_while(
    open_page: OpenPage, session, resources, clock, sign_in, one_at_a_time
):
    await sign_in("communications")
    page = await open_page("/admin/banners/create")
    await page.fill("#title", "Read the announcement")
    await page.fill("#message", "The **conference** begins on Monday.")
    await page.fill("#link", "/community/")
    await page.fill("#paths", "/community/")
    await page.click(PUBLISH)
    await page.wait_for_selector("text=is live")
    assert "begins on Monday" in await _whole(page, "/community/")
    assert "begins on Monday" not in await _whole(page, "/psf/")

    await go(page, "/admin/banners/list?search=announcement")
    await follow(page, "Read the announcement")
    await page.click("summary:has-text('More')")
    await page.click("button:has-text('Save and schedule')")
    await page.wait_for_selector("h1:has-text('Schedule of')")
    await page.fill("#expire_at", f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}")
    await page.click("button:has-text('Set the schedule')")
    await page.wait_for_selector("text=is taken down on")
    clock.move(days=2)
    async with one_at_a_time:
        session.expunge_all()
        await publish_due(resources, session)
        await run_waiting(resources, session, task="act_on_moment")

    assert "begins on Monday" not in await _whole(page, "/community/")
    assert page.errors == []


async def _whole(page, address):
    await page.goto(SITE + address)
    return await page.inner_text("body")
