"""What every search engine promises, tried on each: PostgreSQL, Meilisearch, and both behind one another."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cms.core.errors import Unavailable
from cms.core.search import Document, SearchEngine
from cms.core.search_engines import meilisearch
from cms.core.search_engines.fallback import PAUSE, FallbackSearch
from cms.core.search_engines.meilisearch import Meilisearch
from cms.core.search_engines.postgresql import DOCUMENTS, PostgresSearch

KEY = "a-key-that-only-tests-know"
ROOT = Path(__file__).parents[2]
PUBLISHED_AT = datetime(2026, 1, 1, tzinfo=UTC)

HOSTILE_QUERIES = [
    "",
    " ",
    "\0",
    "python\0release",
    "🐍",
    "python 🐍🐍🐍",
    "\ud800",
    '"',
    '"python',
    '""',
    "*",
    ":",
    ":*",
    "!",
    "&|!()<->",
    "python & | ! release:*",
    "-",
    "--",
    "-python",
    "or",
    "OR OR",
    "python OR",
    "\\",
    "'; DROP TABLE pages; --",
    "%_",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "\ue000mark\ue001",
    "the of and",
    "a" * 10_000,
    "python " * 2_000,
    "3." * 5_000,
    "'" * 10_000,
]


@pytest.fixture(scope="module")
def meilisearch_server() -> Iterator[tuple[str, str]]:
    """URL and key of a Meilisearch: the one of CMS_TEST_MEILISEARCH_URL, or our small server on its engine."""
    if url := os.environ.get("CMS_TEST_MEILISEARCH_URL"):
        yield url, os.environ.get("CMS_TEST_MEILISEARCH_KEY", "")
        return
    pytest.importorskip("milli", reason="milli has wheels for CPython 3.11 only; set CMS_TEST_MEILISEARCH_URL.")
    command = [sys.executable, "-m", "tests.milli_server", KEY]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip(), KEY
        server.terminate()


@pytest.fixture
async def postgresql(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PostgresSearch]:
    monkeypatch.setattr("cms.core.clock._read", lambda: PUBLISHED_AT + timedelta(days=30))
    yield PostgresSearch(engine)
    async with engine.begin() as connection:
        await connection.execute(delete(DOCUMENTS))


@pytest.fixture
async def meili(meilisearch_server: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Meilisearch]:
    monkeypatch.setattr(meilisearch, "SEARCH_TIMEOUT", 10.0)
    url, key = meilisearch_server
    engine = Meilisearch(url, key=key)
    yield engine
    await engine.aclose()
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}) as client:
        for uid in (meilisearch.SITE, meilisearch.NEXT):
            task = (await client.delete(f"/indexes/{uid}")).json()
            while (await client.get(f"/tasks/{task['taskUid']}")).json()["status"] in {"enqueued", "processing"}:
                pass


@pytest.fixture(params=["postgresql", "meilisearch", "fallback"])
def search(request: pytest.FixtureRequest, postgresql: PostgresSearch) -> SearchEngine:
    if request.param == "postgresql":
        return postgresql
    meili: Meilisearch = request.getfixturevalue("meili")
    return meili if request.param == "meilisearch" else FallbackSearch(meili, postgresql)


def page(row_id: int, title: str, body: str = "", **others: object) -> Document:
    return Document(
        **{"index": "pages", "row_id": row_id, "title": title, "path": f"/p/{row_id}/", "body": body} | others
    )


def release(row_id: int, version: str, *, age: timedelta, body: str = "") -> Document:
    return Document(
        index="releases",
        row_id=row_id,
        title=f"Python {version}",
        path=f"/downloads/release/{row_id}/",
        body=body,
        keywords=version,
        published_at=PUBLISHED_AT - age,
    )


async def found(search: SearchEngine, query: str, **options: object) -> list[str]:
    return [hit.title for hit in (await search.search(query, **options)).hits]


async def test_a_document_is_found_by_a_word_of_its_title_body_or_keywords(search):
    await search.put([page(1, "About the snake", "It eats mice.", keywords="reptile"), page(2, "Else", "Nothing.")])

    for word in ("snake", "MICE", "reptile"):
        (hit,) = (await search.search(word)).hits
        assert (hit.index, hit.row_id, hit.title, hit.path) == ("pages", 1, "About the snake", "/p/1/")


async def test_every_word_of_the_query_is_in_every_hit(search):
    await search.put([page(1, "Install on Windows"), page(2, "Install on Linux"), page(3, "Windows")])

    assert await found(search, "install windows") == ["Install on Windows"]


async def test_a_put_document_replaces_the_one_before(search):
    await search.put([page(1, "Old words")])
    await search.put([page(1, "New sentence")])

    assert await found(search, "words") == []
    assert await found(search, "sentence") == ["New sentence"]


async def test_a_removed_document_is_found_no_more(search):
    await search.put([page(1, "Draft again"), page(2, "Draft still"), release(1, "3.0", age=timedelta())])
    await search.remove("pages", {1, 99})

    assert await found(search, "draft") == ["Draft still"]
    assert await found(search, "python") == ["Python 3.0"]
    assert await search.document_ids("pages") == {2}
    assert await search.document_ids("releases") == {1}


async def test_documents_are_counted_index_by_index(search):
    none = await search.document_count("pages")
    await search.put([page(1, "One"), page(2, "Two"), release(1, "3.0", age=timedelta())])
    await search.remove("pages", {1})

    assert none == 0
    assert await search.document_count("pages") == 1
    assert await search.document_count("releases") == 1


async def test_nothing_put_and_nothing_removed_is_no_error(search):
    await search.put([])
    await search.remove("pages", [])
    await search.remove("pages", [5])

    assert await search.document_ids("pages") == set()


async def test_the_last_word_may_be_unfinished(search):
    await search.put([page(1, "Documentation of generators")])

    assert await found(search, "documentation gener") == ["Documentation of generators"]
    assert await found(search, "documentat") == ["Documentation of generators"]
    assert await found(search, "documentat xylophone") == []


async def test_a_version_is_found_as_typed(search):
    await search.put(
        [
            release(1, "3.13.9", age=timedelta(days=1), body="A release."),
            release(2, "3.14.2", age=timedelta(days=90), body="A release."),
        ]
    )

    for query in ("3.14.2", "python 3.14.2", "Python-3.14.2", "python3.14.2", "3.14.2 release", "release 3.14"):
        assert await found(search, query) == ["Python 3.14.2"], query


async def test_the_newest_release_of_a_series_comes_first(search):
    ages = {"3.13.11": 10, "3.14.0": 90, "3.14.2": 20, "3.14.1": 50, "3.4.10": 2500}
    await search.put(
        [
            release(number, version, age=timedelta(days=age), body="Python 3.14 " * (number % 3) + "bug fixes")
            for number, (version, age) in enumerate(ages.items())
        ]
    )

    ranked = [title for title in await found(search, "python 3.14") if "3.14" in title]
    assert ranked == ["Python 3.14.2", "Python 3.14.1", "Python 3.14.0"]
    assert (await found(search, "3.14"))[0] == "Python 3.14.2"


async def test_a_version_comes_before_those_that_only_begin_alike(search):
    await search.put([release(1, "3.1.5", age=timedelta(days=5000)), release(2, "3.14.2", age=timedelta(days=1))])

    assert (await found(search, "python 3.1"))[0] == "Python 3.1.5"


async def test_what_is_new_comes_before_what_does_not_age(search):
    await search.put([page(1, "Python news"), page(2, "Python news", published_at=PUBLISHED_AT)])

    assert [hit.row_id for hit in (await search.search("python")).hits] == [2, 1]


async def test_a_pre_release_is_found_as_typed(search):
    await search.put([release(1, "3.15.0a1", age=timedelta(days=5)), release(2, "3.14.0rc3", age=timedelta(days=50))])

    assert await found(search, "3.15.0a1") == ["Python 3.15.0a1"]
    assert await found(search, "python 3.14.0rc3") == ["Python 3.14.0rc3"]
    assert await found(search, "3.14.0rc") == ["Python 3.14.0rc3"]


async def test_a_title_counts_more_than_a_body(search):
    await search.put([page(1, "Something else", "generators generators generators"), page(2, "Generators")])

    assert await found(search, "generators") == ["Generators", "Something else"]


async def test_of_two_that_fit_alike_the_boosted_one_comes_first(search):
    await search.put([page(1, "Calendar one"), page(2, "Calendar two", boost=4.0), page(3, "Calendar six", boost=0.8)])

    assert await found(search, "calendar") == ["Calendar two", "Calendar one", "Calendar six"]


@pytest.mark.parametrize(
    ("query", "title"), [("py", "Python basics"), ("mac installer", "macOS installer"), ("docs", "Documentation")]
)
async def test_words_of_the_same_meaning_find_each_other(search, query, title):
    await search.put([page(1, "Python basics"), page(2, "macOS installer"), page(3, "Documentation"), page(4, "Jobs")])

    assert title in await found(search, query)
    assert "Jobs" not in await found(search, query)


async def test_pages_follow_one_another_without_gap_or_repetition(search):
    await search.put([page(number, f"Chapter {number:02} of the book") for number in range(1, 46)])

    pages = [await search.search("book chapter", page=number, page_size=10) for number in range(1, 7)]

    assert {results.total for results in pages} == {45}
    assert [len(results.hits) for results in pages] == [10, 10, 10, 10, 5, 0]
    assert len({hit.row_id for results in pages for hit in results.hits}) == 45


@pytest.mark.parametrize("number", [0, -1, 999_999, 10**30])
async def test_a_page_that_does_not_exist_is_no_error(search, number):
    await search.put([page(1, "Only one")])

    results = await search.search("only", page=number)

    assert results.total == 1
    assert len(results.hits) == (1 if number < 1 else 0)


async def test_a_search_can_be_narrowed_to_types_and_to_what_is_new(search):
    await search.put(
        [
            page(1, "Python for beginners"),
            release(1, "3.14", age=timedelta(days=10)),
            release(2, "2.7", age=timedelta(days=4000)),
        ]
    )

    assert len(await found(search, "python")) == 3
    assert await found(search, "python", indexes=["pages"]) == ["Python for beginners"]
    assert await found(search, "python", since=PUBLISHED_AT - timedelta(days=30)) == ["Python 3.14"]
    assert await found(search, "python", indexes=[]) == []
    assert await found(search, "python", indexes=['pages"] OR row_id >= 0']) == []


async def test_a_headline_marks_what_was_found_and_escapes_the_rest(search):
    body = "<script>alert('x')</script> & the \ue000generators\ue001 of Python " + "and so on " * 200
    await search.put([page(1, "Headlines", body)])

    (hit,) = (await search.search("generators")).hits

    assert "<mark>generators</mark>" in hit.headline
    assert hit.headline.count("<mark>") == hit.headline.count("</mark>")
    assert "<" not in hit.headline.replace("<mark>", "").replace("</mark>", "")
    assert len(hit.headline) < 1000


async def test_a_hit_tells_when_it_was_published(search):
    await search.put([release(1, "3.14", age=timedelta()), page(1, "Python ageless")])

    published = {hit.title: hit.published_at for hit in (await search.search("python")).hits}

    assert published == {"Python 3.14": PUBLISHED_AT, "Python ageless": None}


async def test_no_query_is_an_error(search):
    await search.put([page(1, "Python release", "Words.")])

    for query in HOSTILE_QUERIES:
        results = await search.search(query)
        assert len(results.hits) == results.total, repr(query[:40])


async def test_a_query_without_words_finds_nothing(search):
    await search.put([page(1, "Python")])

    for query in ("", "  ", "*", '"', ":", "\0"):
        assert await found(search, query) == [], repr(query)


async def test_a_document_may_hold_anything(search):
    body = "\0 \x07 \ud800 🐍 ' \\ : * & | <b> " + "x" * 5000 + " 1.2.3.4.5 " + "long body " * 40_000
    await search.put([page(1, "Nasty\0 title's \\ end", body, keywords="'; --")])

    assert len(await found(search, "nasty title")) == 1


async def test_a_rebuild_replaces_everything_at_one_stroke(search):
    await search.put([page(1, "Stale page"), page(2, "Old title"), release(7, "1.0", age=timedelta())])

    rebuild = await search.start_rebuild()
    await rebuild.put([page(2, "New title")])
    seen_meanwhile = await found(search, "stale")
    await rebuild.put([release(8, "3.14", age=timedelta())])
    await rebuild.swap()

    assert seen_meanwhile == ["Stale page"]
    assert await found(search, "stale") == []
    assert await found(search, "title") == ["New title"]
    assert await search.document_ids("pages") == {2}
    assert await search.document_ids("releases") == {8}


async def test_what_is_written_during_a_rebuild_counts_before_and_after_the_swap(search):
    await search.put([page(1, "First"), page(2, "Second")])

    rebuild = await search.start_rebuild()
    await rebuild.put([page(1, "First"), page(2, "Second")])
    await search.put([page(1, "First changed"), page(3, "Third, first published")])
    await search.remove("pages", [2])
    before = await search.document_ids("pages"), sorted(await found(search, "first"))
    await rebuild.swap()
    after = await search.document_ids("pages"), sorted(await found(search, "first"))

    assert before == after == ({1, 3}, ["First changed", "Third, first published"])


async def test_a_rebuild_that_failed_leaves_the_search_as_it_was(search):
    await search.put([page(1, "Steady")])

    rebuild = await search.start_rebuild()
    await rebuild.put([page(1, "Steady")])
    await rebuild.discard()
    await search.put([page(2, "Steady too")])

    assert sorted(await found(search, "steady")) == ["Steady", "Steady too"]


async def test_an_engine_that_answers_says_so(search):
    await search.put([page(1, "Here")])

    assert await search.is_available()


async def test_meilisearch_forgives_a_slip_of_the_pen(meili):
    await meili.put([page(1, "Documentation of generators")])

    assert await found(meili, "documentaiton") == ["Documentation of generators"]
    assert await found(meili, "genertaors documentation") == ["Documentation of generators"]


async def test_meilisearch_refuses_a_wrong_key_and_we_say_that_it_does_not_answer(meilisearch_server):
    engine = Meilisearch(meilisearch_server[0], key="wrong")

    with pytest.raises(Unavailable, match="403"):
        await engine.put([page(1, "Refused")])
    assert not await engine.is_available()
    await engine.aclose()


async def test_a_task_that_meilisearch_fails_raises(meili):
    await meili.put([page(1, "Fine")])

    with pytest.raises(Unavailable, match="invalid_document_id"):
        await meili.put([Document(index="no good", row_id=1, title="Wrong", path="/")])


async def test_meilisearch_without_its_index_does_not_count_as_available(meili):
    assert not await meili.is_available()
    with pytest.raises(Unavailable, match="index_not_found"):
        await meili.search("anything")


async def test_postgresql_that_does_not_answer_is_unavailable():
    unreachable = create_async_engine("postgresql+asyncpg://cms@127.0.0.1:1/cms")
    search = PostgresSearch(unreachable)

    assert not await search.is_available()
    with pytest.raises(Unavailable):
        await search.search("python")
    await unreachable.dispose()


class TestFallback:
    """What happens while Meilisearch does not answer."""

    @pytest.fixture
    def seconds(self) -> list[float]:
        return [1000.0]

    @pytest.fixture
    def dead(self) -> Meilisearch:
        return Meilisearch("http://127.0.0.1:1", key=KEY)

    async def test_postgresql_answers(self, dead, postgresql):
        await postgresql.put([page(1, "Still found")])
        search = FallbackSearch(dead, postgresql)

        assert await found(search, "found") == ["Still found"]
        assert await search.is_available()
        await search.aclose()

    async def test_a_write_reaches_postgresql_and_then_raises_so_that_it_is_tried_again(self, dead, postgresql):
        search = FallbackSearch(dead, postgresql)

        with pytest.raises(Unavailable):
            await search.put([page(1, "Half written")])

        assert await found(search, "written") == ["Half written"]
        with pytest.raises(Unavailable):
            await search.remove("pages", [1])
        assert await found(search, "written") == []
        await search.aclose()

    async def test_a_silent_engine_is_asked_again_only_after_a_pause(self, postgresql, seconds):
        first = Silent(postgresql)
        search = FallbackSearch(first, postgresql, seconds=lambda: seconds[0])

        for _ in range(3):
            await search.search("python")
        assert first.asked == 1

        seconds[0] += PAUSE
        for _ in range(3):
            await search.search("python")
        assert first.asked == 2

    async def test_an_engine_that_answers_again_is_asked_again(self, postgresql, seconds):
        first = Silent(postgresql)
        search = FallbackSearch(first, postgresql, seconds=lambda: seconds[0])
        await search.search("python")

        first.is_silent = False
        seconds[0] += PAUSE
        for _ in range(3):
            await search.search("python")

        assert first.asked == 4


class Silent(PostgresSearch):
    """An engine that does not answer until it is told to."""

    def __init__(self, engine: PostgresSearch) -> None:
        super().__init__(engine._engine)
        self.is_silent = True
        self.asked = 0

    async def search(self, query, **options):
        self.asked += 1
        if self.is_silent:
            raise Unavailable("Silence.")
        return await super().search(query, **options)
