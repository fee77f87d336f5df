"""Open pages of the back office hear at once that something changed: Litestar's Channels over Redis, one way.

Nothing depends on it. A stream says which tables have changed, and the page asks for what it shows of them; while
Redis is away the streams end, and pages look again by themselves each minute.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from litestar import Litestar
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.redis import RedisChannelsPubSubBackend
from litestar.response.sse import ServerSentEventMessage
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from cms.core.live import CHANNEL, EVERYTHING, message_about
from public_site.shutdown import when_asked_to_stop

LONGEST_LIFE = 300.0
"""Seconds after which a browser has to come back and show who it is: a session may have ended meanwhile."""

HEARTBEAT = 15.0
"""Seconds of silence after which proxies and browsers are told that the stream is alive."""

RETRY = 3000
"""Milliseconds after which a browser connects again."""

MOST_EACH = 6
"""Streams of one person to one process: as many as a browser opens to a host at all."""

MOST = 200
"""Streams of one process, so that they never take the place of people who read pages."""

PING_EVERY = 1.0
RECONNECT_AFTER = 0.5
DEAF = b""
"""What streams are told when changes cannot be heard any more."""

log = structlog.get_logger(__name__)


class PatientPubSub(RedisChannelsPubSubBackend):
    """Redis as Channels hear it, but connected again whenever it has to be; Litestar's own gives up for good."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis=redis)
        self.is_hearing = False

    async def subscribe(self, channels: Iterable[str]) -> None:
        """Do nothing: there is one channel, and it is listened to as long as the process runs."""

    async def unsubscribe(self, channels: Iterable[str]) -> None:
        """Do nothing, for the same reason."""

    async def on_shutdown(self) -> None:
        """Do nothing: the connection is closed where it is opened, and the client belongs to the process."""

    async def stream_events(self) -> AsyncGenerator[tuple[str, Any], None]:
        """Yield what is said on the channel, for ever, and DEAF whenever nothing can be heard."""
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    async for said in self._heard(channel):
                        yield CHANNEL, said
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("changes_are_not_heard", error=repr(error))
            self.is_hearing = False
            yield CHANNEL, DEAF
            await asyncio.sleep(RECONNECT_AFTER)

    async def _heard(self, channel: PubSub) -> AsyncIterator[bytes]:
        """Yield what is said; what was said before Redis confirmed the subscription may have been anything."""
        while True:
            message = await channel.get_message(timeout=PING_EVERY)
            if message is None:
                await channel.ping()
            elif message["type"] == "subscribe":
                self.is_hearing = True
                yield message_about({EVERYTHING})
            elif message["type"] == "message":
                yield message["data"]


class Streams:
    """The streams that are open to this process."""

    def __init__(self, redis: Redis) -> None:
        self._backend = PatientPubSub(redis)
        self.plugin = ChannelsPlugin(self._backend, channels=[CHANNEL])
        self._open: Counter[int] = Counter()
        self._ending = asyncio.Event()

    @asynccontextmanager
    async def running(self, _app: Litestar) -> AsyncIterator[None]:
        """End every stream as soon as the process is asked to stop."""
        with when_asked_to_stop(self.end):
            yield

    def end(self) -> None:
        """End every stream; the browsers come back to another process."""
        self._ending.set()

    def has_room(self, person_id: int) -> bool:
        """Return whether one more stream would do any good: not without Redis, at the end, or where there are many."""
        is_useful = self._backend.is_hearing and not self._ending.is_set()
        return is_useful and self._open[person_id] < MOST_EACH and self._open.total() < MOST

    async def changes(self, person_id: int) -> AsyncGenerator[ServerSentEventMessage, None]:
        """Yield an event for each change, until the browser goes, the process stops or Redis is away."""
        self._open[person_id] += 1
        try:
            async with self.plugin.start_subscription(CHANNEL) as subscriber:
                yield ServerSentEventMessage(data=None, comment="Open.", retry=RETRY)
                async for said in self._until_the_end(subscriber.iter_events()):
                    yield ServerSentEventMessage(event="change", data=said.decode()) if said else _ALIVE
        finally:
            self._open[person_id] -= 1

    async def _until_the_end(self, events: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
        """Yield what is said, and nothing, which is b"", after each long silence."""
        loop = asyncio.get_running_loop()
        closing_at = loop.time() + LONGEST_LIFE
        ending = asyncio.create_task(self._ending.wait())
        coming = asyncio.ensure_future(anext(events, DEAF))
        try:
            while loop.time() < closing_at:
                done, _ = await asyncio.wait({ending, coming}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
                if ending in done or (coming in done and coming.result() == DEAF):
                    return
                if coming in done:
                    yield coming.result()
                    coming = asyncio.ensure_future(anext(events, DEAF))
                else:
                    yield b""
        finally:
            ending.cancel()
            coming.cancel()


_ALIVE = ServerSentEventMessage(data=None, comment="Still here.")
