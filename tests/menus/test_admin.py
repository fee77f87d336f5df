"""The menus in the back office."""

import pytest
from lxml import html
from sqlalchemy import select
from starlette.datastructures import FormData

from admin.menu_sheet import Row, posted_rows, pressed
from cms.core.permissions import Permission
from cms.menus import queries, services
from cms.menus.models import Menu, MenuName
from cms.redirects.models import Redirect
from tests.admin.browser import Browser, text_of
from tests.factories.menus import line, make_menu
from tests.factories.pages import make_page
from tests.factories.users import make_user

ADDRESS = "/admin/menus/main"


def _posted(page: str) -> dict[str, list[str]]:
    """Return what a browser would send of the form, name by name."""
    form = html.fromstring(page).xpath("//form[@data-menu-tree]")[0]
    for template in form.xpath(".//template"):
        template.getparent().remove(template)
    values: dict[str, list[str]] = {}
    for name, value in form.form_values():
        if name != "csrf_token":
            values.setdefault(name, []).append(value)
    return values


def _labels(page: str) -> list[tuple[str, str]]:
    posted = _posted(page)
    return list(zip(posted.get("depth", []), posted.get("label", []), strict=True))


async def _outline(session, name=MenuName.MAIN):
    session.expunge_all()
    items = await session.scalars(queries.items_of(name))
    return services.outline(item for item, _ in services.in_order(items))


async def test_a_menu_is_saved_as_it_is_shown(browser: Browser, session):
    await make_page(session, path="about/help", title="Help")
    await make_menu(session, line("About"), line("Help", "/about/help/", depth=1))
    before = await _outline(session)

    answer = await browser.post(ADDRESS, {**_posted((await browser.get(ADDRESS)).text), "press": "save"})

    assert answer.status_code == 303
    assert await _outline(session) == before


async def test_what_is_typed_becomes_the_menu(browser: Browser, session):
    await make_menu(session, line("About"), line("Chat", depth=1))
    values = _posted((await browser.get(ADDRESS)).text)
    values["label"] = ["About us", "Talk"]
    values["visibility"] = ["everybody", "staff"]

    await browser.post(ADDRESS, {**values, "press": "save"})

    assert await _outline(session) == "About us → /about/\n    Talk → /chat/ (Staff only)"


async def test_what_breaks_a_rule_is_marked_and_kept(browser: Browser, session):
    await make_menu(session, line("About"))
    values = _posted((await browser.get(ADDRESS)).text)
    values["target"] = ["javascript:alert(1)"]

    answer = await browser.post(ADDRESS, {**values, "press": "save"})

    assert answer.status_code == 422
    assert _posted(answer.text)["target"] == ["javascript:alert(1)"]
    assert "Write a path that begins with a slash" in text_of(answer.text)
    assert await _outline(session) == "About → /about/"


async def test_the_second_of_two_editors_sees_both_menus_and_loses_nothing(browser: Browser, session):
    await make_menu(session, line("About"))
    values = _posted((await browser.get(ADDRESS)).text)
    await make_menu(session, line("From somebody else"))
    values["label"] = ["From me"]

    refused = await browser.post(ADDRESS, {**values, "press": "save"})
    after = await _outline(session)
    again = await browser.post(ADDRESS, {**_posted(refused.text), "press": "save"})

    assert refused.status_code == 409
    assert "Somebody else changed this menu" in text_of(refused.text)
    assert "From somebody else → /from somebody else/" in text_of(refused.text)
    assert _posted(refused.text)["label"] == ["From me"]
    assert after.startswith("From somebody else")
    assert again.status_code == 303
    assert (await _outline(session)).startswith("From me")


async def test_without_scripts_the_buttons_move_rows_and_save_nothing(browser: Browser, session):
    await make_menu(session, line("A"), line("B"))
    values = _posted((await browser.get(ADDRESS)).text)

    answer = await browser.post(ADDRESS, {**values, "press": "in:1"})

    assert answer.status_code == 200
    assert _labels(answer.text) == [("0", "A"), ("1", "B")]
    assert "data-is-changed" in answer.text
    assert await _outline(session) == "A → /a/\nB → /b/"


TREE = [("A", 0), ("B", 1), ("C", 2), ("D", 1), ("E", 0)]


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("up:4", [("E", 0), ("A", 0), ("B", 1), ("C", 2), ("D", 1)]),
        ("up:3", [("A", 0), ("D", 1), ("B", 1), ("C", 2), ("E", 0)]),
        ("up:1", TREE),
        ("down:0", [("E", 0), ("A", 0), ("B", 1), ("C", 2), ("D", 1)]),
        ("down:1", [("A", 0), ("D", 1), ("B", 1), ("C", 2), ("E", 0)]),
        ("down:4", TREE),
        ("in:4", [("A", 0), ("B", 1), ("C", 2), ("D", 1), ("E", 1)]),
        ("in:3", [("A", 0), ("B", 1), ("C", 2), ("D", 2), ("E", 0)]),
        ("in:0", TREE),
        ("in:2", TREE),
        ("out:1", [("A", 0), ("D", 1), ("B", 0), ("C", 1), ("E", 0)]),
        ("out:2", [("A", 0), ("B", 1), ("C", 1), ("D", 1), ("E", 0)]),
        ("out:0", TREE),
        ("remove:0", [("B", 0), ("C", 1), ("D", 0), ("E", 0)]),
        ("remove:2", [("A", 0), ("B", 1), ("D", 1), ("E", 0)]),
        ("add", [*TREE, ("", 0)]),
    ],
)
def test_a_row_moves_with_all_that_lies_below_it(button, expected):
    rows = [Row(label=label, depth=depth) for label, depth in TREE]

    assert [(row.label, row.depth) for row in pressed(rows, button)] == expected


@pytest.mark.parametrize("button", ["up:9", "up:x", "up", "dance:1", "up:-1", "up:99999999999"])
async def test_a_button_that_is_not_there_is_told(browser: Browser, session, button):
    await make_menu(session, line("A"))

    answer = await browser.post(ADDRESS, {**_posted((await browser.get(ADDRESS)).text), "press": button})

    assert answer.status_code == 404


def test_what_only_a_program_could_post_does_no_harm():
    posted = FormData([("item", "x"), ("depth", "-1"), ("label", "a\0b"), ("target", "/"), ("was", "")])

    assert posted_rows(posted) == []
    rows = posted_rows(FormData([*posted.multi_items(), ("page", "9" * 30), ("visibility", "all")]))
    assert rows[0].line == line("ab", "/")


async def test_doubtful_targets_are_told(browser: Browser, session):
    await make_page(session, path="draft", is_published=False)
    await make_page(session, path="live")
    session.add(Redirect(old_path="/old/", new_path="/new/"))
    await make_menu(
        session,
        line("A", "/draft/"),
        line("B", "/live/#top"),
        line("C", "/old/"),
        line("D", "/abuot/"),
        line("E", "/downloads/"),
        line("F", "/getit/nothing/"),
    )

    page = html.fromstring((await browser.get(ADDRESS)).text)

    told = [row.xpath('string(.//p[@class="tree-doubt"])') for row in page.xpath("//ol//li[@data-tree-row]")]
    assert told == [
        "This page is a draft. The entry appears once the page is live.",
        "",
        "This address is redirected to /new/.",
        "There is no page at this address.",
        "",
        "There is no page at this address.",
    ]


async def test_pages_are_suggested_while_a_target_is_typed(browser: Browser, session):
    await make_page(session, path="about/help", title="Help")

    for term in ("/about/h", "hel"):
        answer = await browser.get("/admin/menus/targets", term=term)
        assert answer.json() == {"results": [{"target": "/about/help/", "title": "Help"}]}


async def test_readers_of_menus_see_them_and_change_nothing(client, session):
    await make_menu(session, line("About"))
    reader = await Browser(client).sign_in(session, await make_user(session, permissions=(Permission.MENUS_VIEW,)))

    page = await reader.get(ADDRESS)
    refused = await reader.post(ADDRESS, {"press": "save", "lock_version": "1"})

    assert "About" in text_of(page.text)
    assert "data-menu-tree" not in page.text
    assert refused.status_code == 403
    assert (await session.scalars(select(Menu.lock_version))).all() == [1]


async def test_who_may_not_see_menus_is_refused(client, session):
    stranger = await Browser(client).sign_in(session, await make_user(session, permissions=(Permission.BOXES_VIEW,)))

    assert (await stranger.get(ADDRESS)).status_code == 403
    assert (await stranger.get("/admin/menus/targets")).status_code == 403


@pytest.mark.parametrize("name", ["nothing", "MAIN", "%00"])
async def test_there_are_no_other_menus(browser: Browser, name):
    assert (await browser.get(f"/admin/menus/{name}")).status_code == 404
