"""Which responses may be shared between visitors, for how long, and how the response itself says so."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from litestar.types import Send

Headers = list[tuple[bytes, bytes]]

STORABLE = frozenset({200, 301, 302, 308, 404, 410})
MISSING = frozenset({404, 410})
NOT_MODIFIED = 304

FOR_ANY_QUERY = "is_for_any_query"
"""Set in the request's state by the application where the query changes nothing, so that invented queries neither
miss the cache nor fill it."""

PAGE_LIFE = 3600
MISSING_LIFE = 60
"""Short, because strangers can invent missing pages without end."""

PRIVATE = b"private, no-store"
ASKED_ANEW = "no-cache"
"""The same for all visitors, but not to be shown again without asking here. Nothing in between keeps it."""

BROWSERS_ASK_AGAIN = b"public, max-age=0, must-revalidate"
"""We can purge our own caches and the CDN but no browser, so a browser asks each time, and is told 304."""

MISSING_IN_BROWSERS = b"public, max-age=300"
CDN_PAGE = b"max-age=%d, stale-while-revalidate=300, stale-if-error=86400" % PAGE_LIFE
CDN_MISSING = b"max-age=%d, stale-while-revalidate=60, stale-if-error=60" % MISSING_LIFE

MADE_FOR_EACH_VARIANT = frozenset({b"content-length", b"etag"})

_SHARED_AGE = re.compile(rb"\bs-maxage=(\d+)")
_AGE = re.compile(rb"\bmax-age=(\d+)")


@dataclass(frozen=True, slots=True)
class Policy:
    """How a response is shared: its complete headers, seconds to keep it, and the keys that end it."""

    headers: Headers
    life: int
    surrogate_keys: frozenset[str]


def policy_of(status: int, headers: Iterable[tuple[bytes, bytes]]) -> Policy | None:
    """Return how the response to an anonymous visitor may be shared, or None if it may not be.

    An application that says nothing means a page for everyone, kept until one of its keys is purged.
    """
    said = [(name.lower(), value) for name, value in headers]
    by_name = dict(said)
    cache_control = by_name.get(b"cache-control", b"").lower()
    if (
        status not in STORABLE
        or b"set-cookie" in by_name
        or b"content-encoding" in by_name
        or is_private(cache_control)
        or by_name.get(b"vary", b"accept-encoding").lower() != b"accept-encoding"
    ):
        return None
    life = _life(status, cache_control, by_name.get(b"surrogate-control", b"").lower())
    if life == 0:
        return None
    kept = [(name, value) for name, value in said if name not in MADE_FOR_EACH_VARIANT and name != b"vary"]
    missing = status in MISSING
    if not cache_control:
        kept.append((b"cache-control", MISSING_IN_BROWSERS if missing else BROWSERS_ASK_AGAIN))
    if b"surrogate-control" not in by_name:
        kept.append((b"surrogate-control", CDN_MISSING if missing else CDN_PAGE))
    keys = by_name.get(b"surrogate-key", b"").decode("latin-1").split()
    return Policy(headers=kept, life=life, surrogate_keys=frozenset(keys))


def is_private(cache_control: bytes) -> bool:
    return b"private" in cache_control or b"no-store" in cache_control


def privately(send: Send) -> Send:
    """Return a `send` that tells everybody on the way not to keep the response.

    A response may itself say `public`: that is its author's promise to be the same for everyone, like a style
    sheet. `no-cache` promises the same, and keeps nothing from being asked here. With a cookie nothing is public.
    """

    async def send_privately(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = as_private(message)
        await send(message)

    return send_privately


def as_private(start: Any) -> Any:
    """Return the start of a response with a Cache-Control that keeps it from being shared."""
    headers = [(name.lower(), value) for name, value in start["headers"]]
    cache_control = b",".join(value for name, value in headers if name == b"cache-control").lower()
    sets_cookie = any(name == b"set-cookie" for name, _ in headers)
    if start["status"] == NOT_MODIFIED or is_private(cache_control):
        return start
    if (b"public" in cache_control or cache_control == ASKED_ANEW.encode()) and not sets_cookie:
        return start
    kept = [(name, value) for name, value in headers if name not in {b"cache-control", b"surrogate-control"}]
    return {**start, "headers": [*kept, (b"cache-control", PRIVATE)]}


def _life(status: int, cache_control: bytes, surrogate_control: bytes) -> int:
    if b"no-store" in surrogate_control:
        return 0
    said = _AGE.search(surrogate_control) or _SHARED_AGE.search(cache_control)
    life = int(said[1]) if said else PAGE_LIFE
    return min(life, MISSING_LIFE) if status in MISSING else life
