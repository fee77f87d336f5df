"""`cms doctor`: proves that what the public is shown is what the database says.

A purge or an index entry that was lost leaves no trace where it was lost, so nothing is believed here: the search
index is compared row by row, and the newest pages are fetched as a visitor gets them, from the caches, and as they
would be made now.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import httpx
from redis.exceptions import RedisError
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

import cms.worker  # noqa: F401 - registers every domain's documents.
from cms.core import clock, schema, search
from cms.core.errors import CMSError
from cms.core.outbox import MessageStatus, OutboxMessage
from cms.core.resources import Resources

LATE = timedelta(minutes=1)
"""A message may wait this long before somebody should look why."""

PAGES_OF_AN_INDEX = 20
"""The newest of each kind are fetched: what is shown of older rows was purged long ago."""

ALWAYS_FETCHED = ("/", "/downloads/")
SESSION_OF_NOBODY = {"Cookie": "session=doctor"}
"""A request with a session is answered anew, past every cache; this one is nobody's, so the page is a visitor's."""

FETCH_TIMEOUT = 10
NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    subject: str
    is_good: bool
    says: str


async def examine(resources: Resources) -> list[Finding]:
    """Check everything; what does not answer is a finding, not an error."""
    checks: tuple[tuple[str, Callable[[Resources], Awaitable[list[Finding]]]], ...] = (
        ("Database", _migrations),
        ("Redis", _redis),
        ("Outbox", _outbox),
        ("Search index", _search_index),
        ("Page caches", _page_caches),
    )
    return [finding for subject, check in checks for finding in await _findings(subject, check(resources))]


def table_of(findings: Iterable[Finding]) -> Table:
    """Return the findings for people to read."""
    table = Table("Part", "", "Finding")
    for finding in findings:
        table.add_row(finding.subject, "good" if finding.is_good else "[red]amiss[/red]", finding.says)
    return table


async def _findings(subject: str, check: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        return await check
    except (SQLAlchemyError, RedisError, CMSError, OSError) as error:
        return [Finding(subject, is_good=False, says=f"Does not answer: {str(error).splitlines()[0]}")]


async def _migrations(resources: Resources) -> list[Finding]:
    newest = schema.newest()
    async with resources.sessionmaker() as session:
        current = await schema.current(session)
    if current == newest:
        return [Finding("Database", is_good=True, says=f"Is at the newest migration, {newest}.")]
    return [Finding("Database", is_good=False, says=f"Is at migration {current}, not at {newest}: run `cms migrate`.")]


async def _redis(resources: Resources) -> list[Finding]:
    await resources.redis.ping()
    return [Finding("Redis", is_good=True, says="Answers.")]


async def _outbox(resources: Resources) -> list[Finding]:
    async with resources.sessionmaker() as session:
        return [await _waiting(session), await _failed(session)]


async def _waiting(session: AsyncSession) -> Finding:
    now = clock.now()
    due = (OutboxMessage.status != MessageStatus.FAILED, OutboxMessage.not_before <= now)
    count, oldest = (await session.execute(select(func.count(), func.min(OutboxMessage.not_before)).where(*due))).one()
    if not count:
        return Finding("Outbox", is_good=True, says="Is empty: everything that follows from a change has been done.")
    age = now - oldest
    says = f"{count:,} messages wait, the oldest for {age.total_seconds():.0f} s."
    if age > LATE:
        return Finding("Outbox", is_good=False, says=f"{says} Does the worker run?")
    return Finding("Outbox", is_good=True, says=says)


async def _failed(session: AsyncSession) -> Finding:
    failed = OutboxMessage.status == MessageStatus.FAILED
    tasks = (await session.execute(select(OutboxMessage.task, func.count()).where(failed).group_by("task"))).all()
    if not tasks:
        return Finding("Tasks", is_good=True, says="None has failed for good.")
    named = ", ".join(f"{task} ({count:,})" for task, count in tasks)
    return Finding("Tasks", is_good=False, says=f"Failed for good: {named}. The operations page runs them again.")


async def _search_index(resources: Resources) -> list[Finding]:
    found = [
        Finding("Search index", is_good=False, says=f"{difference.engine}, {difference.index}: {_told(difference)}")
        for difference in await search.differences(resources)
    ]
    return found or [
        Finding("Search index", is_good=True, says="Each published row is in the index, and nothing else is.")
    ]


def _told(difference: search.Difference) -> str:
    kinds = (("lacks", difference.missing), ("should not have", difference.superfluous))
    return "; ".join(f"{verb} {_some(ids)}" for verb, ids in kinds if ids) + ". Run `cms reindex`."


def _some(ids: Iterable[int]) -> str:
    named = sorted(ids)
    rest = len(named) - NAMED_AT_MOST
    return ", ".join(map(str, named[:NAMED_AT_MOST])) + (f" and {rest:,} more" if rest > 0 else "")


async def _page_caches(resources: Resources) -> list[Finding]:
    paths = [*ALWAYS_FETCHED, *await _newest_paths(resources)]
    settings = resources.settings
    async with httpx.AsyncClient(base_url=settings.site_url, timeout=FETCH_TIMEOUT) as visitor:
        try:
            stale = [path for path in paths if not await _is_current(visitor, path, processes=settings.workers)]
        except httpx.HTTPError as error:
            says = f"The site at {settings.site_url} does not answer: {type(error).__name__}."
            return [Finding("Page caches", is_good=False, says=says)]
    if not stale:
        return [Finding("Page caches", is_good=True, says=f"The newest {len(paths)} pages are shown as they are.")]
    says = f"{len(stale)} of the newest {len(paths)} pages are out of date, {stale[0]} for one. Run `cms purge --all`."
    return [Finding("Page caches", is_good=False, says=says)]


async def _newest_paths(resources: Resources) -> list[str]:
    paths = []
    async with resources.sessionmaker() as session:
        for index in search.indexes():
            source = search.source_of(index)
            model = source.rows().column_descriptions[0]["entity"]
            newest = source.rows().order_by(None).order_by(model.updated_at.desc()).limit(PAGES_OF_AN_INDEX)
            paths += [source.document(row).path for row in await session.scalars(newest)]
    return paths


async def _is_current(visitor: httpx.AsyncClient, path: str, *, processes: int) -> bool:
    """Tell whether every process shows the page as it would be made now; each keeps pages of its own.

    Which process answers is decided for each connection, so each request opens a new one.
    """
    made_now = await visitor.get(path, headers={**SESSION_OF_NOBODY, "Connection": "close"})
    for _ in range(2 * processes):
        shown = await visitor.get(path, headers={"Connection": "close"})
        if (shown.status_code, shown.content) != (made_now.status_code, made_now.content):
            return False
    return True
