"""The tasks that carry out what follows from written rows: purging what showed them, indexing what finds them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import live, outbox, search_rebuilds
from cms.core.resources import Resources
from cms.core.search import index_rows as index_rows_of
from cms.core.tasks import Arguments, task

SECOND_PURGE = timedelta(seconds=3)
"""A page rendered just before the commit can reach the CDN after the purge; this much later it has."""


def _all_keys(messages: Sequence[Arguments]) -> Arguments:
    return {"keys": sorted({key for message in messages for key in message["keys"]})}


def _all_tables(messages: Sequence[Arguments]) -> Arguments:
    return {"tables": sorted({table for message in messages for table in message["tables"]})}


def _all_rows(messages: Sequence[Arguments]) -> Arguments:
    rows: defaultdict[str, set[int]] = defaultdict(set)
    for message in messages:
        rows[message["index"]] |= set(message["ids"])
    return {"rows": {index: sorted(ids) for index, ids in rows.items()}}


def _all_indexes(messages: Sequence[Arguments]) -> Arguments:
    named = [message.get("indexes") for message in messages]
    return {"indexes": sorted({index for indexes in named for index in indexes or ()}) if all(named) else None}


@task(timeout=30, attempts=20, merge=_all_keys)
async def purge_keys(resources: Resources, session: AsyncSession, *, keys: list[str]) -> None:
    """Have every cache forget what carries one of the keys, and once more some seconds later; open pages are told."""
    await live.announce(resources.redis, live.tables_of(keys))
    await resources.cdn.purge(keys)
    outbox.enqueue_in(session, SECOND_PURGE, "purge_keys_again", keys=keys)


@task(timeout=30, attempts=20, merge=_all_keys)
async def purge_keys_again(resources: Resources, session: AsyncSession, *, keys: list[str]) -> None:
    """Have every cache forget what arrived there after the first purge."""
    await resources.cdn.purge(keys)


@task(merge=_all_tables)
async def announce_changes(resources: Resources, session: AsyncSession, *, tables: list[str]) -> None:
    """Tell open pages of what changed for the staff alone."""
    await live.announce(resources.redis, tables)


@task(timeout=60, attempts=20, merge=_all_rows)
async def index_rows(resources: Resources, session: AsyncSession, *, rows: dict[str, list[int]]) -> None:
    """Bring the search documents of the rows up to date."""
    for index, ids in rows.items():
        await index_rows_of(resources, index, ids)


@task(timeout=600, attempts=12, merge=_all_indexes)
async def rebuild_search(resources: Resources, session: AsyncSession, *, indexes: list[str] | None = None) -> None:
    """Build the search indexes anew beside the old ones, then swap them; tried until no other rebuild is at work."""
    await search_rebuilds.rebuild(resources, indexes)
