"""Search by PostgreSQL's full text: what `make run` uses, and what answers while Meilisearch does not."""

import re
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Double,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    bindparam,
    case,
    delete,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR, insert
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import clock
from cms.core.database import Base
from cms.core.errors import Unavailable
from cms.core.search import NOTHING, PAGE_SIZE, Document, Hit, SearchEngine, SearchResults
from cms.core.search_engines.wording import (
    LONGEST_BODY,
    MARK_BEGINS,
    MARK_ENDS,
    apart,
    cleaned,
    cleaned_query,
    marked,
    page_within_reason,
    synonyms,
)

ENGLISH: ColumnElement[Any] = literal_column("'english'::regconfig")
SIMPLE: ColumnElement[Any] = literal_column("'simple'::regconfig")

TITLE_AND_KEYWORDS: ColumnElement[Any] = literal_column("'{0, 0, 0.4, 1}'::real[]")
ALL_WORDS: ColumnElement[Any] = literal_column("'{0.1, 0.5, 0.5, 0.5}'::real[]")
"""How much words count by their weight, in PostgreSQL's order: D synonyms, C body, B keywords, A title."""

BODY_SHARE = 0.02
"""So little that of two releases the newer one comes first, however often the older one's notes repeat a word."""

OF_TITLE_AND_KEYWORDS: ColumnElement[Any] = literal_column("'{a,b}'::\"char\"[]")
WHOLE_WORDS = 4.0
"""How much more whole words count than one begun: 3.1 is first of all Python 3.1, then 3.14, however new."""

AGELESS = 0.75
"""The recency of what does not age: like something that is two years old."""

HEADLINE = (
    f'StartSel={MARK_BEGINS}, StopSel={MARK_ENDS}, MaxFragments=2, MinWords=12, MaxWords=30, FragmentDelimiter=" … "'
)
LONGEST_WORD = 100

_NUMBER_AND_SUFFIX = re.compile(r"(\d\.\d+)(?=[A-Za-z])")
_VERSION = re.compile(r"(?<![\w.])\d{1,4}(?:\.\d{1,4}){1,3}(?![\w])")
_LAST_WORD = re.compile(r"(?:^|(?<=\s))\w[\w.]*$")
_WORD = re.compile(r"\w+")


class SearchDocument(Base):
    """A document as PostgreSQL searches it; it follows from the rows and can be made anew from them at any time."""

    __tablename__ = "search_documents"
    audited = False
    invalidates = ()

    index_name: Mapped[str] = mapped_column(String(40), primary_key=True)
    row_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    boost: Mapped[float] = mapped_column(Double)
    published_at: Mapped[datetime | None] = mapped_column()
    words: Mapped[Any] = mapped_column(TSVECTOR)
    written_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (Index("ix_search_documents_words", "words", postgresql_using="gin"),)

    def __str__(self) -> str:
        return f"{self.index_name}-{self.row_id}"


DOCUMENTS = cast("Table", SearchDocument.__table__)
COLUMNS = DOCUMENTS.c


class PostgresSearch:
    """Documents in a table of the CMS's own database, written in short transactions of their own."""

    name = "PostgreSQL"

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @property
    def engines(self) -> Sequence[SearchEngine]:
        return (self,)

    async def put(self, documents: Sequence[Document]) -> None:
        if documents:
            async with self._transaction() as connection:
                await connection.execute(_UPSERT, [_parameters(document) for document in documents])

    async def remove(self, index: str, ids: Collection[int]) -> None:
        if ids:
            async with self._transaction() as connection:
                await connection.execute(delete(DOCUMENTS).where(COLUMNS.index_name == index, COLUMNS.row_id.in_(ids)))

    async def search(
        self,
        query: str,
        *,
        indexes: Collection[str] | None = None,
        since: datetime | None = None,
        page: int = 1,
        page_size: int = PAGE_SIZE,
    ) -> SearchResults:
        words = cleaned_query(query)
        if not words:
            return NOTHING
        wide, exact = _tsqueries(words)
        conditions: list[ColumnElement[bool]] = [COLUMNS.words.op("@@")(wide)]
        if indexes is not None:
            conditions.append(COLUMNS.index_name.in_(indexes))
        if since is not None:
            conditions.append(COLUMNS.published_at >= since)
        found = (
            select(COLUMNS.index_name, COLUMNS.row_id, COLUMNS.title, COLUMNS.path, COLUMNS.body, COLUMNS.published_at)
            .add_columns(_score(wide, exact, words).label("score"))
            .where(*conditions)
            .order_by(*_best_first(literal_column("score"), COLUMNS))
            .limit(page_size)
            .offset((page_within_reason(page) - 1) * page_size)
            .subquery()
        )
        headline = func.ts_headline(ENGLISH, found.c.body, wide, HEADLINE).label("headline")
        shown = select(found, headline).order_by(*_best_first(found.c.score, found.c))
        async with self._transaction() as connection:
            total = await connection.scalar(select(func.count()).select_from(DOCUMENTS).where(*conditions))
            rows = (await connection.execute(shown)).all()
        return SearchResults(hits=tuple(_hit(row) for row in rows), total=total or 0)

    async def start_rebuild(self) -> "RebuildInPlace":
        async with self._transaction() as connection:
            started_at = await connection.scalar(select(func.clock_timestamp()))
        return RebuildInPlace(self, cast("datetime", started_at))

    async def forget_written_before(self, moment: datetime) -> None:
        """Remove what nobody has written since then, because its row is no longer to be found."""
        async with self._transaction() as connection:
            await connection.execute(delete(DOCUMENTS).where(COLUMNS.written_at < moment))

    async def document_ids(self, index: str) -> set[int]:
        async with self._transaction() as connection:
            return set(await connection.scalars(select(COLUMNS.row_id).where(COLUMNS.index_name == index)))

    async def document_count(self, index: str) -> int:
        counted = select(func.count()).select_from(DOCUMENTS).where(COLUMNS.index_name == index)
        async with self._transaction() as connection:
            return await connection.scalar(counted) or 0

    async def is_available(self) -> bool:
        try:
            async with self._transaction() as connection:
                await connection.execute(select(1))
        except Unavailable:
            return False
        return True

    async def aclose(self) -> None:
        """Do nothing: the database engine belongs to whoever made it."""

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.begin() as connection:
                yield connection
        except (InterfaceError, OperationalError, PoolTimeout, OSError) as error:
            message = "The search does not answer at the moment. Please try again later."
            raise Unavailable(message) from error


class RebuildInPlace:
    """A rebuild that replaces row by row: nobody sees a half index, as what is old goes only at the very end."""

    def __init__(self, engine: PostgresSearch, started_at: datetime) -> None:
        self._engine = engine
        self._started_at = started_at

    async def put(self, documents: Sequence[Document]) -> None:
        await self._engine.put(documents)

    async def swap(self) -> None:
        await self._engine.forget_written_before(self._started_at)

    async def discard(self) -> None:
        """Do nothing: what has been replaced is as true as what has not."""


def _hit(row: Row[Any]) -> Hit:
    return Hit(
        index=row.index_name,
        row_id=row.row_id,
        title=row.title,
        path=row.path,
        headline=marked(row.headline),
        published_at=row.published_at,
    )


def _score(wide: ColumnElement[Any], exact: ColumnElement[Any], words: str) -> ColumnElement[float]:
    """Return how well a document fits: words in the title above all, then its boost and how new it is."""
    relevance = func.ts_rank_cd(TITLE_AND_KEYWORDS, COLUMNS.words, wide) + BODY_SHARE * func.ts_rank_cd(
        ALL_WORDS, COLUMNS.words, wide, 32
    )
    has_whole_words = func.ts_filter(COLUMNS.words, OF_TITLE_AND_KEYWORDS).op("@@")(exact)
    wholeness = case((has_whole_words, WHOLE_WORDS), else_=1.0)
    is_its_title = case((func.lower(COLUMNS.title) == words.lower(), 2.0), else_=1.0)
    years = func.greatest(0, func.extract("epoch", literal(clock.now()) - COLUMNS.published_at)) / (365.25 * 86_400)
    recency = case((COLUMNS.published_at.is_(None), AGELESS), else_=func.power(1 + years, -0.25))
    return relevance * wholeness * is_its_title * COLUMNS.boost * recency


def _best_first(score: ColumnElement[Any], columns: Any) -> tuple[ColumnElement[Any], ...]:
    return score.desc(), columns.published_at.desc().nulls_last(), columns.index_name, columns.row_id


def _tsqueries(words: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return the query whose last word may be unfinished, and the query of the words as they stand."""
    separated = _apart(words)
    exact: ColumnElement[Any] = func.websearch_to_tsquery(ENGLISH, separated)
    last = _LAST_WORD.search(separated)
    if last is None or separated.count('"') % 2 or re.search(r"\bor\s+\S+$|\bor$", separated, re.IGNORECASE):
        return exact, exact
    before, word = separated[: last.start()], last.group()
    begun = sql_cast(f"'{word[:LONGEST_WORD].rstrip('.').lower()}':*", TSQUERY)
    either = func.websearch_to_tsquery(ENGLISH, word).op("||")(begun)
    return func.websearch_to_tsquery(ENGLISH, before).op("&&")(either), exact


def _apart(text: str) -> str:
    """Return the text so that PostgreSQL sees words and versions where it would see hosts, files and other wholes."""
    return _NUMBER_AND_SUFFIX.sub(r"\1 ", apart(text))


def _versions(text: str) -> str:
    """Return, as a tsvector's text, each version and what it belongs to: 3, 3.14 and 3.14.2 of "3.14.2"."""
    numbers: dict[str, None] = {}
    for version in _VERSION.findall(text):
        parts = version.split(".")
        numbers |= {".".join(parts[: length + 1]): None for length in range(len(parts))}
    return " ".join(f"'{number}':{place}" for place, number in enumerate(numbers, start=1))


def _meaning_the_same(text: str) -> str:
    others = synonyms()
    words = set(_WORD.findall(text.lower()))
    return " ".join(sorted({other for word in words for other in others.get(word, ())} - words))


def _parameters(document: Document) -> dict[str, Any]:
    title, body = cleaned(document.title), cleaned(document.body[:LONGEST_BODY])
    separated = {"title": _apart(title), "keywords": _apart(cleaned(document.keywords)), "body": _apart(body)}
    return {
        "index_name": document.index,
        "row_id": document.row_id,
        "title": title,
        "path": cleaned(document.path),
        "body": body,
        "boost": document.boost,
        "published_at": document.published_at,
        **{f"words_of_{part}": text for part, text in separated.items()},
        **{f"versions_of_{part}": _versions(text) for part, text in separated.items()},
        "synonyms": _meaning_the_same(" ".join(separated.values())),
    }


def _weighted_words() -> ColumnElement[Any]:
    """Return the tsvector of a document: each part stemmed and as it stands, so that beginnings of words are found."""
    vector: ColumnElement[Any] = sql_cast("", TSVECTOR)
    for part, weight in (("title", "A"), ("keywords", "B"), ("body", "C")):
        words = bindparam(f"words_of_{part}", type_=Text)
        versions = sql_cast(bindparam(f"versions_of_{part}", type_=Text), TSVECTOR)
        for of_part in (func.to_tsvector(ENGLISH, words), func.to_tsvector(SIMPLE, words), versions):
            vector = vector.op("||")(func.setweight(of_part, literal_column(f"'{weight}'")))
    return vector.op("||")(func.to_tsvector(SIMPLE, bindparam("synonyms", type_=Text)))


def _upsert() -> Any:
    names = ("index_name", "row_id", "title", "path", "body", "boost", "published_at")
    values = {name: bindparam(name, type_=COLUMNS[name].type) for name in names}
    statement = insert(DOCUMENTS).values(**values, words=_weighted_words(), written_at=func.clock_timestamp())
    keys = ("index_name", "row_id")
    replaced = {column.name: statement.excluded[column.name] for column in DOCUMENTS.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=replaced)


_UPSERT = _upsert()
