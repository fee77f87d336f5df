"""The list of a view: what its address asks for, and what it never does whatever is asked."""

import pytest
from sqlalchemy import text

from admin import lists
from tests.admin.browser import text_of
from tests.factories.pages import make_page


@pytest.fixture
async def pages(session):
    return [
        await make_page(session, title=f"Title {n:03}", path=f"list/{n:03}", is_published=n % 2 == 0) for n in range(60)
    ]


async def shown(browser, query):
    return (await browser.get(f"/admin/pages/list?{query}")).text


async def test_the_next_and_previous_page_follow_without_gaps(browser, pages):
    from lxml import html

    seen, address = [], "/admin/pages/list?size=25"
    while address:
        tree = html.fromstring((await browser.get(address)).text)
        seen += tree.xpath("//tbody//th/a/text()")
        address = next(iter(tree.xpath("//a[@rel='next']/@href")), None)

    assert seen == [page.title for page in pages]


async def test_from_the_last_page_one_walks_back_without_gaps(browser, pages):
    from lxml import html

    seen, address = [], "/admin/pages/list?size=25&before=end"
    while address:
        tree = html.fromstring((await browser.get(address)).text)
        seen = [*tree.xpath("//tbody//th/a/text()"), *seen]
        address = next(iter(tree.xpath("//a[@rel='prev']/@href")), None)

    assert seen == [page.title for page in pages]


@pytest.fixture
async def large_table(monkeypatch, session, pages):
    """A table that counts as large, and 20 matching rows as many."""
    for name, number in {"LARGE": 50, "SAMPLED": 30, "COMMON": 20, "COUNTED_EXACTLY": 10}.items():
        monkeypatch.setattr(lists, name, number)
    await session.execute(text("ANALYZE pages"))


@pytest.mark.parametrize(
    ("query", "titles", "count"),
    [
        ("", range(25), "25 of about 60"),
        ("page=2", range(25, 50), "50 of about 60"),
        ("search=title", range(25), "25 of more than 10"),
        ("state=live", range(0, 50, 2), "25 of more than 10"),
        ("search=title+05", range(50, 60), "10 of 10"),
        ("search=title+05&state=draft", range(51, 60, 2), "5 of 5"),
        ("search=nowhere", (), "0"),
    ],
)
async def test_a_large_table_is_listed_like_a_small_one_and_not_counted_to_its_end(
    browser, large_table, query, titles, count
):
    from lxml import html

    page = await shown(browser, f"size=25&{query}")

    assert html.fromstring(page).xpath("//tbody//th/a/text()") == [f"Title {n:03}" for n in titles]
    assert count in text_of(page)


async def test_search_filter_and_order_are_in_the_address(browser, pages):
    page = await shown(browser, "search=title+05&state=draft&sort=-title")

    assert text_of(page).index("Title 059") < text_of(page).index("Title 051")
    assert "Title 058" not in page
    assert "5 of 5" in text_of(page)


@pytest.mark.parametrize(
    "query",
    [
        "page=abc", "page=-1", "page=99999999999999999999", "size=7", "size=abc", "sort=password", "sort=-nonsense",
        "search=%00", "search=%25%5C_'%22", "search=" + "x" * 5000, "state=maybe", "after=nonsense",
        "after=WyJ4Il0", "before=%00", "after=W251bGwsbnVsbF0", "path=%25", "updated_at=many",
    ],
)  # fmt: skip
async def test_nonsense_in_the_address_falls_back_to_the_usual(browser, pages, query):
    assert (await browser.get(f"/admin/pages/list?{query}")).status_code == 200


@pytest.mark.parametrize(
    "key", ["abc", "-1", "0x1", "99999999999999999999", "2147483648", "9" * 5000, "%00", "1%00", "²"]
)
@pytest.mark.parametrize("page", ["edit", "details", "history"])
async def test_a_key_that_no_row_can_have_is_not_found(browser, page, key):
    answer = await browser.get(f"/admin/pages/{page}/{key}")

    assert answer.status_code == 404


async def test_markup_in_a_title_is_shown_as_text(browser, session):
    await make_page(session, title="<script>alert(1)</script>")

    assert "<script>alert(1)" not in await shown(browser, "")


async def test_every_error_has_the_frame_and_its_number(browser):
    answer = await browser.get("/admin/nothing/list")

    assert answer.status_code == 404
    assert "name this number" in text_of(answer.text)
    assert answer.headers["x-request-id"] in answer.text


async def test_nothing_of_the_back_office_is_kept_by_caches(browser):
    for path in ("/admin/", "/admin/pages/list", "/admin/nothing/list"):
        assert (await browser.get(path)).headers["cache-control"] == "private, no-store"


async def test_a_form_without_its_token_changes_nothing(browser, session):
    page = await make_page(session)

    answer = await browser.post("/admin/pages/delete", {"pks": page.id}, token="wrong")

    assert answer.status_code == 403
    await session.refresh(page)


async def test_a_text_that_names_a_file_is_never_served_as_one(browser, session):
    page = await make_page(session, description="pyproject.toml")

    answer = await browser.get(f"/admin/pages/{page.id}/description/download/")

    assert answer.status_code == 404
    assert "[project]" not in answer.text
