"""The documents follow the rows: what is indexed, what is removed, and what a rebuild must not lose."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from cms.core import search
from cms.core.errors import Conflict, NotFound, Unavailable
from cms.core.search import Document, build_documents, differences, documents_of, index_rows, reindex
from cms.core.search_engines.fallback import FallbackSearch
from cms.core.search_engines.postgresql import DOCUMENTS, PostgresSearch
from cms.core.session import make_sessionmaker


class Shelf(DeclarativeBase):
    """Tables of these tests alone."""


class Story(Shelf):
    __tablename__ = "stories_of_the_search_tests"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    is_published: Mapped[bool] = mapped_column(default=True)


STORIES = Story.__table__


@dataclass
class Held:
    """What indexing needs of a process's resources."""

    sessionmaker: async_sessionmaker[AsyncSession]
    search: PostgresSearch | FallbackSearch


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_sources", {})
    monkeypatch.setattr(search, "BATCH_SIZE", 2)

    @documents_of("stories", rows=lambda: select(Story).where(Story.is_published).order_by(Story.title))
    def story_document(story: Story) -> Document:
        return Document(index="stories", row_id=story.id, title=story.title, path=f"/stories/{story.id}/")


@pytest.fixture
async def held(engine: AsyncEngine) -> AsyncIterator[Held]:
    async with engine.begin() as connection:
        await connection.run_sync(Shelf.metadata.create_all)
        await connection.execute(
            insert(STORIES),
            [{"id": number, "title": f"Story {number}", "is_published": True} for number in range(1, 8)],
        )
    yield Held(make_sessionmaker(engine), PostgresSearch(engine))
    async with engine.begin() as connection:
        await connection.run_sync(Shelf.metadata.drop_all)
        await connection.execute(delete(DOCUMENTS))


async def found(held: Held, query: str) -> set[str]:
    return {hit.title for hit in (await held.search.search(query)).hits}


async def unpublish(engine: AsyncEngine, row_id: int) -> None:
    async with engine.begin() as connection:
        await connection.execute(update(STORIES).where(STORIES.c.id == row_id).values(is_published=False))


async def rename(engine: AsyncEngine, row_id: int, title: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(update(STORIES).where(STORIES.c.id == row_id).values(title=title))


async def test_documents_are_built_of_the_rows_that_the_public_may_find(held, engine):
    await unpublish(engine, 2)

    async with held.sessionmaker() as session:
        documents, missing = await build_documents(session, "stories", {1, 2, 99})

    assert [document.id for document in documents] == ["stories-1"]
    assert missing == {2, 99}


async def test_a_row_that_is_withdrawn_leaves_the_index(held, engine):
    await index_rows(held, "stories", [1, 2])
    await unpublish(engine, 1)
    await index_rows(held, "stories", [1, 2, 3, 4, 5])

    assert await held.search.document_ids("stories") == {2, 3, 4, 5}


async def test_a_reindex_gives_what_indexing_row_by_row_gave(held, engine):
    await index_rows(held, "stories", range(1, 8))
    before = await found(held, "story")
    told = []

    async def tell(index, count):
        told.append((index, count))

    counts = await reindex(held, progress=tell)

    assert counts == {"stories": 7}
    assert told == [("stories", 2), ("stories", 4), ("stories", 6), ("stories", 7)]
    assert await found(held, "story") == before


@pytest.mark.parametrize("names", [None, ["stories"]])
async def test_a_reindex_removes_what_no_message_removed(held, engine, names):
    await held.search.put([Document(index="stories", row_id=99, title="Ghost story", path="/")])
    await index_rows(held, "stories", [1])
    await unpublish(engine, 1)

    await reindex(held, names)

    assert await held.search.document_ids("stories") == {2, 3, 4, 5, 6, 7}


@pytest.mark.parametrize("names", [None, ["stories"]])
async def test_what_changes_during_a_reindex_is_not_lost(held, engine, names):
    await reindex(held)
    held.search = Hesitant(engine)
    reindexing = asyncio.create_task(reindex(held, names))
    await held.search.has_begun.wait()

    await rename(engine, 1, "Story rewritten")
    await unpublish(engine, 2)
    indexing = asyncio.create_task(index_rows(held, "stories", [1, 2]))
    await held.search.go_on()
    await asyncio.gather(reindexing, indexing)

    assert await held.search.document_ids("stories") == {1, 3, 4, 5, 6, 7}
    assert await found(held, "rewritten") == {"Story rewritten"}


async def test_an_older_reading_never_overwrites_a_newer_one(held, engine):
    held.search = Hesitant(engine)
    older = asyncio.create_task(index_rows(held, "stories", [1]))
    await held.search.has_begun.wait()

    await rename(engine, 1, "Story rewritten")
    newer = asyncio.create_task(index_rows(held, "stories", [1]))
    await held.search.go_on()
    await asyncio.gather(older, newer)

    assert await found(held, "story") == {"Story rewritten"}


async def test_a_writer_waits_for_the_writer_of_another_process(held, engine):
    async with engine.begin() as other_process:
        await other_process.execute(select(func.pg_advisory_xact_lock(search.ONE_WRITER)))
        indexing = asyncio.create_task(index_rows(held, "stories", [1]))
        await asyncio.sleep(0.3)
        assert await held.search.document_ids("stories") == set()

    await indexing

    assert await held.search.document_ids("stories") == {1}


class Hesitant(PostgresSearch):
    """An engine whose first write takes long: it begins, and ends when told to go on."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.has_begun = asyncio.Event()
        self._may_end = asyncio.Event()

    async def put(self, documents):
        if not self.has_begun.is_set():
            self.has_begun.set()
            await self._may_end.wait()
        await super().put(documents)

    async def go_on(self) -> None:
        """Let the write end, after all others have had the time to overtake it."""
        await asyncio.sleep(0.3)
        self._may_end.set()


async def test_only_one_rebuild_runs_at_a_time(held):
    async with search._as_only_rebuild(held):
        with pytest.raises(Conflict, match="already"):
            await reindex(held)


async def test_a_rebuild_that_fails_leaves_the_search_and_can_be_repeated(held, monkeypatch):
    await reindex(held)

    class Failing(PostgresSearch):
        async def put(self, documents):
            raise Unavailable("Full.")

    with pytest.raises(Unavailable):
        await reindex(Held(held.sessionmaker, Failing(held.search._engine)))

    assert len(await found(held, "story")) == 7
    assert await reindex(held) == {"stories": 7}


async def test_differences_name_what_each_engine_lacks_or_should_not_hold(held, engine):
    await reindex(held)
    assert await differences(held) == []

    await unpublish(engine, 1)
    await held.search.remove("stories", [2])
    both = Held(held.sessionmaker, FallbackSearch(held.search, PostgresSearch(engine)))

    found_amiss = await differences(both)

    assert [(each.engine, each.index) for each in found_amiss] == [("PostgreSQL", "stories")] * 2
    assert {(each.missing, each.superfluous) for each in found_amiss} == {(frozenset({2}), frozenset({1}))}


async def test_an_unknown_index_is_refused_with_the_names_of_those_there_are(held):
    with pytest.raises(NotFound, match="no search index named tales; there are stories"):
        await reindex(held, ["tales"])


def test_an_index_has_one_builder_and_a_plain_name():
    with pytest.raises(ValueError, match="two builders"):
        documents_of("stories", rows=lambda: select(Story))(lambda story: story)
    with pytest.raises(ValueError, match="no name for a search index"):
        documents_of("Stories!", rows=lambda: select(Story))
    assert search.indexes() == ("stories",)
