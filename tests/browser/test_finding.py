"""Finding by keyboard: the search over everything, the keys of a page, and the hints of a first visit."""

import pytest

from tests.browser.conftest import OpenPage, violations
from tests.conftest import SITE
from tests.factories.pages import make_page

pytestmark = pytest.mark.browser

LOW = {"width": 1280, "height": 500}
CHOSEN = ".palette-option[aria-selected=true]"


@pytest.fixture
async def pages(session, browser):
    """Two pages, and a superuser who is signed in."""
    sprints = await make_page(session, title="Sprints", path="community/sprints")
    return [sprints, await make_page(session, title="Sprints in Bonn", path="community/bonn")]


async def test_a_page_is_found_and_opened_without_the_mouse(open_page: OpenPage, pages):
    page = await open_page("/admin/")

    await page.keyboard.press("Control+k")
    await page.wait_for_selector(CHOSEN)
    assert await violations(page) == []
    await page.keyboard.type("sprints")
    await page.wait_for_selector(f"{CHOSEN}:has-text('Sprints')")
    await page.keyboard.press("ArrowDown")
    assert "Sprints in Bonn" in await page.inner_text(CHOSEN)
    await page.keyboard.press("Enter")

    await page.wait_for_url(f"**/admin/pages/edit/{pages[1].id}")
    await page.wait_for_load_state("networkidle")


async def test_the_search_says_how_much_it_found_and_gives_the_focus_back(open_page: OpenPage, pages):
    page = await open_page("/admin/")
    await page.click(".search-open")
    await page.keyboard.type("nothing at all")

    await page.wait_for_selector(".palette-none")
    assert await page.inner_text(".palette [role=status]") == "Nothing was found."
    await page.keyboard.press("Escape")

    await page.wait_for_function("document.activeElement.classList.contains('search-open')")


async def test_what_was_opened_last_is_offered_first(open_page: OpenPage, pages):
    page = await open_page(f"/admin/pages/edit/{pages[1].id}")
    await page.goto(f"{SITE}/admin/")

    await page.keyboard.press("Control+k")

    await page.wait_for_selector(f"{CHOSEN}:has-text('Sprints in Bonn')")
    await page.wait_for_load_state("networkidle")


async def test_a_command_does_what_its_control_does(open_page: OpenPage, pages):
    page = await open_page("/admin/", color_scheme="light")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("dark")
    await page.wait_for_selector(f"{CHOSEN}:has-text('Dark')")

    await page.keyboard.press("Enter")

    await page.wait_for_selector("[data-bs-theme=dark]", state="attached")


async def test_a_list_is_worked_through_by_keys(open_page: OpenPage, pages):
    page = await open_page("/admin/")

    await page.keyboard.press("g")
    await page.keyboard.press("p")
    await page.wait_for_url("**/admin/pages/list")
    await page.wait_for_selector("html[data-ready]", state="attached")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    chosen = await page.eval_on_selector_all("[name=pks]:checked", "boxes => boxes.map(box => box.ariaLabel)")
    await page.keyboard.press("k")
    await page.keyboard.press("e")

    await page.wait_for_url(f"**/admin/pages/edit/{pages[0].id}*")
    await page.wait_for_load_state("networkidle")
    assert chosen == ["Choose Sprints in Bonn"]


async def test_keys_do_nothing_while_somebody_types(open_page: OpenPage, pages):
    page = await open_page("/admin/pages/list")

    await page.keyboard.press("/")
    await page.keyboard.type("gp?cjx")

    assert await page.input_value("#search") == "gp?cjx"
    assert page.url.endswith("/admin/pages/list")


async def test_the_overlay_lists_the_keys_of_the_page_and_can_switch_them_off(open_page: OpenPage, pages):
    page = await open_page("/admin/pages/list")

    await page.keyboard.press("?")
    listed = await page.inner_text("dialog.keys")
    assert await violations(page) == []
    async with page.expect_response("**/preferences/shortcuts"):
        await page.uncheck("#keys-on")
    await page.goto(f"{SITE}/admin/pages/list")
    await page.keyboard.press("?")
    await page.keyboard.press("c")

    assert "Search pages" in listed
    assert "Next row" in listed
    assert await page.locator("dialog[open]").count() == 0
    assert page.url.endswith("/admin/pages/list")
    await page.keyboard.press("Control+k")
    await page.wait_for_selector(CHOSEN)


async def test_hints_bear_the_number_of_their_control_and_go_for_good(open_page: OpenPage, pages):
    page = await open_page("/admin/")
    numbered = await page.eval_on_selector_all(
        "[data-hint-number]", "found => found.map(one => one.dataset.hintNumber)"
    )

    async with page.expect_response("**/close-hints"):
        await page.click(".hints button")
    await page.goto(f"{SITE}/admin/")

    assert sorted(numbered) == ["1", "2", "3"]
    assert await page.locator(".hints").count() == 0


async def test_the_bar_that_stays_hides_nothing_that_has_the_focus(open_page: OpenPage, pages):
    page = await open_page(f"/admin/pages/edit/{pages[0].id}", viewport=LOW, reduced_motion="reduce")
    await page.focus("#title")
    hidden = []

    for _ in range(30):
        await page.keyboard.press("Tab")
        hidden += await page.evaluate(IS_HIDDEN)

    assert hidden == []


IS_HIDDEN = """() => {
  const focused = document.activeElement;
  const bar = document.querySelector(".save-bar");
  if (!focused || focused === document.body || bar.contains(focused)) return [];
  const [place, cover] = [focused, bar].map((element) => element.getBoundingClientRect());
  const isHidden = place.bottom <= 0 || (place.top >= cover.top && place.bottom <= cover.bottom);
  return isHidden && place.height ? [focused.outerHTML.slice(0, 80)] : [];
}"""
