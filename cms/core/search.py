"""What the search knows of a row, what an engine that searches it promises, and how its documents are kept true.

Documents are always built anew from the rows, never from messages: indexing twice is as good as once, and
whatever a missed message left behind is put right by a re-index.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from markupsafe import Markup
from sqlalchemy import Select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from cms.core.errors import Conflict, NotFound

PAGE_SIZE = 20
BATCH_SIZE = 500
ONE_WRITER = 7_365_001
"""The advisory lock of whoever reads rows and writes their documents: an older reading never overwrites a newer one."""

ONE_REBUILD = 7_365_002
"""The advisory lock of the one rebuild that may run."""

WRITER_PATIENCE = "50s"
INDEX_NAME = re.compile(r"[a-z][a-z_]{0,39}")

_writer_of_this_process = asyncio.Lock()
"""Taken before the advisory lock, so that waiting writers do not use up the database connections."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the search knows of one row: plain text throughout, no markup.

    `boost` is 1.0 for the ordinary; `published_at` is the day by which readers tell new from old (a release's
    day, an event's beginning), None for what does not age. The index's name is the type by which one filters.
    """

    index: str
    row_id: int
    title: str
    path: str
    body: str = ""
    keywords: str = ""
    boost: float = 1.0
    published_at: datetime | None = None

    @property
    def id(self) -> str:
        """The document's key among those of all indexes, such as "releases-42"."""
        return f"{self.index}-{self.row_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A document that was found; the headline is safe HTML in which <mark> shows what was found."""

    index: str
    row_id: int
    title: str
    path: str
    headline: Markup
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class SearchResults:
    """One page of hits, best first, and how many there are on all pages."""

    hits: tuple[Hit, ...]
    total: int


NOTHING = SearchResults(hits=(), total=0)


class Rebuild(Protocol):
    """Documents gathered beside those that are searched, until they take their place at one stroke."""

    async def put(self, documents: Sequence[Document]) -> None:
        """Add documents to the new index."""

    async def swap(self) -> None:
        """Let the new documents take the place of all the old ones."""

    async def discard(self) -> None:
        """Forget the new documents, because the rebuild failed."""


class SearchEngine(Protocol):
    """Keeps documents and finds them. Every method raises Unavailable where the engine does not answer."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def engines(self) -> "Sequence[SearchEngine]":
        """The engines that hold documents: itself, or those behind it."""

    async def put(self, documents: Sequence[Document]) -> None:
        """Add or replace documents; they can be found when this returns."""

    async def remove(self, index: str, ids: Collection[int]) -> None:
        """Remove the documents of these rows, if there are any; they cannot be found when this returns."""

    async def search(
        self,
        query: str,
        *,
        indexes: Collection[str] | None = None,
        since: datetime | None = None,
        page: int = 1,
        page_size: int = PAGE_SIZE,
    ) -> SearchResults:
        """Return the documents that have every word of the query, the last one perhaps unfinished.

        `indexes` and `since` (published then or later) narrow the search. No query is an error: one without
        words finds nothing.
        """

    async def start_rebuild(self) -> Rebuild:
        """Begin to gather all documents anew; what is put and removed meanwhile counts before and after the swap."""

    async def document_ids(self, index: str) -> set[int]:
        """Return the ids of the rows whose documents the engine holds."""

    async def document_count(self, index: str) -> int:
        """Return how many documents of the index the engine holds, without fetching them."""

    async def is_available(self) -> bool:
        """Return whether a search would be answered."""

    async def aclose(self) -> None:
        """Close the engine's connections."""


class Searching(Protocol):
    """The part of a process's resources that indexing needs."""

    @property
    def sessionmaker(self) -> async_sessionmaker[AsyncSession]: ...
    @property
    def search(self) -> SearchEngine: ...


@dataclass(frozen=True, slots=True)
class Source:
    """Where the documents of an index come from."""

    index: str
    rows: Callable[[], Select[Any]]
    document: Callable[[Any], Document]

    def selected(self, session: AsyncSession, *conditions: Any, limit: int | None = None) -> Any:
        """Return the rows that belong into the index and meet the conditions, by their key."""
        key = self.key
        return session.scalars(self.rows().where(*conditions).order_by(None).order_by(key).limit(limit))

    @property
    def key(self) -> Any:
        return self.rows().column_descriptions[0]["entity"].id


Progress = Callable[[str, int], Awaitable[None]]
"""Told an index and how many of its documents are done, again and again while they are being built."""


async def nobody(_index: str, _done: int) -> None:
    """Take no notice."""


_sources: dict[str, Source] = {}


def documents_of(
    index: str, *, rows: Callable[[], Select[Row]]
) -> Callable[[Callable[[Row], Document]], Callable[[Row], Document]]:
    """Register the function that makes an index's document of a row.

    `rows` selects the rows that the public may find; one that it no longer selects is removed from the index.
    """
    if INDEX_NAME.fullmatch(index) is None:
        message = f"{index!r} is no name for a search index: small letters and underscores, at most forty."
        raise ValueError(message)

    def register(document: Callable[[Row], Document]) -> Callable[[Row], Document]:
        if index in _sources:
            message = f"There are two builders for the documents of {index}."
            raise ValueError(message)
        _sources[index] = Source(index, rows, document)
        return document

    return register


def indexes() -> tuple[str, ...]:
    """Return the names of all indexes, sorted."""
    return tuple(sorted(_sources))


def source_of(index: str) -> Source:
    """Return where the documents of the index come from. Raises NotFound."""
    try:
        return _sources[index]
    except KeyError:
        known = ", ".join(indexes())
        raise NotFound(f"There is no search index named {index}; there are {known}.") from None


async def build_documents(session: AsyncSession, index: str, ids: Collection[int]) -> tuple[list[Document], set[int]]:
    """Return the documents of these rows, and the ids of those that are not, or no longer, to be found."""
    source = source_of(index)
    rows = await source.selected(session, source.key.in_(ids))
    documents = [source.document(row) for row in rows]
    return documents, set(ids) - {document.row_id for document in documents}


async def index_rows(resources: Searching, index: str, ids: Collection[int]) -> None:
    """Bring the documents of these rows up to date, whatever happened to the rows."""
    for batch in _batches(sorted(set(ids))):
        async with _as_only_writer(resources) as session:
            documents, missing = await build_documents(session, index, batch)
            await resources.search.put(documents)
            await resources.search.remove(index, missing)


async def reindex(
    resources: Searching,
    names: Collection[str] | None = None,
    progress: Progress = nobody,
) -> dict[str, int]:
    """Build the documents anew, of all indexes or of those named, and return how many there are of each.

    All of them are gathered in a new index that is then swapped in; some are replaced in place. Either way the
    search goes on, and rows that change meanwhile are found as they are. `progress` is told each index and how
    many of its documents are done. Raises NotFound, and Conflict while another rebuild runs.
    """
    sources = [source_of(name) for name in names or indexes()]
    async with _as_only_rebuild(resources):
        if names:
            return {source.index: await _refresh(resources, source, progress) for source in sources}
        return await _rebuild(resources, sources, progress)


@dataclass(frozen=True, slots=True)
class Difference:
    """What an engine holds that it should not, or lacks."""

    engine: str
    index: str
    missing: frozenset[int]
    superfluous: frozenset[int]


async def differences(resources: Searching) -> list[Difference]:
    """Compare every engine with the database; an empty list means that all agree."""
    found = []
    for name in indexes():
        source = source_of(name)
        async with resources.sessionmaker() as session:
            expected = set(await session.scalars(source.rows().with_only_columns(source.key).order_by(None)))
        for engine in resources.search.engines:
            held = await engine.document_ids(name)
            if held != expected:
                found.append(Difference(engine.name, name, frozenset(expected - held), frozenset(held - expected)))
    return found


async def _rebuild(resources: Searching, sources: Sequence[Source], progress: Progress) -> dict[str, int]:
    rebuild = await resources.search.start_rebuild()
    try:
        counts = {source.index: await _fill(resources, source, rebuild.put, progress) for source in sources}
        async with _as_only_writer(resources):
            await rebuild.swap()
    except BaseException:
        await rebuild.discard()
        raise
    return {index: len(ids) for index, ids in counts.items()}


async def _refresh(resources: Searching, source: Source, progress: Progress) -> int:
    ids = await _fill(resources, source, resources.search.put, progress)
    for engine in resources.search.engines:
        await index_rows(resources, source.index, await engine.document_ids(source.index) - ids)
    return len(ids)


async def _fill(
    resources: Searching, source: Source, put: Callable[[Sequence[Document]], Any], progress: Progress
) -> set[int]:
    ids: set[int] = set()
    last = 0
    while True:
        async with _as_only_writer(resources) as session:
            rows = await source.selected(session, source.key > last, limit=BATCH_SIZE)
            documents = [source.document(row) for row in rows]
            if not documents:
                return ids
            await put(documents)
        last = documents[-1].row_id
        ids.update(document.row_id for document in documents)
        await progress(source.index, len(ids))


@asynccontextmanager
async def _as_only_writer(resources: Searching) -> AsyncIterator[AsyncSession]:
    """Give a session in which rows are read and their documents written while nobody else does either."""
    async with _writer_of_this_process, resources.sessionmaker.begin() as session:
        await session.execute(text(f"SET LOCAL lock_timeout = '{WRITER_PATIENCE}'"))
        await session.execute(text(f"SET LOCAL statement_timeout = '{WRITER_PATIENCE}'"))
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ONE_WRITER})
        yield session


@asynccontextmanager
async def _as_only_rebuild(resources: Searching) -> AsyncIterator[None]:
    async with resources.sessionmaker.begin() as session:
        free = await session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": ONE_REBUILD})
        if not free:
            message = "The search is being rebuilt already; wait until that is done."
            raise Conflict(message)
        yield


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), BATCH_SIZE):
        yield ids[start : start + BATCH_SIZE]
