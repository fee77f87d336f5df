"""Word to open pages that rows of some tables have changed; what they show, they always read from the database.

The site hears the channel by Litestar's Channels and passes it on to browsers. A word that is lost costs a minute:
pages look again by themselves.
"""

import json
from collections.abc import Collection

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from cms.core.cdn import ALL_PAGES

CHANNEL = "cms:changes"
"""The Redis channel, and Litestar's: its publish-and-subscribe backend gives both the same name."""

EVERYTHING = "*"
"""Stands for all tables, where nobody knows what was missed."""

log = structlog.get_logger(__name__)


async def announce(redis: Redis, tables: Collection[str]) -> None:
    """Tell every open page that rows of these tables have changed. Without Redis nobody is told, and nothing fails."""
    if not tables:
        return
    try:
        await redis.publish(CHANNEL, message_about(tables))
    except (RedisError, OSError) as error:
        log.info("nobody_hears_of_changes", tables=sorted(tables), error=repr(error))


def message_about(tables: Collection[str]) -> bytes:
    """Return what is sent: names of tables and nothing of the rows, so that it may be told to anybody on the staff."""
    return json.dumps({"changed": sorted(tables)}).encode()


def tables_of(keys: Collection[str]) -> set[str]:
    """Return the tables whose names are among surrogate keys, which name rows, paths and tables; or EVERYTHING."""
    return {EVERYTHING} if ALL_PAGES in keys else {key for key in keys if "/" not in key}
