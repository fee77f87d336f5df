"""The forms of the back office in a real browser: nothing that was typed is lost, and rows are found and ordered."""

import pytest

from cms.core.outbox import MessageStatus, OutboxMessage
from tests.admin.browser import Browser
from tests.browser.conftest import OpenPage, violations
from tests.conftest import SITE
from tests.factories.boxes import make_box
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_role, make_user

pytestmark = pytest.mark.browser


@pytest.fixture
async def rows(session, client, superuser):
    """A row of each kind, and a superuser who is signed in."""
    release, system = await make_release(session), await make_operating_system(session)
    file = await make_file(session, release, system)
    page, box = await make_page(session), await make_box(session)
    role, user = await make_role(session), await make_user(session, permissions=("pages:edit",))
    session.add(OutboxMessage(task="purge_keys", arguments={}, status=MessageStatus.FAILED, error="It did not answer."))
    await session.commit()
    browser = await Browser(client).sign_in(session, superuser)
    await browser.save(f"/admin/pages/edit/{page.id}", title="A new title")
    named = {"release": release, "system": system, "file": file, "page": page, "box": box, "role": role, "user": user}
    return {name: row.id for name, row in named.items()}


async def test_what_was_typed_is_offered_again_after_the_session_ended(open_page: OpenPage, rows, client):
    page = await open_page("/admin/pages/edit/{page}".format_map(rows))
    await page.fill("#title", "Typed before the session ended")
    await page.wait_for_timeout(500)
    page.on("dialog", lambda dialog: dialog.accept())

    await page.goto(SITE + "/admin/pages/edit/{page}".format_map(rows))
    await page.click("text=Put it back")

    assert await page.input_value("#title") == "Typed before the session ended"


async def test_leaving_with_unsaved_changes_asks_first(open_page: OpenPage, rows):
    page = await open_page("/admin/pages/edit/{page}".format_map(rows))
    asked = []

    async def stay_or_go(dialog):
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", stay_or_go)
    await page.fill("#title", "Changed")

    await page.goto(SITE + "/admin/")

    assert asked == ["beforeunload"]


async def test_a_relation_is_found_and_chosen_by_keyboard(open_page: OpenPage, rows, session):
    wanted = await make_page(session, title="Notes of the release", path="release/notes")
    page = await open_page("/admin/releases/edit/{release}".format_map(rows))
    await page.click("text=Text of an old page instead")
    search = page.locator("#page-search")
    await search.fill("notes")
    await page.wait_for_selector("[role=option]:has-text('Notes of the release')")
    await search.press("Enter")

    assert await page.input_value("#page") == str(wanted.id)
    assert await violations(page) == []


async def test_rows_are_added_ordered_and_removed(open_page: OpenPage, rows):
    page = await open_page("/admin/releases/edit/{release}".format_map(rows))
    await page.click("text=Add a file")
    assert await page.locator("#files-1-name").is_visible()
    await page.fill("#files-1-name", "Second")
    await page.locator("[data-inline-row]").nth(1).locator("button:has-text('Remove')").click()

    assert await page.locator("[data-inline-row]").count() == 1
