"""The worker: the relay, the tasks and the schedule of every domain on one page."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from saq import Job, Worker
from saq.queue.redis import RedisQueue
from saq.types import Context

import cms.bulk_tasks
import cms.core.consequences
import cms.core.records
import cms.downloads.search
import cms.downloads.tasks
import cms.downloads.uploads.tasks
import cms.downloads.verification.tasks
import cms.links.tasks
import cms.media.tasks
import cms.missed_paths.tasks
import cms.pages.search
import cms.publishing_tasks
import cms.redirects.tasks
import cms.review_tasks
import cms.users.tasks
from cms.core import relay
from cms.core.resources import Resources
from cms.core.running import run_messages
from cms.core.settings import Settings
from cms.core.tasks import TASKS

QUEUE_NAME = "cms"
CONCURRENCY = 6
"""Below the number of database connections, because a task may need a second one, and who fetches a file a third."""

GRACE = 10
"""Seconds that running tasks have to end once the worker is told to stop."""

LONGEST_BLOCK = 2.0
"""Seconds that one question for the next job stays open, and so how long an idle worker takes to end."""

PAUSE_WITHOUT_REDIS = 1.0

MARGIN = 15
"""Seconds beyond a task's own limit after which the queue gives its run up."""

TASKS_OF = (
    cms.bulk_tasks,
    cms.core.consequences,
    cms.core.records,
    cms.downloads.tasks,
    cms.downloads.verification.tasks,
    cms.downloads.uploads.tasks,
    cms.links.tasks,
    cms.media.tasks,
    cms.missed_paths.tasks,
    cms.publishing_tasks,
    cms.redirects.tasks,
    cms.review_tasks,
    cms.users.tasks,
)
DOCUMENTS_OF = (cms.downloads.search, cms.pages.search)
"""Importing these modules registers their tasks, and the search documents that the tasks make."""

log = structlog.get_logger(__name__)


class PatientQueue(RedisQueue):
    """A queue whose workers wait a moment when Redis is away; SAQ's own would ask again at once, for ever."""

    async def dequeue(self, timeout: float = 0.0, poll_interval: float = 0.0) -> Job | None:
        """Return the next job, or None after `timeout` seconds without one."""
        try:
            return await super().dequeue(timeout, poll_interval)
        except (RedisError, OSError) as error:
            log.warning("no jobs while Redis is away", error=str(error))
            await asyncio.sleep(PAUSE_WITHOUT_REDIS)
            return None


class PromptWorker(Worker[Context]):
    """A worker that ends as soon as its tasks have; SAQ's own waits for its upkeep, which sleeps for a minute."""

    async def upkeep(self) -> list[asyncio.Task[None]]:
        self._upkeep = await super().upkeep()
        return self._upkeep

    async def stop(self) -> None:
        self.event.set()
        for task in self._upkeep:
            task.cancel()
        await super().stop()


class SaqQueue:
    """The queue as the relay sees it."""

    def __init__(self, queue: RedisQueue) -> None:
        self._queue = queue

    async def hand_over(self, message_ids: Sequence[int], *, timeout: int) -> None:
        """Enqueue one run; SAQ does not retry it, because the outbox does."""
        await self._queue.enqueue(
            "run", message_ids=list(message_ids), timeout=timeout + MARGIN, retries=1, ttl=60, heartbeat=0
        )

    async def is_empty(self) -> bool:
        return await self._queue.count("queued") == 0


async def run(context: Context, *_: Any, message_ids: list[int]) -> None:
    """Run one task; the function that SAQ calls."""
    await run_messages(cast("dict[str, Any]", context)["resources"], message_ids)


async def work(settings: Settings) -> None:
    """Run the worker until SIGTERM or SIGINT; what it cannot finish in time is run again by the next one."""
    resources = Resources.from_settings(settings)
    connections = Redis.from_url(settings.redis_url or "", socket_connect_timeout=2, socket_timeout=3 * LONGEST_BLOCK)
    queue = PatientQueue(connections, name=QUEUE_NAME)
    stop, wake = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    log.info("worker starts", tasks=sorted(TASKS))
    duties = [
        asyncio.create_task(relay.relay(resources.sessionmaker, SaqQueue(queue), wake=wake)),
        asyncio.create_task(relay.listen(settings.database_url or "", wake)),
        asyncio.create_task(_take_jobs(queue, resources)),
    ]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([*duties, stopping], return_when=asyncio.FIRST_COMPLETED)
    for duty in (*duties, stopping):
        duty.cancel()
    outcomes = await asyncio.gather(*duties, return_exceptions=True)
    await queue.disconnect()
    await resources.aclose()
    log.info("worker stopped")
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


async def _take_jobs(queue: RedisQueue, resources: Resources) -> None:
    """Take jobs from Redis until cancelled; then those that run have GRACE seconds to end."""

    async def begin(context: Context) -> None:
        cast("dict[str, Any]", context)["resources"] = resources

    worker = PromptWorker(
        queue,
        functions=[run],
        concurrency=CONCURRENCY,
        startup=begin,
        dequeue_timeout=LONGEST_BLOCK,
        shutdown_grace_period_s=GRACE,
        timers={"schedule": 60, "worker_info": 30, "sweep": 60, "abort": 5},
    )
    worker.SIGNALS = []  # `work` has them already.
    await worker.start()


def main(settings: Settings) -> None:
    """Run the worker in this process."""
    asyncio.run(work(settings))
