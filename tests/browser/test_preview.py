"""The preview beside the form, and reviews, in a real browser."""

import os
from pathlib import Path

import pytest

from cms.core import reviewing
from cms.core.permissions import Permission
from tests.admin.browser import Browser
from tests.browser.conftest import CONTRAST, OpenPage, violations
from tests.conftest import SITE
from tests.factories.pages import make_page
from tests.factories.users import make_user

pytestmark = pytest.mark.browser

WIDE = {"width": 1600, "height": 1000}
PHONE = {"width": 360, "height": 740}
LONG = "\n\n".join(f"Paragraph {number} of a long page." for number in range(80))


@pytest.fixture
async def page_of_site(session, client, superuser):
    await Browser(client).sign_in(session, superuser)
    return await make_page(session, title="About us", path="about", content=LONG)


@pytest.fixture
async def open_form(open_page: OpenPage, page_of_site):
    """Open the form of the page; what a preview still asks for at the end of the test is waited for."""
    opened = []

    async def open_form(**options):
        opened.append(await open_page(f"/admin/pages/edit/{page_of_site.id}", **options))
        return opened[-1]

    yield open_form
    for page in opened:
        await page.wait_for_timeout(600)  # Longer than the pause after which typing is previewed.
        await page.wait_for_load_state("networkidle")


async def shoot(page, name):
    """Keep a picture where somebody asked for pictures, to be looked at."""
    if folder := os.environ.get("CMS_TEST_PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


def shown(page):
    return page.frame_locator(".preview-window iframe:not(.is-coming)")


async def test_what_is_typed_appears_in_the_page_beside_the_form(open_form):
    page = await open_form(viewport=WIDE)
    await page.get_by_role("button", name="Preview", exact=True).last.click()
    await shown(page).get_by_role("heading", name="About us").wait_for()

    await page.get_by_label("Title").fill("About <b>all</b> of us")

    await shown(page).get_by_role("heading", name="About <b>all</b> of us").wait_for()
    assert await shown(page).get_by_text("Preview: nobody else sees this yet.").is_visible()
    await shoot(page, "preview-wide")
    assert await violations(page) == []
    assert page.errors == []


async def test_the_reader_stays_where_they_had_scrolled_to(open_form):
    page = await open_form(viewport=WIDE)
    await page.get_by_role("button", name="Preview", exact=True).last.click()
    await shown(page).get_by_role("heading", name="About us").wait_for()
    scroll = "document.querySelector('.preview-window iframe:not(.is-coming)').contentWindow"
    await page.evaluate(f"{scroll}.scrollTo(0, 700)")

    await page.get_by_label("Title").fill("Changed")
    await shown(page).get_by_role("heading", name="Changed").wait_for()

    assert await page.evaluate(f"{scroll}.scrollY") == 700


async def test_a_form_that_cannot_be_saved_leaves_the_last_preview_and_says_why(open_form):
    page = await open_form(viewport=WIDE)
    await page.get_by_role("button", name="Preview", exact=True).last.click()
    await shown(page).get_by_role("heading", name="About us").wait_for()

    await page.get_by_label("Title").fill("")
    await page.get_by_text("This is the last preview that could be made. Title:").wait_for()

    assert await shown(page).get_by_role("heading", name="About us").is_visible()


async def test_no_script_runs_in_a_preview(open_form):
    page = await open_form(viewport=WIDE)
    await page.get_by_label("Written in").select_option("html-trusted")
    await page.get_by_label("Content", exact=True).fill(
        '<p>Words</p><script>parent.hacked = 1</script><img src="/none.svg" onerror="parent.hacked = 2">'
    )

    await page.get_by_role("button", name="Preview", exact=True).last.click()
    await shown(page).get_by_text("Words").wait_for()

    assert await page.evaluate("window.hacked") is None


async def test_a_phone_is_shown_in_its_own_width(open_form):
    page = await open_form(viewport=WIDE)
    await page.get_by_role("button", name="Preview", exact=True).last.click()
    await shown(page).get_by_role("heading", name="About us").wait_for()
    width = "document.querySelector('.preview-window iframe:not(.is-coming)').contentWindow.innerWidth"
    widths = [await page.evaluate(width)]

    await page.get_by_role("button", name="Phone").click()
    widths.append(await page.evaluate(width))
    await shoot(page, "preview-phone-width")

    assert widths == [1280, 390]


async def test_the_preview_stays_open_on_the_next_form(open_form):
    page = await open_form(viewport=WIDE)
    await page.get_by_role("button", name="Preview", exact=True).last.click()
    await shown(page).get_by_role("heading", name="About us").wait_for()

    await page.goto(f"{SITE}/admin/pages/create")

    assert await page.get_by_role("complementary", name="Preview").is_visible()


async def test_on_a_small_screen_the_preview_takes_all_of_it_and_goes_by_escape(open_form):
    page = await open_form(viewport=PHONE)
    await page.get_by_role("button", name="Preview", exact=True).last.click()
    await shown(page).get_by_role("heading", name="About us").wait_for()
    await shoot(page, "preview-small")
    found = await violations(page)

    await page.keyboard.press("Escape")

    assert found == []
    assert await page.get_by_role("complementary", name="Preview").count() == 0


async def test_without_javascript_the_preview_opens_in_a_window_of_its_own(open_form):
    page = await open_form(viewport=WIDE, java_script_enabled=False)
    await page.get_by_label("Title").fill("Without scripts")

    async with page.context.expect_page() as opened:
        await page.get_by_role("button", name="Preview", exact=True).click()
    preview = await opened.value

    await preview.get_by_role("heading", name="Without scripts").wait_for()


async def test_the_pages_of_a_review_are_for_everybody(open_page: OpenPage, session, client, superuser):
    volunteer = await make_user(
        session, username="volunteer", permissions=(Permission.PAGES_VIEW, Permission.PAGES_EDIT)
    )
    waiting = await make_page(session, title="Sprints", path="community/sprints", is_published=False)
    await reviewing.submit(session, waiting, by=volunteer, remark="The first of the year.\nPlease look.")
    await reviewing.comment(session, waiting, "Which room? See https://example.org/rooms", by=superuser)
    returned = await make_page(session, title="Meetups", path="community/meetups", is_published=False)
    await reviewing.submit(session, returned, by=superuser)
    await reviewing.send_back(session, returned, by=superuser, reason="The date is wrong.")
    await session.commit()
    await Browser(client).sign_in(session, superuser)
    page = await open_page("/admin/reviews", viewport=WIDE, reduced_motion="reduce")
    places = {
        "queue": "/admin/reviews",
        "review": f"/admin/pages/review/{waiting.id}",
        "sent-back": f"/admin/pages/review/{returned.id}",
        "form": f"/admin/pages/edit/{waiting.id}",
        "history": f"/admin/pages/history/{waiting.id}",
    }
    found = {}
    for name, address in places.items():
        await page.goto(SITE + address)
        await shoot(page, f"review-{name}")
        told = await violations(page)
        await page.emulate_media(color_scheme="dark")
        told += await violations(page, CONTRAST)
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size(PHONE)
        await shoot(page, f"review-{name}-phone")
        if await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            told.append("wider than a phone")
        await page.set_viewport_size(WIDE)
        found[name] = told

    assert {name: told for name, told in found.items() if told} == {}
    assert page.errors == []
