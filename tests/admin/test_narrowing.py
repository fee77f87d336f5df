"""How a list is narrowed and shown: counted choices, dates step by step, what applies, and chosen columns."""

from datetime import UTC, datetime

import pytest
from lxml import html
from sqlalchemy import literal_column, text

from admin import counts
from admin.app import VIEWS
from admin.asked import RESERVED
from admin.filters import StateFilter
from admin.views.pages import PageAdmin
from cms.core.permissions import Permission
from tests.admin.browser import Browser
from tests.factories.downloads import make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user

ALL_RELEASES = {f"Python 3.{n}.0" for n in range(5)}


@pytest.fixture
async def pages(session):
    return [
        await make_page(session, title=f"Title {n:03}", path=f"list/{n:03}", is_published=n % 2 == 0) for n in range(60)
    ]


async def shown(browser, query):
    return (await browser.get(f"/admin/pages/list?{query}")).text


async def test_the_choices_of_a_filter_are_counted_with_the_others_and_without_their_own(browser, session, pages):
    for page in pages[:10]:
        page.template_name = "pages/raw.html"
    await session.commit()

    found = (await browser.get("/admin/pages/counts?state=live&search=title")).json()

    assert (found["state"]["live"], found["state"]["draft"]) == (30, 30)
    assert found["template_name"] == {"-": 25, "pages/full_width.html": 0, "pages/raw.html": 5}
    assert found["updated_at"]["1"] == 30


async def test_the_numbers_are_on_the_page_where_no_script_asks_for_them(browser, pages):
    tree = html.fromstring(await shown(browser, "counts=yes"))

    [number] = tree.xpath("//*[@data-count='state:live']/text()")
    assert number == "30"
    assert html.fromstring(await shown(browser, "")).xpath("//*[@data-count='state:live']/text()") == []


async def test_what_would_take_long_to_count_is_not_counted(browser, monkeypatch, pages):
    monkeypatch.setattr(counts, "MOST_COUNTED", 20)
    everything = (await browser.get("/admin/pages/counts")).json()
    few = (await browser.get("/admin/pages/counts?search=title+05")).json()

    assert everything == {}
    assert few["state"]["live"] == 5


async def test_a_count_that_takes_the_database_too_long_is_left_out(browser, monkeypatch, pages):
    slow = literal_column("pg_sleep(0.3) IS NOT NULL")
    monkeypatch.setattr(counts, "PATIENCE", text("SET LOCAL statement_timeout = '100ms'"))
    monkeypatch.setattr(StateFilter, "condition", lambda _, value: slow if value else None)

    assert (await browser.get("/admin/pages/counts")).json().keys() == {"when"}


async def test_a_person_counts_only_what_they_may_see(client, session, superuser):
    await make_release(session, "Python 3.14.0")
    reader = await make_user(session, permissions=(Permission.DOWNLOADS_VIEW,))
    browser = await Browser(client).sign_in(session, reader)

    assert (await browser.get("/admin/releases/counts")).json()["state"]["live"] == 1
    assert (await browser.get("/admin/users/counts")).status_code == 403


@pytest.fixture
async def releases(session):
    days = ((2024, 2, 29), (2024, 12, 31), (2025, 1, 1), (2025, 1, 1), (2026, 7, 4))
    return [
        await make_release(session, f"Python 3.{n}.0", released_at=datetime(*day, 23, 59, tzinfo=UTC))
        for n, day in enumerate(days)
    ]


@pytest.mark.parametrize(
    ("when", "names"),
    [
        ("2024", {"Python 3.0.0", "Python 3.1.0"}),
        ("2024-12", {"Python 3.1.0"}),
        ("2025-01-01", {"Python 3.2.0", "Python 3.3.0"}),
        ("2024-02-29", {"Python 3.0.0"}),
        ("2027", set()),
        ("2023-02-29", ALL_RELEASES),
        ("0000", ALL_RELEASES),
        ("9999-13", ALL_RELEASES),
        ("²026", ALL_RELEASES),
    ],
)
async def test_a_list_is_narrowed_to_a_year_a_month_or_a_day(browser, releases, when, names):
    tree = html.fromstring((await browser.get("/admin/releases/list", when=when)).text)

    assert set(tree.xpath("//tbody//th/a/text()")) == names


@pytest.mark.parametrize(
    ("when", "parts", "trail"),
    [
        ("", {"2024": "2", "2025": "2", "2026": "1"}, []),
        ("2024", {"2024-02": "1", "2024-12": "1"}, ["Any date", "2024"]),
        ("2025-01", {"2025-01-01": "2"}, ["Any date", "2025", "January 2025"]),
        ("2025-01-01", {}, ["Any date", "2025", "January 2025", "Wed 1 January 2025"]),
    ],
)
async def test_dates_are_opened_step_by_step_with_their_numbers(browser, releases, when, parts, trail):
    tree = html.fromstring((await browser.get("/admin/releases/list", when=when, counts="yes")).text)

    found = tree.xpath("//*[starts-with(@data-count, 'when:')]")
    assert {place.get("data-count").removeprefix("when:"): place.text for place in found} == parts
    assert [step.text_content() for step in tree.xpath("//ol[@class='date-trail']/li")] == trail


async def test_what_applies_can_be_dropped_piece_by_piece(browser, releases):
    query = "when=2025&search=python&state=live&is_pre_release=nonsense&size=25"
    tree = html.fromstring((await browser.get(f"/admin/releases/list?{query}")).text)

    chips = {chip.xpath("string(span[1])"): chip.get("href") for chip in tree.xpath("//a[@class='chip']")}
    assert set(chips) == {"Search: “python”", "State: Live", "Released: 2025"}
    assert chips["State: Live"] == "/admin/releases/list?when=2025&search=python&is_pre_release=nonsense&size=25"


async def test_columns_are_chosen_in_the_address_and_the_name_stays_first(browser, superuser, session, pages):
    page = pages[0]
    page.created_by_id = superuser.id
    await session.commit()

    tree = html.fromstring(await shown(browser, "columns=template_name&columns=created_by_id&columns=password"))

    assert [" ".join(head.text_content().split()) for head in tree.xpath("//thead/tr/th")][1:] == [
        "Title ↑",
        "Template",
        "Made by",
    ]
    assert "superuser" in tree.xpath("string(//tbody/tr[1])")


async def test_a_column_that_asks_for_a_permission_is_offered_to_those_who_hold_it(client, session, monkeypatch):
    monkeypatch.setattr(PageAdmin, "field_permissions", {"keywords": Permission.PAGES_TRUSTED_MARKUP})
    await make_page(session, keywords="a secret word")
    reader = await make_user(session, permissions=(Permission.PAGES_VIEW,))
    browser = await Browser(client).sign_in(session, reader)

    assert "a secret word" not in await shown(browser, "columns=keywords")


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.identity)
def test_the_parameters_of_a_list_do_not_collide(view):
    names = [found.name for found in view.list_filters]

    assert len(names) == len(set(names))
    assert not RESERVED & set(names)


@pytest.mark.parametrize("view", [view for view in VIEWS if view.date_hierarchy], ids=lambda view: view.identity)
def test_the_date_of_a_list_has_an_index(view):
    indexed = {next(iter(index.expressions)).key for index in view.model.__table__.indexes if len(index.columns)}

    assert view.date_hierarchy in indexed
