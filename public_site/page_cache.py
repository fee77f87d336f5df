"""The site's own page cache: finished pages for anonymous visitors, answered before routing, in every process.

A page is kept until one of its surrogate keys is purged. Purges reach every process through Redis; while Redis
cannot be heard, no page is older than a few seconds. What belongs to a person never enters: requests with a
session or credentials pass by, and so do responses that set a cookie or call themselves private.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from cms.core.cdn import ALL_PAGES, PURGE_CHANNEL
from public_site.caching.head import EMPTY_BODY, as_get, without_body
from public_site.caching.negotiation import accepted_encodings, names
from public_site.caching.policy import FOR_ANY_QUERY, Headers, privately
from public_site.caching.purge_log import PurgeLog
from public_site.caching.recording import Recording
from public_site.caching.store import Page, PageKey, PageStore, rendered

SESSION_COOKIE = b"session="
LIFE_WITHOUT_REDIS = 3.0
"""Seconds that a page may be kept while purges cannot be heard."""

PING_EVERY = 1.0
RECONNECT_AFTER = 0.5
LARGEST_SHARE = 8
"""The part of the cache that one page may take, as a divisor."""

LONGEST_ADDRESS = 2048
KEPT_OUT = 1000
"""How many addresses to remember whose pages are not for storing."""

Answer = tuple[Any, Any]
"""The two ASGI messages of a response."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Flight:
    """A page being rendered, for which further requests may wait; it lands as None if it may not be shared."""

    moment: int
    landed: asyncio.Future[Page | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def land(self, page: Page | None = None) -> None:
        if not self.landed.done():
            self.landed.set_result(page)


class PageCache:
    """ASGI middleware; wraps everything that knows about visitors.

    It also answers HEAD for the whole site, as a GET without the body, and sees to it that what is not for
    everyone says so in its Cache-Control.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: int,
        also_purged: Callable[[frozenset[str]], None] = lambda _keys: None,
    ) -> None:
        self._app = app
        self._purge_others = also_purged
        self._store = PageStore(max_bytes)
        self._largest = max_bytes // LARGEST_SHARE
        self._purges = PurgeLog()
        self._flights: dict[PageKey, _Flight] = {}
        self._kept_out: dict[PageKey, None] = {}
        self._hears_purges_until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        method: str = scope["method"]
        if method not in {"GET", "HEAD"}:
            await self._app(scope, receive, privately(send))
            return
        headers = _headers_of(scope)
        if not _is_anonymous(headers):
            send_body = without_body(send) if method == "HEAD" else send
            await self._app(as_get(scope), receive, privately(send_body))
            return
        key = _key_of(scope, headers)
        page = self._fresh(key)
        if page is None:
            await self._miss(key, headers, scope, receive, send)
        else:
            await _answer(page, method, headers, send)

    def ready_answer(self, scope: HTTPScope) -> Answer | None:
        """Return the two messages that answer a visitor's GET, where the page is here.

        Whoever asks this first spares a cached page every coroutine on the way, which take longer than finding it.
        """
        if scope["method"] != "GET":
            return None
        headers = _headers_of(scope)
        page = self._fresh(_key_of(scope, headers)) if _is_anonymous(headers) else None
        return None if page is None else _messages(page, headers)

    def purge(self, keys: frozenset[str]) -> None:
        """Forget every page with one of these keys, also those that are being rendered now, and what these show."""
        self._purge_others(keys)
        if ALL_PAGES in keys:
            self._purges.add_everything()
            self._store.clear()
        else:
            self._purges.add(keys)
            self._store.purge(keys)

    @asynccontextmanager
    async def listening(self, redis: Redis) -> AsyncIterator[None]:
        """Hear purges from Redis for as long as the application runs."""
        task = asyncio.create_task(self.listen(redis))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def listen(self, redis: Redis) -> None:
        """Hear purges from Redis, for ever; connects again whenever it has to."""
        while True:
            try:
                async with redis.pubsub() as channel:
                    await channel.subscribe(PURGE_CHANNEL)
                    await self._hear(channel)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("page_cache_hears_no_purges", error=repr(error))
            await asyncio.sleep(RECONNECT_AFTER)

    async def _hear(self, channel: PubSub) -> None:
        """Purge what is announced, and ask for a sign of life where nothing is.

        Redis confirms a subscription first, also one that the client renewed by itself: what was announced
        in between is lost, so that everything has to be forgotten.
        """
        while True:
            message = await channel.get_message(timeout=PING_EVERY)
            if message is None:
                await channel.ping()
                continue
            if message["type"] == "subscribe":
                self.purge(frozenset({ALL_PAGES}))
            elif message["type"] == "message":
                self.purge(_announced(message["data"]))
            self._hears_purges_until = time.monotonic() + LIFE_WITHOUT_REDIS

    def _fresh(self, key: PageKey) -> Page | None:
        page = self._store.get(key)
        if page is None and key.query:
            key = key._replace(query=b"")
            page = self._store.get(key)
            if page is not None and not page.is_for_any_query:
                return None
        if page is None:
            return None
        now = time.monotonic()
        if now < page.fresh_until and (now < self._hears_purges_until or now < page.stored_at + LIFE_WITHOUT_REDIS):
            return page
        self._store.drop(key)
        return None

    async def _miss(
        self, key: PageKey, headers: dict[bytes, bytes], scope: HTTPScope, receive: Receive, send: Send
    ) -> None:
        """Let the application answer; of several requests for the same page, one does and the others wait.

        Nobody waits for a page begun before the latest purge: it may show what was purged.
        """
        flight = self._flights.get(key)
        page = None
        if flight is not None and flight.moment == self._purges.moment:
            page = await asyncio.shield(flight.landed)
        if page is None:
            page = await self._render(key, headers, scope, receive, send)
        if page is not None:
            await _answer(page, scope["method"], headers, send)

    async def _render(
        self, key: PageKey, headers: dict[bytes, bytes], scope: HTTPScope, receive: Receive, send: Send
    ) -> Page | None:
        """Return the page that the application made, or None if that was not one to share and has been sent."""
        flight = _Flight(self._purges.moment)
        page = None
        current = self._flights.get(key)
        if key not in self._kept_out and (current is None or current.moment != flight.moment):
            self._flights[key] = flight
        recording = Recording(
            receive,
            without_body(send) if scope["method"] == "HEAD" else send,
            limit=self._largest if _is_shareable(key, headers) else 0,
            given_up=flight.land,
        )
        try:
            await self._app(as_get(scope), recording.receive, recording.send)
            is_for_any_query = bool(scope.get("state", {}).get(FOR_ANY_QUERY))
            page_key = key._replace(query=b"") if is_for_any_query else key
            page = await self._stored(page_key, recording, moment=flight.moment, is_for_any_query=is_for_any_query)
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]
            flight.land(page)
        if page is None:
            self._keep_out(key)
        return page

    async def _stored(self, key: PageKey, recording: Recording, *, moment: int, is_for_any_query: bool) -> Page | None:
        """Return the recorded page, stored unless something it shows was purged while it was made."""
        if not recording.is_complete:
            return None
        policy = recording.policy
        page = await rendered(
            key,
            recording.status,
            policy.headers,
            b"".join(recording.chunks),
            keys=policy.surrogate_keys | {key.path},
            now=time.monotonic(),
            life=policy.life,
            is_for_any_query=is_for_any_query,
        )
        if not self._purges.has_any_since(moment, page.keys):
            self._store.put(key, page)
            self._kept_out.pop(key, None)
        return page

    def _keep_out(self, key: PageKey) -> None:
        """Remember that nobody need wait for this page, because it cannot be shared."""
        if len(self._kept_out) >= KEPT_OUT:
            self._kept_out.clear()
        self._kept_out[key] = None


async def _answer(page: Page, method: str, headers: dict[bytes, bytes], send: Send) -> None:
    start, body = _messages(page, headers)
    await send(start)
    await send(EMPTY_BODY if method == "HEAD" else body)


def _messages(page: Page, headers: dict[bytes, bytes]) -> Answer:
    """Return the page as this visitor's browser can read it, or word that the browser has it already."""
    variant = page.variants[b""]
    if len(page.variants) > 1 and (accepted := headers.get(b"accept-encoding")):
        for encoding in accepted_encodings(accepted):
            if encoding in page.variants:
                variant = page.variants[encoding]
                break
    if page.may_be_unmodified and (known := headers.get(b"if-none-match")) and names(known, variant.etag):
        return variant.not_modified, EMPTY_BODY
    return variant.start, variant.body


def _headers_of(scope: HTTPScope) -> dict[bytes, bytes]:
    """Return the headers by name; a header that came twice is joined, for a second Cookie counts as well."""
    pairs = cast("Headers", scope["headers"])
    headers = dict(pairs)
    if len(headers) != len(pairs):
        headers = {}
        for name, value in pairs:
            headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def _is_anonymous(headers: dict[bytes, bytes]) -> bool:
    cookies = headers.get(b"cookie")
    return (cookies is None or SESSION_COOKIE not in cookies) and b"authorization" not in headers


def _is_shareable(key: PageKey, headers: dict[bytes, bytes]) -> bool:
    """Tell whether the answer depends on nothing that strangers could use to spoil it for others."""
    return (
        len(key.path) + len(key.query) <= LONGEST_ADDRESS
        and b"range" not in headers
        and headers.get(b"content-length", b"0") == b"0"
        and b"transfer-encoding" not in headers
    )


def _key_of(scope: HTTPScope, headers: dict[bytes, bytes]) -> PageKey:
    query = scope["query_string"]
    return PageKey(
        scope["scheme"],
        headers.get(b"host", b""),
        scope["path"],
        _normalised(query) if query else b"",
    )


def _normalised(query: bytes) -> bytes:
    """Return the query with its names sorted; the order of one name's values may mean something and stays."""
    parts = [part for part in query.split(b"&") if part]
    parts.sort(key=lambda part: part.partition(b"=")[0])
    return b"&".join(parts)


def _announced(data: bytes | str) -> frozenset[str]:
    """Return the keys of an announcement; one that cannot be read may mean any page."""
    try:
        keys = json.loads(data)
    except ValueError:
        keys = None
    if isinstance(keys, list) and all(isinstance(key, str) for key in keys):
        return frozenset(keys)
    log.error("purge_announcement_not_understood", data=repr(data[:200]))
    return frozenset({ALL_PAGES})
