"""Banners and code samples in a real browser: closed for good, chosen by the keyboard, put in order by dragging."""

import pytest
from playwright.async_api import Page, ViewportSize
from sqlalchemy.ext.asyncio import AsyncSession

from cms.banners.models import Tone
from cms.codesamples import queries
from tests.admin.browser import Browser
from tests.browser.conftest import OpenPage, violations
from tests.factories.banners import make_banner
from tests.factories.codesamples import make_sample

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 320, "height": 640}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}


async def samples_shown(page: Page) -> list[str]:
    headings = await page.locator(".sample h2").all()
    return [await heading.inner_text() for heading in headings if await heading.is_visible()]


async def make_samples(session: AsyncSession, *titles: str) -> None:
    for position, title in enumerate(titles, start=1):
        code = f">>> {position} + 1  # {title}\n{position + 1}"
        await make_sample(session, title=title, position=position, code=code, copy="It *adds*, see [there](/about/).")


@pytest.mark.parametrize("tone", list(Tone))
async def test_a_banner_and_samples_are_for_everyone_on_every_screen(
    open_page: OpenPage, session: AsyncSession, tone: Tone
) -> None:
    await make_samples(session, "One", "Two", "Three", "Four", "Five")
    await make_banner(session, tone=tone, message="Some *text* with [a link](/about/) and `code`.")
    page = await open_page("/", viewport=DESKTOP)

    in_light = await violations(page)
    await page.emulate_media(color_scheme="dark")
    in_dark = await violations(page)
    await page.set_viewport_size(PHONE)
    on_a_phone = await violations(page)
    width = await page.evaluate("document.documentElement.scrollWidth")

    assert (in_light, in_dark, on_a_phone) == ([], [], [])
    assert width <= PHONE["width"]
    assert page.errors == []  # type: ignore[attr-defined]  # set by the fixture.


async def test_a_banner_that_was_closed_stays_closed_until_it_says_something_else(
    open_page: OpenPage, session: AsyncSession
) -> None:
    banner = await make_banner(session, title="Vote")
    page = await open_page("/")

    await page.get_by_role("button", name="Close").click()
    assert await page.get_by_role("complementary", name="Announcement").count() == 0
    await page.reload()
    assert await page.get_by_role("complementary", name="Announcement").count() == 0
    banner.title = "Vote today"
    await session.commit()
    await page.reload()

    assert await page.get_by_role("link", name="Vote today").is_visible()
    assert await page.context.cookies() == []


async def test_without_javascript_a_banner_stays_and_samples_are_chosen_all_the_same(
    open_page: OpenPage, session: AsyncSession
) -> None:
    await make_samples(session, "One", "Two")
    await make_banner(session, title="Vote")
    page = await open_page("/", java_script_enabled=False)

    await page.locator("label[for=sample-2]").click()

    assert await page.get_by_role("link", name="Vote").is_visible()
    assert await page.get_by_role("button", name="Close").count() == 0
    assert await samples_shown(page) == ["Two"]


async def test_the_keyboard_goes_through_the_samples_and_the_page_keeps_its_height(
    open_page: OpenPage, session: AsyncSession
) -> None:
    await make_samples(session, "One", "Two", "Three")
    page = await open_page("/", viewport=DESKTOP)
    before = await page.evaluate("document.documentElement.scrollHeight")

    await page.locator("#sample-1").focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")

    assert await samples_shown(page) == ["Three"]
    assert await page.evaluate("document.documentElement.scrollHeight") == before
    assert await page.evaluate("document.activeElement.id") == "sample-3"


async def titles(session: AsyncSession) -> list[str]:
    return [sample.title for sample in await session.scalars(queries.in_order())]


async def test_the_keyboard_moves_a_row_and_keeps_its_place(
    open_page: OpenPage, session: AsyncSession, browser: Browser
) -> None:
    await make_samples(session, "One", "Two", "Three")
    page = await open_page("/admin/code-samples/list", viewport=DESKTOP)

    await page.get_by_role("button", name="Move Three up").focus()
    await page.keyboard.press("Enter")
    await page.get_by_text("“Three” is now number 2 of 3.").wait_for(state="attached")
    await page.keyboard.press("Enter")
    await page.get_by_text("“Three” is now number 1 of 3.").wait_for(state="attached")

    assert await titles(session) == ["Three", "One", "Two"]
    assert await page.locator("tbody tr th").all_inner_texts() == ["Three", "One", "Two"]
    assert await page.evaluate("document.activeElement.ariaLabel") == "Move Three down"


async def test_a_row_is_dragged_to_its_place(open_page: OpenPage, session: AsyncSession, browser: Browser) -> None:
    await make_samples(session, "One", "Two", "Three")
    page = await open_page("/admin/code-samples/list", viewport=DESKTOP)

    handles = page.locator("[data-order-handle]")
    await handles.nth(2).drag_to(handles.nth(0), target_position={"x": 5, "y": 2})
    await page.get_by_text("“Three” is now number 1 of 3.").wait_for(state="attached")

    assert await titles(session) == ["Three", "One", "Two"]
    assert await page.locator("[data-place]").all_inner_texts() == ["1", "2", "3"]
    assert page.errors == []  # type: ignore[attr-defined]  # set by the fixture.
