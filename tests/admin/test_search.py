"""The search over everything: what it finds, for whom, in which order, and how much it reads for that."""

import pytest
from sqlalchemy import text

from admin.app import VIEWS
from admin.menu import GO_KEYS
from cms.core.permissions import Permission
from cms.pages.models import Page
from tests.admin.browser import Browser, text_of
from tests.factories.boxes import make_box
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user

MANY = 100_000
MOST_READ = 1_000

COMMON_AND_RARE = ("p", "py", "python", "python page 77777", "nothing at all", "3.14")
OWN = {"id": "1000000 + n", "title": "'Python page ' || n", "path": "'python/' || n"}


async def found(browser, term="", **query):
    """Return what the search answers as group → labels."""
    answer = await browser.get("/admin/search.json", q=term, **query)
    assert answer.status_code == 200
    return {group["label"]: [result["label"] for result in group["results"]] for group in answer.json()["groups"]}


async def test_one_search_finds_rows_of_every_kind(browser, session):
    release, system = await make_release(session, "Python 3.14.0"), await make_operating_system(session)
    await make_file(session, release, system, name="Frobnicator installer")
    await make_page(session, title="About the frobnicator", path="about/frobnicator")
    await make_box(session, label="frobnicator-box")
    await make_user(session, username="frobnicator")

    groups = await found(browser, "frob")

    assert groups == {
        "Release files": ["Frobnicator installer"],
        "Pages": ["About the frobnicator"],
        "Boxes": ["frobnicator-box"],
        "Users": ["frobnicator"],
    }


async def test_the_whole_name_comes_before_its_beginning_and_both_before_a_word_within(browser, session):
    for title in ("History of sprints", "Sprints in Bonn", "Sprints"):
        await make_page(session, title=title)

    groups = await found(browser, "sprints")

    assert groups["Pages"] == ["Sprints", "Sprints in Bonn", "History of sprints"]


async def test_the_kind_with_the_best_match_comes_first(browser, session):
    await make_release(session, "Python 3.14.0")
    await make_page(session, title="python", path="what/it/is")

    groups = await found(browser, "python")

    assert next(iter(groups)) == "Pages"


async def test_more_than_five_of_a_kind_are_a_link_to_the_list(browser, session):
    for _ in range(6):
        await make_page(session, title="Sprints")

    groups = (await browser.get("/admin/search.json", q="sprints")).json()["groups"]

    assert len(groups[0]["results"]) == 5
    assert groups[0]["all_url"] == "/admin/pages/list?search=sprints"


async def test_nobody_finds_what_they_may_not_see(client, session):
    await make_page(session, title="Secret sprints")
    await make_user(session, username="secret-agent")
    reader = await make_user(session, is_staff=True, permissions=(Permission.PAGES_VIEW,))
    browser = await Browser(client).sign_in(session, reader)

    groups = await found(browser, "secret")

    assert groups == {"Pages": ["Secret sprints"]}


@pytest.mark.parametrize("term", ["'", "%", "_", "\\", "a & !b:*", "😀", "x" * 500, "\x00", "50 %"])
async def test_whatever_is_typed_is_answered(browser, term):
    assert (await browser.get("/admin/search.json", q=term)).status_code == 200
    assert (await browser.get("/admin/search", q=term)).status_code == 200


async def test_a_percent_sign_stands_for_itself(browser, session):
    await make_page(session, title="50% of all")
    await make_page(session, title="500 of them")

    assert (await found(browser, "50%"))["Pages"][0] == "50% of all"


async def test_without_a_word_it_offers_what_was_written_and_what_was_opened_last(browser, session):
    opened, written = await make_page(session, title="Opened"), await make_page(session, title="Before")
    await browser.save(f"/admin/pages/edit/{written.id}", title="Written", press="publish")

    groups = await found(
        browser, opened=[f"pages/{opened.id}", "pages/999999", "nothing/1", "pages/x", "pages/" + "9" * 5000]
    )

    assert groups["What you had in hand last"][:1] == ["Opened"]
    assert len(groups["What you had in hand last"]) == 2


async def test_what_the_browser_remembers_tells_nobody_the_name_of_what_they_may_not_see(client, session):
    page = await make_page(session, title="Secret")
    reader = await make_user(session, is_staff=True, permissions=(Permission.DOWNLOADS_VIEW,))
    browser = await Browser(client).sign_in(session, reader)

    answer = await browser.get("/admin/search.json", opened=f"pages/{page.id}")

    assert "Secret" not in answer.text


async def test_commands_are_found_by_other_words_and_only_where_they_are_allowed(client, browser, session):
    assert (await found(browser, "purge"))["Commands and pages"] == ["Purge cache…"]
    assert (await found(browser, "cdn"))["Commands and pages"] == ["Purge cache…"]
    assert (await found(browser, "new page"))["Commands and pages"] == ["New page"]
    assert (await found(browser, "logout"))["Commands and pages"] == ["Sign out"]

    reader = await make_user(session, is_staff=True, permissions=(Permission.PAGES_VIEW,))
    reading = await Browser(client).sign_in(session, reader)

    assert await found(reading, "purge") == {}
    assert await found(reading, "new page") == {}


async def test_the_search_is_a_page_for_those_without_scripts(browser, session):
    page = await make_page(session, title="Sprints")

    answer = await browser.get("/admin/search", q="sprints")

    assert "1 result" in text_of(answer.text)
    assert f'href="/admin/pages/edit/{page.id}"' in answer.text


async def test_a_search_reads_few_of_a_hundred_thousand_rows(browser, session):
    page = await make_page(session, title="Python")
    await copy(session, page, times=MANY)

    read = {term: await rows_read(browser, session, term) for term in COMMON_AND_RARE}

    assert {term: rows for term, rows in read.items() if rows > MOST_READ} == {}


async def copy(session, page, *, times):
    """Write as many rows that are alike but for what has to be their own."""
    columns = [column.name for column in Page.__table__.columns]
    values = ", ".join(OWN.get(name, name) for name in columns)
    await session.execute(text("SET LOCAL statement_timeout = 0"))
    await session.execute(
        text(
            f"INSERT INTO pages ({', '.join(columns)})"  # noqa: S608 - names of our own columns
            f" SELECT {values} FROM pages, generate_series(1, {times}) AS n WHERE pages.id = {page.id}"
        )
    )
    await session.execute(text("SELECT gin_clean_pending_list('ix_pages_words')"))  # As autovacuum does.
    await session.execute(text("ANALYZE pages"))
    await session.commit()


async def rows_read(browser, session, term):
    """Return how many rows of the table PostgreSQL has looked at for one search."""
    counted = text(
        "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'pages'"
    )
    before = await session.scalar(counted)
    await found(browser, term)
    return await session.scalar(counted) - before


def test_every_key_that_leads_somewhere_leads_to_one_place():
    assert len(set(GO_KEYS.values())) == len(GO_KEYS)
    assert {view.identity for view in VIEWS} <= set(GO_KEYS)
