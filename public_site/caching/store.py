"""What the page cache keeps: finished responses in every encoding, bounded in bytes, found again by surrogate key."""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

import brotli  # type: ignore[import-untyped]  # The package ships no types.

from public_site.caching.policy import Headers

COMPRESSIBLE = frozenset(
    {
        b"application/javascript",
        b"application/json",
        b"application/xml",
        b"image/svg+xml",
        b"image/x-icon",
    }
)
SMALLEST_COMPRESSED = 400
"""Below this many bytes the answer fits into one packet anyway."""

COMPRESSED_IN_THREAD = 32 * 1024
"""From this many bytes on, compressing would hold up other requests for more than a millisecond."""

LEFT_OUT_OF_304 = frozenset({b"content-encoding", b"content-length", b"content-type"})

PAGE_OVERHEAD = 2500
VARIANT_OVERHEAD = 1000
HEADER_OVERHEAD = 140
KEY_OVERHEAD = 250
"""What the Python objects around a page's bytes take, so that the bound holds for the memory of the process."""


class PageKey(NamedTuple):
    """What distinguishes one cached page from another."""

    scheme: str
    host: bytes
    path: str
    query: bytes


@dataclass(frozen=True, slots=True)
class Variant:
    """A response in one encoding, as the two messages that send it."""

    etag: bytes
    start: Any
    body: Any

    @property
    def not_modified(self) -> Any:
        kept = [(name, value) for name, value in self.start["headers"] if name not in LEFT_OUT_OF_304]
        return {"type": "http.response.start", "status": 304, "headers": kept}


@dataclass(frozen=True, slots=True)
class Page:
    """A response that every anonymous visitor may be given until `fresh_until` or until a key is purged."""

    keys: frozenset[str]
    variants: dict[bytes, Variant]
    size: int
    stored_at: float
    fresh_until: float
    may_be_unmodified: bool
    is_oddment: bool
    """Whether strangers can make as many of these as they like, by inventing paths and query strings."""
    is_for_any_query: bool = False


async def rendered(
    key: PageKey,
    status: int,
    headers: Headers,
    body: bytes,
    *,
    keys: Iterable[str],
    now: float,
    life: float,
    is_for_any_query: bool = False,
) -> Page:
    """Return the page in all its encodings; `headers` are those of the response, its policy included."""
    all_keys = frozenset(keys)
    encodings = {b"": body}
    compressible = _is_compressible(headers)
    if compressible and len(body) >= SMALLEST_COMPRESSED:
        in_thread = len(body) >= COMPRESSED_IN_THREAD
        encodings |= await asyncio.to_thread(_compressed, body) if in_thread else _compressed(body)
    if compressible:
        headers = [*headers, (b"vary", b"Accept-Encoding")]
    digest = blake2b(body, digest_size=12).hexdigest().encode()
    variants = {
        encoding: _variant(status, headers, content, encoding=encoding, digest=digest)
        for encoding, content in encodings.items()
    }
    return Page(
        keys=all_keys,
        variants=variants,
        size=_size(key, all_keys, variants),
        stored_at=now,
        fresh_until=now + life,
        may_be_unmodified=status == 200,
        is_oddment=bool(key.query) or status in {404, 410},
        is_for_any_query=is_for_any_query,
    )


def _is_compressible(headers: Headers) -> bool:
    media_type = next((value for name, value in headers if name == b"content-type"), b"").partition(b";")[0]
    return media_type.startswith(b"text/") or media_type in COMPRESSIBLE or media_type.endswith((b"+xml", b"+json"))


def _compressed(body: bytes) -> dict[bytes, bytes]:
    tries = {b"br": brotli.compress(body, quality=5), b"gzip": gzip.compress(body, 6, mtime=0)}
    return {encoding: content for encoding, content in tries.items() if len(content) < 0.9 * len(body)}


def _variant(status: int, headers: Headers, content: bytes, *, encoding: bytes, digest: bytes) -> Variant:
    etag = b'"%b-%b"' % (digest, encoding) if encoding else b'"%b"' % digest
    own = [(b"content-length", b"%d" % len(content))]
    if status == 200:
        own.append((b"etag", etag))
    if encoding:
        own.append((b"content-encoding", encoding))
    return Variant(
        etag=etag,
        start={"type": "http.response.start", "status": status, "headers": [*headers, *own]},
        body={"type": "http.response.body", "body": content, "more_body": False},
    )


def _size(key: PageKey, keys: Collection[str], variants: dict[bytes, Variant]) -> int:
    return (
        PAGE_OVERHEAD
        + len(key.host)
        + 4 * len(key.path)  # A path outside Latin-1 takes up to four bytes a character.
        + len(key.query)
        + sum(KEY_OVERHEAD + len(key) for key in keys)
        + sum(VARIANT_OVERHEAD + _variant_size(variant) for variant in variants.values())
    )


def _variant_size(variant: Variant) -> int:
    headers = variant.start["headers"]
    return len(variant.body["body"]) + sum(HEADER_OVERHEAD + len(name) + len(value) for name, value in headers)


class PageStore:
    """Pages by key, the least recently used given up first; never more than `max_bytes` of them.

    A quarter is set apart for oddments: a flood of invented addresses costs the real pages nothing.
    """

    def __init__(self, max_bytes: int) -> None:
        self._pages = _Shelf(max_bytes - max_bytes // 4)
        self._oddments = _Shelf(max_bytes // 4)
        self._tagged: dict[str, set[PageKey]] = {}

    def __len__(self) -> int:
        return len(self._pages.pages) + len(self._oddments.pages)

    @property
    def size(self) -> int:
        return self._pages.size + self._oddments.size

    def get(self, key: PageKey) -> Page | None:
        return self._pages.get(key) or self._oddments.get(key)

    def put(self, key: PageKey, page: Page) -> None:
        """Keep the page, if it fits at all, in the place of an older one with this key."""
        self.drop(key)
        shelf = self._oddments if page.is_oddment else self._pages
        if page.size > shelf.max_bytes:
            return
        for old_key, old in shelf.make_room(page.size):
            self._untag(old_key, old)
        shelf.add(key, page)
        for tag in page.keys:
            self._tagged.setdefault(tag, set()).add(key)

    def drop(self, key: PageKey) -> None:
        page = self._pages.remove(key) or self._oddments.remove(key)
        if page is not None:
            self._untag(key, page)

    def purge(self, tags: Iterable[str]) -> None:
        """Drop every page that carries one of the tags."""
        for tag in tags:
            for key in tuple(self._tagged.get(tag, ())):
                self.drop(key)

    def clear(self) -> None:
        for shelf in (self._pages, self._oddments):
            shelf.clear()
        self._tagged.clear()

    def _untag(self, key: PageKey, page: Page) -> None:
        for tag in page.keys:
            tagged = self._tagged[tag]
            tagged.discard(key)
            if not tagged:
                del self._tagged[tag]


class _Shelf:
    """Pages in the order of their last use, and the sum of their sizes."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.size = 0
        self.pages: OrderedDict[PageKey, Page] = OrderedDict()

    def get(self, key: PageKey) -> Page | None:
        page = self.pages.get(key)
        if page is not None:
            self.pages.move_to_end(key)
        return page

    def add(self, key: PageKey, page: Page) -> None:
        self.pages[key] = page
        self.size += page.size

    def remove(self, key: PageKey) -> Page | None:
        page = self.pages.pop(key, None)
        if page is not None:
            self.size -= page.size
        return page

    def make_room(self, size: int) -> Iterable[tuple[PageKey, Page]]:
        """Give up pages until one of that size fits, and return them."""
        given_up = []
        while self.pages and self.size + size > self.max_bytes:
            key, page = self.pages.popitem(last=False)
            self.size -= page.size
            given_up.append((key, page))
        return given_up

    def clear(self) -> None:
        self.pages.clear()
        self.size = 0
