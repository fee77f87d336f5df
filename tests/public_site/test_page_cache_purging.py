"""A purge reaches the page caches of all processes through Redis, and without Redis no page stays for long."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack

import pytest
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from cms.core import cdn, embedded
from public_site import page_cache
from public_site.page_cache import PageCache
from tests.asgi import ask
from tests.public_site.test_page_cache import Site


@pytest.fixture
def redis_server(tmp_path):
    server = embedded.start_redis(tmp_path, durable=False)
    yield server
    server.stop()


@pytest.fixture
async def processes(redis_server, monkeypatch):
    """The page caches of two processes, each with its own connection."""
    monkeypatch.setattr(page_cache, "PING_EVERY", 0.05)
    monkeypatch.setattr(page_cache, "RECONNECT_AFTER", 0.05)
    monkeypatch.setattr(page_cache, "LIFE_WITHOUT_REDIS", 0.5)
    async with AsyncExitStack() as stack:
        sites = []
        for _ in range(2):
            client = await stack.enter_async_context(connect(redis_server))
            site = Site()
            cache = PageCache(site, max_bytes=1_000_000)
            await stack.enter_async_context(cache.listening(client))
            sites.append((site, cache))
        for _, cache in sites:
            await eventually(lambda cache=cache: cache._hears_purges_until > time.monotonic())
        yield sites


def connect(server: embedded.Server) -> redis.asyncio.Redis:
    return redis.asyncio.from_url(server.url, retry=Retry(NoBackoff(), 0))


async def eventually(condition, *, within: float = 5.0):
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        await asyncio.sleep(0.01)


async def test_a_purge_ends_the_page_in_every_process_and_leaves_others(processes, redis_server):
    for site, cache in processes:
        await ask(cache, "/about/")
        site.headers = {"surrogate-key": "releases"}
        await ask(cache, "/downloads/")
        site.asked.clear()

    async with connect(redis_server) as client:
        await cdn.PageCaches(client).purge({"releases"})
    for _, cache in processes:
        await eventually(lambda cache=cache: len(cache._store) == 1)
        await ask(cache, "/about/")
        await ask(cache, "/downloads/")

    assert [site.asked for site, _ in processes] == [["GET /downloads/"]] * 2


async def test_while_redis_answers_a_page_stays(processes):
    site, cache = processes[0]
    await ask(cache)

    await asyncio.sleep(0.8)
    await ask(cache)

    assert len(site.asked) == 1


async def test_an_announcement_that_makes_no_sense_purges_everything(processes, redis_server):
    _, cache = processes[0]
    for nonsense in (b"\xff", b"{}", b"[1]"):
        await ask(cache)

        async with connect(redis_server) as client:
            await client.publish(cdn.PURGE_CHANNEL, nonsense)

        await eventually(lambda: len(cache._store) == 0)


async def test_without_redis_pages_are_answered_and_live_for_moments_only(processes, redis_server):
    site, cache = processes[0]
    await ask(cache)

    redis_server.stop()
    await eventually(lambda: cache._hears_purges_until < time.monotonic())
    site.body = "new"
    await eventually_says(cache, "new", within=1.0)
    site.asked.clear()
    await asyncio.gather(*(ask(cache) for _ in range(10)))
    assert site.asked == []
    site.body = "newer"

    await eventually_says(cache, "newer", within=1.0)


async def test_a_redis_that_hangs_counts_as_none(processes, redis_server):
    site, cache = processes[0]
    redis_server.child.send_signal(signal.SIGSTOP)
    try:
        await eventually(lambda: cache._hears_purges_until < time.monotonic())
        await ask(cache)
        site.body = "new"

        await eventually_says(cache, "new", within=1.0)
    finally:
        redis_server.child.send_signal(signal.SIGCONT)


async def test_after_redis_came_back_everything_is_rendered_anew_and_purges_are_heard(
    processes, redis_server, tmp_path
):
    _, cache = processes[0]
    await ask(cache)
    redis_server.stop()
    await ask(cache, "/kept/while/it/was/away/")

    again = embedded.start_redis(tmp_path, durable=False)
    try:
        await eventually(lambda: len(cache._store) == 0)
        await ask(cache)
        async with connect(again) as client:
            await cdn.PageCaches(client).purge({"pages"})
        await eventually(lambda: len(cache._store) == 0)
    finally:
        again.stop()


async def eventually_says(cache: PageCache, body: str, *, within: float):
    deadline = time.monotonic() + within
    while (await ask(cache)).text != body:
        assert time.monotonic() < deadline, "The old page stayed."
        await asyncio.sleep(0.02)
