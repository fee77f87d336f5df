"""The first page stays true while it is open, and moves nobody's focus."""

import pytest

from cms.core.permissions import SHIPPED_ROLES
from tests.admin.browser import Browser
from tests.browser.conftest import OpenPage, violations
from tests.factories.pages import make_page
from tests.factories.users import make_user

pytestmark = pytest.mark.browser

COME_BACK = "document.dispatchEvent(new Event('visibilitychange'))"
"""What a browser says when somebody returns to the page, which then looks what has happened meanwhile."""


@pytest.fixture
async def editor(session, client):
    person = await make_user(session, permissions=tuple(SHIPPED_ROLES["web-editor"].permissions))
    await Browser(client).sign_in(session, person)
    return person


async def test_a_new_draft_appears_and_is_told_politely(open_page: OpenPage, session, editor):
    page = await open_page("/admin/", color_scheme="dark")
    assert await page.locator("#panel-drafts").is_hidden()

    await make_page(session, title="A new draft", is_published=False, updated_by_id=editor.id)
    await page.locator(".page-actions a").first.focus()
    await page.evaluate(COME_BACK)
    await page.locator("#panel-drafts a", has_text="A new draft").wait_for()

    assert await page.locator("main > p[role=status]").text_content() == "Updated: My drafts."
    assert await page.evaluate("document.activeElement.matches('.page-actions a')")
    assert await violations(page) == []
    assert page.errors == []


async def test_a_panel_in_which_somebody_is_waits_until_they_leave_it(open_page: OpenPage, session, editor):
    draft = await make_page(session, title="A draft", is_published=False, updated_by_id=editor.id)
    page = await open_page("/admin/")
    link = page.locator("#panel-drafts a").first
    await link.focus()

    draft.title = "Renamed"
    await session.commit()
    async with page.expect_response("**/admin/panels*"):
        await page.evaluate(COME_BACK)
    kept = await link.text_content()
    await page.locator(".page-actions a").first.focus()
    await page.locator("#panel-drafts a", has_text="Renamed").wait_for()

    assert kept == "A draft"
    assert page.errors == []


async def test_what_has_not_changed_is_left_alone(open_page: OpenPage, session, editor):
    await make_page(session, title="A draft", is_published=False, updated_by_id=editor.id)
    page = await open_page("/admin/")
    await page.evaluate("document.querySelector('#panel-drafts').isTheSame = true")

    async with page.expect_response("**/admin/panels*"):
        await page.evaluate(COME_BACK)
    await page.wait_for_timeout(200)

    assert await page.evaluate("document.querySelector('#panel-drafts').isTheSame")
    assert await page.locator("main > p[role=status]").text_content() == ""
