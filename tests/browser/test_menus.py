"""A web editor arranges the menu in a real browser, by keyboard, dragging and typing; staff see what is theirs."""

import pytest

from cms.menus import queries, services
from cms.menus.models import MenuName, Visibility
from tests.admin.browser import Browser
from tests.browser.conftest import CONTRAST, OpenPage, violations
from tests.conftest import SITE
from tests.factories.menus import line, make_menu
from tests.factories.pages import make_page

pytestmark = pytest.mark.browser

MENU = "/admin/menus/main"


@pytest.fixture
async def menu(session, client, superuser):
    """A small menu with a page in it, and a superuser who is signed in."""
    await make_page(session, path="about", title="About")
    await make_page(session, path="draft", is_published=False)
    await make_menu(session, line("About"), line("Help", depth=1), line("Chat", depth=1), line("Draft"))
    return await Browser(client).sign_in(session, superuser)


async def _labels(page):
    rows = page.locator("[data-tree-rows] [data-tree-row]")
    return await rows.evaluate_all(
        "rows => rows.map(row => [row.querySelector('[name=label]').value, row.dataset.depth])"
    )


async def _said(page):
    return await page.text_content("[data-tree-said]")


async def _outline(session):
    session.expunge_all()
    items = await session.scalars(queries.items_of(MenuName.MAIN))
    return services.outline(item for item, _ in services.in_order(items)).splitlines()


async def test_entries_are_moved_by_the_keyboard_alone_and_each_move_is_said(open_page: OpenPage, menu):
    page = await open_page(MENU)
    handle = page.get_by_role("button", name="Move “Chat” with the arrow keys")

    await handle.focus()
    told = []
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft", "ArrowRight", "ArrowDown"):
        await page.keyboard.press(key)
        told.append(await _said(page))

    assert told == [
        "“Chat”, now 1 of 2 below “About”.",
        "“Chat” is the first here.",
        "“Chat”, now 2 of 3 on the first level.",
        "“Chat”, now 2 of 2 below “About”.",
        "“Chat” is the last here.",
    ]
    assert await _labels(page) == [["About", "0"], ["Help", "1"], ["Chat", "1"], ["Draft", "0"]]
    assert await handle.evaluate("handle => handle === document.activeElement")


async def test_an_entry_is_dragged_with_what_lies_below_it(open_page: OpenPage, menu):
    page = await open_page(MENU)
    handles, rows = page.locator("[data-tree-handle]"), page.locator("[data-tree-row]")
    start, end = await handles.nth(0).bounding_box(), await rows.nth(3).bounding_box()

    await page.mouse.move(start["x"] + 8, start["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(start["x"] + 8, end["y"] + end["height"] + 4, steps=5)
    await page.mouse.up()

    assert await _labels(page) == [["Draft", "0"], ["About", "0"], ["Help", "1"], ["Chat", "1"]]
    assert await page.is_visible("[data-unsaved]")


async def test_a_drag_is_given_up_by_escape(open_page: OpenPage, menu):
    page = await open_page(MENU)
    before = await _labels(page)
    start = await page.locator("[data-tree-handle]").nth(0).bounding_box()

    await page.mouse.move(start["x"] + 8, start["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(start["x"] + 8, start["y"] + 300, steps=5)
    await page.keyboard.press("Escape")
    await page.mouse.up()

    assert await _labels(page) == before


async def test_an_entry_is_added_named_hidden_from_guests_and_saved(open_page: OpenPage, menu, session):
    page = await open_page(MENU)

    await page.get_by_role("button", name="Add an entry").click()
    await page.keyboard.type("Rota")
    new = page.locator("[data-tree-rows] [data-tree-row]").last
    await new.get_by_label("Where it leads").fill("/abo")
    await page.wait_for_selector("#menu-targets option[value='/about/']", state="attached")
    await new.get_by_label("Where it leads").fill("/about/")
    await new.get_by_label("Who sees it").select_option("staff")
    await page.get_by_role("button", name="Remove").nth(1).click()
    await page.get_by_role("button", name="Save the menu").click()
    await page.wait_for_selector(".notice-success")

    assert await _outline(session) == [
        "About → /about/",
        "    Chat → /chat/",
        "Draft → /draft/",
        "Rota → /about/ (Staff only)",
    ]


async def test_staff_see_their_entries_on_a_page_that_holds_none_of_them(open_page: OpenPage, menu, session):
    await make_menu(session, line("About"), line("Rota", visibility=Visibility.STAFF))

    page = await open_page("/about/")

    await page.wait_for_selector("[data-menu=main] a:has-text('Rota')")
    assert "Rota" not in (await menu.get("/about/")).text
    assert await page.locator("[data-menu=main] a[aria-current=page]").all_text_contents() == ["About"]
    assert await violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_menus(open_page: OpenPage, menu, scheme):
    page = await open_page(MENU, color_scheme=scheme)

    assert await violations(page) == []
    assert page.errors == []


async def test_nothing_is_lost_on_a_phone(open_page: OpenPage, menu):
    page = await open_page(MENU, viewport={"width": 360, "height": 740})

    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await violations(page, CONTRAST) == []
    assert await page.get_by_role("button", name="Move down").first.is_visible()


async def test_what_was_typed_comes_back_after_the_session_has_ended(open_page: OpenPage, menu):
    page = await open_page(MENU)
    await page.locator("[name=label]").nth(0).fill("About us")
    await page.get_by_role("button", name="Move down").nth(1).click()
    await page.wait_for_timeout(500)

    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto(SITE + MENU)
    await page.get_by_role("button", name="Put it back").click()

    assert await _labels(page) == [["About us", "0"], ["Chat", "1"], ["Help", "1"], ["Draft", "0"]]
