"""Counts the answers that editors want to know of: paths that nothing answers, and redirects that are followed.

It is told of every answer, also of those that the page cache gives, and does next to nothing then: a path is looked at
closely when the counts are carried to Redis, some seconds later and in one go.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog
from litestar.types import HTTPScope
from redis.asyncio import Redis
from redis.exceptions import RedisError

from cms.core.tallies import Tally
from cms.missed_paths.paths import counted_as, referrer_of
from cms.missed_paths.services import MISSED_PATHS
from cms.redirects.uses import REDIRECT_USES

NOT_FOUND = 404
FLUSHED_EVERY = 5.0
MOST_WAITING = 2_000
"""Paths that one process remembers between two flushes; whoever invents more of them is not worth counting."""

LONGEST = 1_000
"""Characters of a path, and of where a visitor came from, that are worth remembering until the next flush."""

MOST_MISSED = 5_000
MOST_FOLLOWED = 10_000
"""As many different ones are kept in Redis until they are written down."""

REDIRECT_KEY = "redirects/"
"""How the surrogate key of a followed redirect begins; its id comes after it."""

AMONG_KEYS = b" " + REDIRECT_KEY.encode()
"""The key of all pages comes first, so that there is a space before every other."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Missed:
    """How often a path was missed since the last flush, and how the first of those who did came to it."""

    referrer: bytes
    host: bytes
    count: int = 1


class AnswerCounts:
    """What one process has counted since it last told Redis."""

    def __init__(self, redis: Redis) -> None:
        self._missed: dict[str, _Missed] = {}
        self._missed_paths = Tally(redis, MISSED_PATHS, most=MOST_MISSED)
        self._redirect_uses = Tally(redis, REDIRECT_USES, most=MOST_FOLLOWED)

    def note(self, scope: HTTPScope, path: str, start: Any) -> None:
        """Count the answer to a GET that begins with `start`."""
        if scope["method"] != "GET":
            return
        if start["status"] == NOT_FOUND:
            self._note_missed(scope, path)
        elif redirect_id := _redirect_in(start["headers"]):
            self._redirect_uses.add(redirect_id)

    def _note_missed(self, scope: HTTPScope, path: str) -> None:
        known = self._missed.get(path)
        if known is not None:
            known.count += 1
        elif len(self._missed) < MOST_WAITING and len(path) <= LONGEST:
            headers = dict(scope["headers"])
            self._missed[path] = _Missed(headers.get(b"referer", b"")[:LONGEST], headers.get(b"host", b"")[:LONGEST])

    async def flush(self) -> None:
        """Carry the counts to Redis. While it is away they wait, or are dropped where they become too many."""
        missed, self._missed = self._missed, {}
        for path, one in missed.items():
            if name := counted_as(path):
                whence = referrer_of(one.referrer.decode("latin-1"), own_host=one.host.decode("latin-1"))
                self._missed_paths.add(name, remark=whence, times=one.count)
        await self._missed_paths.flush()
        await self._redirect_uses.flush()

    @asynccontextmanager
    async def flushing(self) -> AsyncIterator[None]:
        """Carry the counts to Redis every few seconds for as long as the application runs, and once at its end."""
        task = asyncio.create_task(self._flush_for_ever())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            with suppress(RedisError, OSError):
                await self.flush()

    async def _flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FLUSHED_EVERY)
            try:
                await self.flush()
            except (RedisError, OSError) as error:
                log.warning("counts_wait_for_redis", error=repr(error))


def _redirect_in(headers: Any) -> str:
    """Return the id of the redirect that an answer carries the key of; "" for those that the program makes itself."""
    for name, value in headers:
        if name.lower() == b"surrogate-key":
            found: bytes = value.partition(AMONG_KEYS)[2].partition(b" ")[0]
            return found.decode("latin-1")
    return ""
