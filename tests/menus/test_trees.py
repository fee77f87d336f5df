"""What readers see of the menus."""

import pytest

from cms.menus import queries
from cms.menus.models import MenuName, Visibility
from cms.menus.trees import Entry, menus_for, section_of
from tests.factories.menus import line, make_menu
from tests.factories.pages import make_page


async def _menu(session, audience):
    rows = list(await session.execute(queries.shown()))
    return menus_for(audience, rows)[MenuName.MAIN]


@pytest.mark.parametrize(
    ("audience", "seen"),
    [
        (Visibility.EVERYBODY, ["A"]),
        (Visibility.SIGNED_IN, ["A", "B"]),
        (Visibility.STAFF, ["A", "B", "C"]),
    ],
)
async def test_each_audience_sees_what_is_for_it_and_nobody_sees_what_is_hidden(session, audience, seen):
    await make_menu(
        session,
        line("A"),
        line("B", visibility=Visibility.SIGNED_IN),
        line("C", visibility=Visibility.STAFF),
        line("D", visibility=Visibility.HIDDEN),
    )

    assert [entry.label for entry in await _menu(session, audience)] == seen


async def test_what_lies_below_an_entry_that_is_not_shown_is_not_shown_either(session):
    await make_menu(session, line("A", visibility=Visibility.STAFF), line("B", depth=1))

    assert await _menu(session, Visibility.SIGNED_IN) == ()


async def test_an_entry_appears_with_its_page(session):
    page = await make_page(session, path="a", is_published=False)
    await make_menu(session, line("A"))
    before = await _menu(session, Visibility.EVERYBODY)

    page.is_published = True
    await session.commit()

    assert before == ()
    assert await _menu(session, Visibility.EVERYBODY) == (Entry("A", "/a/"),)


def test_a_section_is_what_the_menu_has_below_a_page_or_else_beside_it():
    below = (Entry("B", "/a/b/"), Entry("C", "/a/c/", (Entry("D", "/a/c/d/"),)))
    menus = dict.fromkeys(MenuName, ()) | {MenuName.MAIN: (Entry("A", "/a/", below), Entry("Z", "/z/"))}

    assert section_of("/a/", menus) == below
    assert section_of("/a/b/", menus) == below
    assert section_of("/a/c/", menus) == below[1].children
    assert section_of("/z/", menus) == ()
    assert section_of("/elsewhere/", menus) == ()
