"""Purging by surrogate key: whoever keeps a copy of a page forgets it when what the page has read changes.

Two keep copies: the page cache in each process of the site, told through Redis, and Fastly, told over its
API.

A page rendered just before the commit can reach Fastly just after the purge, and would then be kept for its
whole life. Whoever purges after a commit therefore purges the same keys a second time some seconds later; the
worker does. The page caches refuse such latecomers by themselves.
"""

import json
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import httpx
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from cms.core.errors import Unavailable
from cms.core.settings import Settings

ALL_PAGES = "pydotorg-app"
"""The key that every page carries; to purge it is to purge everything."""

PURGE_CHANNEL = "cms:purge"
"""The Redis channel on which the page caches hear, as a JSON list, which keys to forget."""

KEYS_PER_REQUEST = 256
"""As many as Fastly accepts in one purge."""

FASTLY_TIMEOUT = 10.0
LONGEST_ANSWER = 2000

log = structlog.get_logger(__name__)


class CDN(Protocol):
    """Something that keeps copies of pages."""

    async def purge(self, keys: Collection[str]) -> None:
        """Forget every page that carries one of the keys; a key that starts with a slash is a page's path.

        May be repeated at will. Raises if it is not certain that the pages are forgotten.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """One request to one of those who keep copies, and what came of it."""

    cache: str
    keys: Sequence[str]
    status: int | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)
    milliseconds: float
    error: str = ""


Witness = Callable[[Purge], Awaitable[None]]
"""Whoever is told of each purge, whether it succeeded or not."""


async def nobody(_purge: Purge) -> None:
    """Take no notice."""


class PageCaches:
    """The page cache in every process of the site."""

    def __init__(self, redis: Redis, *, witness: Witness = nobody) -> None:
        self._redis = redis
        self._witness = witness

    async def purge(self, keys: Collection[str]) -> None:
        if not keys:
            return
        began = time.perf_counter()
        heard: dict[str, Any] = {}
        error = ""
        try:
            heard["processes"] = await self._redis.publish(PURGE_CHANNEL, json.dumps(sorted(keys)))
        except (RedisError, OSError) as failure:
            error = f"Redis did not answer: {failure!r}."
            raise
        finally:
            took = _milliseconds_since(began)
            told = Purge(cache="Page caches", keys=sorted(keys), answer=heard, milliseconds=took, error=error)
            await self._witness(told)


class Fastly:
    """Fastly in front of the site; purges are soft: it serves the stale page while it fetches a new one."""

    def __init__(
        self, *, api_url: str, service_id: str, api_key: str, site_url: str, witness: Witness = nobody
    ) -> None:
        self._purge_url = f"{api_url}/service/{service_id}/purge"
        self._site_url = site_url
        self._headers = {"Fastly-Key": api_key, "Fastly-Soft-Purge": "1", "Accept": "application/json"}
        self._witness = witness

    async def purge(self, keys: Collection[str]) -> None:
        """Raises Unavailable if Fastly does not confirm, also where only one of several requests failed."""
        paths = sorted(key for key in keys if key.startswith("/"))
        surrogate_keys = sorted(key for key in keys if not key.startswith("/"))
        async with httpx.AsyncClient(headers=self._headers, timeout=FASTLY_TIMEOUT) as client:
            for batch in _batches(surrogate_keys, KEYS_PER_REQUEST):
                await self._ask(client, "POST", self._purge_url, batch, body={"surrogate_keys": batch})
            for path in paths:
                await self._ask(client, "PURGE", self._site_url + path, [path])

    async def _ask(
        self, client: httpx.AsyncClient, method: str, url: str, keys: Sequence[str], *, body: object = None
    ) -> None:
        began = time.perf_counter()
        try:
            answer = await client.request(method, url, json=body)
        except httpx.HTTPError as error:
            log.warning("fastly_unreachable", keys=keys, error=repr(error))
            sentence = f"Fastly did not answer a purge of {len(keys)} keys: {error!r}."
            await self._tell(keys, began, error=sentence)
            raise Unavailable(sentence) from error
        log.info("fastly_answered", keys=keys, status=answer.status_code, answer=answer.text[:LONGEST_ANSWER])
        sentence = f"Fastly answered {answer.status_code} to a purge of {len(keys)} keys."
        await self._tell(keys, began, answer, error="" if answer.is_success else sentence)
        if not answer.is_success:
            raise Unavailable(sentence)

    async def _tell(
        self, keys: Sequence[str], began: float, answer: httpx.Response | None = None, *, error: str
    ) -> None:
        await self._witness(
            Purge(
                cache="Fastly",
                keys=keys,
                status=answer.status_code if answer else None,
                answer=_words_of(answer) if answer else {},
                milliseconds=_milliseconds_since(began),
                error=error,
            )
        )


class InOrder:
    """Several caches, the nearest to the data first: the next must not fetch what the first still has."""

    def __init__(self, *caches: CDN) -> None:
        self._caches = caches

    async def purge(self, keys: Collection[str]) -> None:
        for cache in self._caches:
            await cache.purge(keys)


def from_settings(settings: Settings, redis: Redis, *, witness: Witness = nobody) -> CDN:
    """Return what has to be purged here: the page caches, and Fastly where the settings name a service."""
    page_caches = PageCaches(redis, witness=witness)
    if settings.fastly_service_id is None or settings.fastly_api_key is None:
        return page_caches
    fastly = Fastly(
        api_url=settings.fastly_api_url,
        service_id=settings.fastly_service_id,
        api_key=settings.fastly_api_key.get_secret_value(),
        site_url=settings.site_url,
        witness=witness,
    )
    return InOrder(page_caches, fastly)


def _words_of(answer: httpx.Response) -> dict[str, Any]:
    """Return what Fastly said: what it calls each purge, or why there was none."""
    try:
        said = answer.json()
    except ValueError:
        said = answer.text[:LONGEST_ANSWER]
    return said if isinstance(said, dict) else {"answer": said}


def _milliseconds_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _batches(keys: Sequence[str], size: int) -> Iterator[list[str]]:
    remaining = iter(keys)
    while batch := list(islice(remaining, size)):
        yield batch
