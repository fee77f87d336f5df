"""Search by a Meilisearch server, over its HTTP API.

All documents are in one Meilisearch index, so that one ranking and one count hold for all types; a type is a
filter. Its key stays in this process: visitors ask the site, never Meilisearch.
"""

import asyncio
import re
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from cms.core.errors import Unavailable
from cms.core.search import INDEX_NAME, NOTHING, PAGE_SIZE, Document, Hit, SearchEngine, SearchResults
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

SITE = "site"
"""The index that is searched."""

NEXT = "site_next"
"""The index that a rebuild fills, and that then takes the other one's place; it exists only meanwhile."""

SEARCH_TIMEOUT = 1.0
REQUEST_TIMEOUT = 10.0
TASK_TIMEOUT = 20.0
REBUILD_TASK_TIMEOUT = 300.0
FIRST_LOOK, LONGEST_LOOK = 0.01, 0.5
"""Seconds between two looks at a task that is not done."""

_VERSION = re.compile(r"(?<!\S)\d+(?:\.\d+)+(?!\S)")

MOST_HITS = 10_000
WORDS_OF_HEADLINE = 40
IDS_PER_REQUEST = 1000

SETTINGS: dict[str, Any] = {
    "searchableAttributes": ["title", "keywords", "body"],
    "filterableAttributes": ["index", "published_at"],
    "rankingRules": [
        "words",
        "typo",
        "proximity",
        "attribute",
        "exactness",
        "boost:desc",
        "published_at:desc",
    ],
    "synonyms": synonyms(),
    "typoTolerance": {"enabled": True, "disableOnNumbers": True},
    "pagination": {"maxTotalHits": MOST_HITS},
}
"""What we tell every index. Of hits that fit alike, the boosted and then the newest come first: Python 3.14.2
before 3.14.1. A number is never taken for a similar one."""


class Meilisearch:
    """The documents in a Meilisearch server, version 1.15 or newer. Writing waits until the server has done it."""

    name = "Meilisearch"

    def __init__(self, url: str, *, key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=REQUEST_TIMEOUT)
        self._is_prepared = False

    @property
    def engines(self) -> Sequence[SearchEngine]:
        return (self,)

    async def put(self, documents: Sequence[Document]) -> None:
        if documents:
            await self._prepare()
            for index in await self._indexes_to_write():
                await self.put_into(index, documents)

    async def remove(self, index: str, ids: Collection[int]) -> None:
        if not ids:
            return
        await self._prepare()
        keys = [f"{index}-{row_id}" for row_id in sorted(ids)]
        for uid in await self._indexes_to_write():
            await self._do("POST", f"/indexes/{uid}/documents/delete-batch", keys)

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
        if not words or (indexes is not None and not indexes):
            return NOTHING
        asked = {
            "q": _with_whole_versions(words),
            "page": page_within_reason(page),
            "hitsPerPage": page_size,
            "filter": list(_filters(indexes, since)),
            "matchingStrategy": "all",
            "attributesToRetrieve": ["index", "row_id", "title", "path", "published_at"],
            "attributesToHighlight": ["body"],
            "attributesToCrop": ["body"],
            "cropLength": WORDS_OF_HEADLINE,
            "cropMarker": "…",
            "highlightPreTag": MARK_BEGINS,
            "highlightPostTag": MARK_ENDS,
        }
        answer = await self._ask("POST", f"/indexes/{SITE}/search", asked, timeout=SEARCH_TIMEOUT)
        return SearchResults(hits=tuple(_hit(hit) for hit in answer["hits"]), total=answer["totalHits"])

    async def start_rebuild(self) -> "RebuildBeside":
        await self._prepare()
        await self.delete_next()
        await self._create(NEXT)
        return RebuildBeside(self)

    async def document_ids(self, index: str) -> set[int]:
        ids: set[int] = set()
        if not await self._exists(SITE):
            return ids
        while True:
            asked = {"filter": f'index = "{index}"', "fields": ["row_id"], "limit": IDS_PER_REQUEST, "offset": len(ids)}
            answer = await self._ask("POST", f"/indexes/{SITE}/documents/fetch", asked)
            ids.update(document["row_id"] for document in answer["results"])
            if len(answer["results"]) < IDS_PER_REQUEST:
                return ids

    async def document_count(self, index: str) -> int:
        if not await self._exists(SITE):
            return 0
        asked = {"filter": f'index = "{index}"', "fields": ["row_id"], "limit": 1, "offset": 0}
        answer = await self._ask("POST", f"/indexes/{SITE}/documents/fetch", asked)
        return int(answer["total"])

    async def is_available(self) -> bool:
        try:
            answer = await self._ask("GET", "/health", timeout=SEARCH_TIMEOUT)
        except Unavailable:
            return False
        return bool(answer["status"] == "available") and await self._is_searchable()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def put_into(self, uid: str, documents: Sequence[Document], *, patience: float = TASK_TIMEOUT) -> None:
        """Add or replace documents in one of the two indexes."""
        rows = [_as_json(document) for document in documents]
        await self._do("POST", f"/indexes/{uid}/documents?primaryKey=id", rows, patience=patience)

    async def swap(self) -> None:
        """Let the next index take the place of the one that is searched, and delete the latter."""
        await self._do("POST", "/swap-indexes", [{"indexes": [SITE, NEXT]}], patience=REBUILD_TASK_TIMEOUT)
        await self.delete_next()

    async def delete_next(self) -> None:
        """Delete what a rebuild left behind, if there is anything."""
        if await self._exists(NEXT):
            await self._do("DELETE", f"/indexes/{NEXT}", patience=REBUILD_TASK_TIMEOUT)

    async def _prepare(self) -> None:
        """Make the searched index where there is none; made by a first document it would lack our settings."""
        if not self._is_prepared and not await self._exists(SITE):
            await self._create(SITE)
        self._is_prepared = True

    async def _create(self, uid: str) -> None:
        await self._do("POST", "/indexes", {"uid": uid, "primaryKey": "id"})
        await self._do("PATCH", f"/indexes/{uid}/settings", SETTINGS, patience=REBUILD_TASK_TIMEOUT)

    async def _indexes_to_write(self) -> tuple[str, ...]:
        """Return the searched index, and the next one during a rebuild, which would otherwise lose this change."""
        return (NEXT, SITE) if await self._exists(NEXT) else (SITE,)

    async def _exists(self, uid: str) -> bool:
        answer = await self._send("GET", f"/indexes/{uid}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        _refuse_failure(answer)
        return True

    async def _is_searchable(self) -> bool:
        try:
            return await self._exists(SITE)
        except Unavailable:
            return False

    async def _do(self, method: str, path: str, body: Any = None, *, patience: float = TASK_TIMEOUT) -> None:
        """Ask for something that Meilisearch does as a task, and wait until it is done.

        Raises Unavailable if the task fails, or is not done after `patience` seconds.
        """
        uid = (await self._ask(method, path, body))["taskUid"]
        deadline = time.monotonic() + patience
        pause = FIRST_LOOK
        while time.monotonic() < deadline:
            task = await self._ask("GET", f"/tasks/{uid}")
            if task["status"] == "succeeded":
                return
            if task["status"] in {"failed", "canceled"}:
                raise Unavailable(f"Meilisearch's task {uid} ({task['type']}) {task['status']}: {task.get('error')}.")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_LOOK)
        raise Unavailable(f"Meilisearch's task {uid} was not done after {patience:.0f} seconds.")

    async def _ask(self, method: str, path: str, body: Any = None, *, timeout: float = REQUEST_TIMEOUT) -> Any:
        answer = await self._send(method, path, body, timeout=timeout)
        _refuse_failure(answer)
        return answer.json()

    async def _send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        timeout: float = REQUEST_TIMEOUT,
    ) -> httpx.Response:
        try:
            return await self._http.request(method, path, json=body, timeout=timeout)
        except httpx.HTTPError as error:
            raise Unavailable(f"Meilisearch does not answer: {error!r}.") from error


class RebuildBeside:
    """A rebuild into a new index, with the settings of today, that is then swapped in."""

    def __init__(self, engine: Meilisearch) -> None:
        self._engine = engine

    async def put(self, documents: Sequence[Document]) -> None:
        await self._engine.put_into(NEXT, documents, patience=REBUILD_TASK_TIMEOUT)

    async def swap(self) -> None:
        await self._engine.swap()

    async def discard(self) -> None:
        await self._engine.delete_next()


def _refuse_failure(answer: httpx.Response) -> None:
    if not answer.is_success:
        raise Unavailable(f"Meilisearch answered {answer.status_code}: {answer.text[:500]}.")


def _with_whole_versions(words: str) -> str:
    """Return the query with each version as a phrase, or 3.14.2 would also find what has a 3, a 14 and a 2 in it."""
    if '"' in words:
        return words
    return _VERSION.sub(r'"\g<0>"', apart(words))


def _filters(indexes: Collection[str] | None, since: datetime | None) -> Iterable[str]:
    if indexes is not None:
        names = ", ".join(f'"{name}"' for name in sorted(indexes) if INDEX_NAME.fullmatch(name))
        yield f"index IN [{names}]"
    if since is not None:
        yield f"published_at >= {int(since.timestamp())}"


def _as_json(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "index": document.index,
        "row_id": document.row_id,
        "title": cleaned(document.title),
        "keywords": cleaned(document.keywords),
        "body": cleaned(document.body[:LONGEST_BODY]),
        "path": cleaned(document.path),
        "boost": document.boost,
        "published_at": int(document.published_at.timestamp()) if document.published_at else None,
    }


def _hit(found: dict[str, Any]) -> Hit:
    published_at = found.get("published_at")
    return Hit(
        index=found["index"],
        row_id=found["row_id"],
        title=found["title"],
        path=found["path"],
        headline=marked(found["_formatted"]["body"]),
        published_at=None if published_at is None else datetime.fromtimestamp(published_at, UTC),
    )
