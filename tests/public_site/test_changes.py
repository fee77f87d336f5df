"""Open pages of the back office are told of changes over a stream, which hinders nobody and nothing."""

import asyncio
import json
import os
import signal
from contextlib import asynccontextmanager, suppress

import pytest
from litestar import Litestar
from sqlalchemy import select

from cms.core import consequences, embedded, live
from cms.core.outbox import MessageStatus, OutboxMessage
from cms.core.running import run_messages
from cms.users.sessions import start_session
from public_site import streams
from public_site.asgi import build
from public_site.shutdown import when_asked_to_stop
from tests.factories.pages import make_page
from tests.factories.users import make_user

PATIENCE = 5


class Stream:
    """One stream as a browser reads it."""

    def __init__(self, app, token=""):
        self._app = app
        self._token = token
        self._sent = asyncio.Queue()
        self._gone = asyncio.Event()
        self.status = 0

    async def _receive(self):
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        await self._sent.put(message)

    async def __aenter__(self):
        headers = [(b"host", b"testserver"), (b"cookie", f"session={self._token}".encode())]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/_changes",
            "raw_path": b"/_changes",
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }
        self.answering = asyncio.create_task(self._app(scope, self._receive, self._send))
        await self._next()
        return self

    async def __aexit__(self, *_):
        self._gone.set()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(self.answering, PATIENCE)

    async def _next(self):
        return await asyncio.wait_for(self._sent.get(), PATIENCE)

    async def change(self):
        """Return the tables of the next event."""
        while True:
            text = (await self._next())["body"].decode()
            for line in text.splitlines():
                if line.startswith("data: "):
                    return set(json.loads(line.removeprefix("data: "))["changed"])

    async def end(self):
        """Wait until the answer ends."""
        while (await self._next()).get("more_body", True):
            pass


@asynccontextmanager
async def running(resources):
    """Give the application that ships, started as a server starts it, and its streams once they hear Redis."""
    inside = []
    made = Litestar.__init__

    def remember(self, *arguments, **options):
        made(self, *arguments, **options)
        inside.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Litestar, "__init__", remember)
        application = build(resources)
    started, ended = asyncio.Event(), asyncio.Event()

    async def run():
        """Begin and end in one task, as the lifespan of an application does; a fixture may not."""
        async with inside[0].lifespan():
            started.set()
            await ended.wait()

    lives = asyncio.create_task(run())
    await asyncio.wait_for(started.wait(), PATIENCE)
    try:
        yield application, inside[0].state.streams
    finally:
        ended.set()
        await lives


async def until(condition):
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for knows of no event
            await asyncio.sleep(0.02)


@pytest.fixture
async def own_resources(resources, redis_url):
    """Resources whose Redis client the application may close at its end."""
    from dataclasses import replace

    from redis.asyncio import Redis

    class Kept:
        """An engine that outlives the application."""

        def __getattr__(self, name):
            return getattr(resources.engine, name)

        async def dispose(self):
            pass

    return replace(resources, redis=Redis.from_url(redis_url, socket_timeout=2), engine=Kept())


@pytest.fixture
async def site(own_resources):
    async with running(own_resources) as (application, open_streams):
        await until(lambda: open_streams._backend.is_hearing)
        yield application, open_streams


@pytest.fixture
async def token(session):
    user = await make_user(session, is_staff=True)
    token = await start_session(session, user, address="127.0.0.1", user_agent="Tests")
    await session.commit()
    return token


async def test_what_the_worker_announces_reaches_the_browser(site, token, resources, session):
    async with Stream(site[0], token) as stream:
        await consequences.purge_keys(resources, session, keys=["pages", "pages/42", "/about/"])

        assert await stream.change() == {"pages"}
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "private, no-store"


async def test_a_draft_that_only_staff_sees_is_announced(site, token, session, resources):
    page = await make_page(session)
    page.is_in_review = True
    await session.commit()
    waiting = select(OutboxMessage.arguments).where(OutboxMessage.task == "announce_changes")

    async with Stream(site[0], token) as stream:
        await consequences.announce_changes(resources, session, **(await session.scalars(waiting)).one())

        assert await stream.change() == {"pages"}


def test_a_purge_of_every_page_may_mean_anything():
    assert live.tables_of(["pydotorg-app", "banners/1"]) == {live.EVERYTHING}
    assert live.tables_of(["pages", "pages/1", "/about/"]) == {"pages"}


async def test_a_task_that_finally_fails_is_announced(site, token, resources, session):
    message = OutboxMessage(task="no_such_task", arguments={}, status=MessageStatus.HANDED_OVER)
    session.add(message)
    await session.commit()

    async with Stream(site[0], token) as stream:
        await run_messages(resources, [message.id])

        assert await stream.change() == {"outbox_messages"}


@pytest.mark.parametrize("person", ["visitor", "member"])
async def test_nobody_but_the_staff_is_told(site, session, person):
    token = ""
    if person == "member":
        token = await start_session(session, await make_user(session), address="", user_agent="")
        await session.commit()

    async with Stream(site[0], token) as stream:
        assert stream.status == 403


async def test_a_person_has_so_many_streams_and_no_more(site, token):
    async with Stream(site[0], token) as first:
        others = [Stream(site[0], token) for _ in range(streams.MOST_EACH)]
        for other in others:
            await other.__aenter__()

        assert [first.status, *(other.status for other in others)] == [200] * streams.MOST_EACH + [204]
        for other in others:
            await other.__aexit__()
    await until(lambda: not site[1]._open.total())


async def test_a_browser_that_goes_leaves_no_stream_behind(site, token):
    async with Stream(site[0], token):
        await until(lambda: site[1]._open.total() == 1)

    await until(lambda: not site[1]._open.total())


async def test_a_browser_comes_back_now_and_then_to_show_who_it_is(site, token, monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT", 0.01)
    monkeypatch.setattr(streams, "LONGEST_LIFE", 0.05)

    async with Stream(site[0], token) as stream:
        await stream.end()


async def test_streams_end_as_soon_as_the_process_is_asked_to_stop(site, token):
    async with Stream(site[0], token) as stream:
        site[1].end()
        await stream.end()

    async with Stream(site[0], token) as late:
        assert late.status == 204


async def test_the_handlers_of_the_server_still_hear_the_signal():
    heard = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: heard.append(number))
    try:
        asked = asyncio.Event()
        with when_asked_to_stop(asked.set):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(asked.wait(), PATIENCE)
        assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


async def test_an_open_stream_does_not_keep_a_forgotten_session_alive(clock, site, token, session):
    from cms.users import sessions

    clock.move(hours=1)
    async with Stream(site[0], token) as stream:
        assert stream.status == 200

    found = await sessions.find(session, token)
    assert clock.now() - found.last_seen_at > sessions.TOUCH_EVERY


async def test_streams_end_when_redis_goes_and_are_there_when_it_is_back(own_resources, token, tmp_path):
    from dataclasses import replace

    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    server = embedded.start_redis(tmp_path, durable=False)
    client = Redis.from_url(server.url, socket_timeout=2, retry=Retry(NoBackoff(), 0))
    async with running(replace(own_resources, redis=client)) as (application, open_streams):
        await until(lambda: open_streams._backend.is_hearing)
        async with Stream(application, token) as stream:
            server.stop()
            await stream.end()

        async with Stream(application, token) as refused:
            assert refused.status == 204
        server = embedded.start_redis(tmp_path, durable=False)
        await until(lambda: open_streams._backend.is_hearing)
        async with Stream(application, token) as again:
            await live.announce(client, {"releases"})
            assert await again.change() == {"releases"}
    server.stop()


async def test_without_redis_nothing_fails(caplog):
    from redis.asyncio import Redis

    away = Redis(port=9)

    await live.announce(away, {"pages"})
