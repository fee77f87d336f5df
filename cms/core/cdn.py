"""Purging by surrogate key: whoever keeps a copy of a page forgets it when what the page has read changes.

Two keep copies: the page cache in each process of the site, told through Redis, and Fastly, told over its
API.

A page rendered just before the commit can reach Fastly just after the purge, and would then be kept for its
whole life. Whoever purges after a commit therefore purges the same keys a second time some seconds later; the
worker does. The page caches refuse such latecomers by themselves.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Protocol

import httpx
import structlog
from redis.asyncio import Redis

from cms.core.errors import Unavailable
from cms.core.settings import Settings

ALL_PAGES = "pydotorg-app"
"""The key that every page carries; to purge it is to purge everything."""

PURGE_CHANNEL = "cms:purge"
"""The Redis channel on which the page caches hear, as a JSON list, which keys to forget."""

KEYS_PER_REQUEST = 256
"""As many as Fastly accepts in one purge."""

FASTLY_TIMEOUT = 10.0

log = structlog.get_logger(__name__)


class CDN(Protocol):
    """Something that keeps copies of pages."""

    async def purge(self, keys: Collection[str]) -> None:
        """Forget every page that carries one of the keys; a key that starts with a slash is a page's path.

        May be repeated at will. Raises if it is not certain that the pages are forgotten.
        """


class PageCaches:
    """The page cache in every process of the site."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def purge(self, keys: Collection[str]) -> None:
        if keys:
            await self._redis.publish(PURGE_CHANNEL, json.dumps(sorted(keys)))


class Fastly:
    """Fastly in front of the site; purges are soft: it serves the stale page while it fetches a new one."""

    def __init__(self, *, api_url: str, service_id: str, api_key: str, site_url: str) -> None:
        self._purge_url = f"{api_url}/service/{service_id}/purge"
        self._site_url = site_url
        self._headers = {"Fastly-Key": api_key, "Fastly-Soft-Purge": "1", "Accept": "application/json"}

    async def purge(self, keys: Collection[str]) -> None:
        """Raises Unavailable if Fastly does not confirm, also where only one of several requests failed."""
        paths = sorted(key for key in keys if key.startswith("/"))
        surrogate_keys = sorted(key for key in keys if not key.startswith("/"))
        async with httpx.AsyncClient(headers=self._headers, timeout=FASTLY_TIMEOUT) as client:
            for batch in _batches(surrogate_keys, KEYS_PER_REQUEST):
                await _ask(client, "POST", self._purge_url, batch, body={"surrogate_keys": batch})
            for path in paths:
                await _ask(client, "PURGE", self._site_url + path, [path])


class InOrder:
    """Several caches, the nearest to the data first: the next must not fetch what the first still has."""

    def __init__(self, *caches: CDN) -> None:
        self._caches = caches

    async def purge(self, keys: Collection[str]) -> None:
        for cache in self._caches:
            await cache.purge(keys)


def from_settings(settings: Settings, redis: Redis) -> CDN:
    """Return what has to be purged here: the page caches, and Fastly where the settings name a service."""
    page_caches = PageCaches(redis)
    if settings.fastly_service_id is None or settings.fastly_api_key is None:
        return page_caches
    fastly = Fastly(
        api_url=settings.fastly_api_url,
        service_id=settings.fastly_service_id,
        api_key=settings.fastly_api_key.get_secret_value(),
        site_url=settings.site_url,
    )
    return InOrder(page_caches, fastly)


async def _ask(client: httpx.AsyncClient, method: str, url: str, keys: Sequence[str], *, body: object = None) -> None:
    try:
        answer = await client.request(method, url, json=body)
    except httpx.HTTPError as error:
        log.warning("fastly_unreachable", keys=keys, error=repr(error))
        raise Unavailable(f"Fastly did not answer a purge of {len(keys)} keys: {error!r}.") from error
    log.info("fastly_answered", keys=keys, status=answer.status_code, answer=answer.text[:2000])
    if not answer.is_success:
        raise Unavailable(f"Fastly answered {answer.status_code} to a purge of {len(keys)} keys.")


def _batches(keys: Sequence[str], size: int) -> Iterator[list[str]]:
    remaining = iter(keys)
    while batch := list(islice(remaining, size)):
        yield batch
