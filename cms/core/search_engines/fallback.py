"""Two engines as one: the first answers, and while it does not, the second one does."""

import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import structlog

from cms.core.errors import Unavailable
from cms.core.search import PAGE_SIZE, Document, Rebuild, SearchEngine, SearchResults

PAUSE = 10.0
"""Seconds for which an engine that did not answer is not asked again, so that its silence costs one search only."""

log = structlog.get_logger(__name__)


class FallbackSearch:
    """Everything is written to both engines, the second one first: it has to be complete when it is needed.

    Writing raises Unavailable if either engine does not answer; whoever writes tries again later.
    """

    def __init__(
        self, first: SearchEngine, second: SearchEngine, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._first = first
        self._second = second
        self._seconds = seconds
        self._pausing_until = 0.0

    @property
    def name(self) -> str:
        return f"{self._first.name}, else {self._second.name}"

    @property
    def engines(self) -> Sequence[SearchEngine]:
        return (*self._first.engines, *self._second.engines)

    async def put(self, documents: Sequence[Document]) -> None:
        await self._second.put(documents)
        await self._first.put(documents)

    async def remove(self, index: str, ids: Collection[int]) -> None:
        await self._second.remove(index, ids)
        await self._first.remove(index, ids)

    async def search(
        self,
        query: str,
        *,
        indexes: Collection[str] | None = None,
        since: datetime | None = None,
        page: int = 1,
        page_size: int = PAGE_SIZE,
    ) -> SearchResults:
        if self._may_ask_first():
            try:
                results = await self._first.search(query, indexes=indexes, since=since, page=page, page_size=page_size)
            except Unavailable as error:
                self._pausing_until = self._seconds() + PAUSE
                log.warning("search_engine_does_not_answer", engine=self._first.name, error=str(error))
            else:
                self._pausing_until = 0.0
                return results
        return await self._second.search(query, indexes=indexes, since=since, page=page, page_size=page_size)

    async def start_rebuild(self) -> "RebuildOfBoth":
        return RebuildOfBoth(await self._second.start_rebuild(), await self._first.start_rebuild())

    async def document_ids(self, index: str) -> set[int]:
        """Return the rows that both engines can find."""
        return await self._first.document_ids(index) & await self._second.document_ids(index)

    async def document_count(self, index: str) -> int:
        """Return how many documents the engine holds that is asked first."""
        return await self._first.document_count(index)

    async def is_available(self) -> bool:
        return await self._first.is_available() or await self._second.is_available()

    async def aclose(self) -> None:
        await self._first.aclose()
        await self._second.aclose()

    def _may_ask_first(self) -> bool:
        """Let one search try the first engine again when its pause is over, and the others wait for what it finds."""
        now = self._seconds()
        if now < self._pausing_until:
            return False
        if self._pausing_until:
            self._pausing_until = now + PAUSE
        return True


class RebuildOfBoth:
    """The rebuilds of two engines, done in step."""

    def __init__(self, *rebuilds: Rebuild) -> None:
        self._rebuilds = rebuilds

    async def put(self, documents: Sequence[Document]) -> None:
        for rebuild in self._rebuilds:
            await rebuild.put(documents)

    async def swap(self) -> None:
        for rebuild in self._rebuilds:
            await rebuild.swap()

    async def discard(self) -> None:
        for rebuild in self._rebuilds:
            await rebuild.discard()
