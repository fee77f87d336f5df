"""From the outbox to Redis: hands over what was committed, again where it got lost, and keeps the schedule."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import asyncpg
import structlog
from croniter import croniter
from redis.exceptions import RedisError
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from cms.core import clock, locks, outbox
from cms.core.changes import AS_HANDLED
from cms.core.outbox import AT_WORK, CHANNEL, MessageStatus, OutboxMessage, ScheduledTask
from cms.core.tasks import TASKS, Task

BATCH = 500
LONGEST_WAIT = 2.0
"""Seconds between two looks at the outbox, in case a notification was missed."""

LOST_AFTER = timedelta(seconds=5)
"""A message handed over this long ago, while Redis has nothing queued and no task holds it, got lost."""

LOST_WHILE_BUSY = timedelta(minutes=2)
PAUSE_AFTER_FAILURE = 1.0
KEPT = select(ScheduledTask.task, ScheduledTask.schedule, ScheduledTask.last_due_at)
"""Asked at each look, so that nothing is written while nothing is due."""

log = structlog.get_logger(__name__)


class Queue(Protocol):
    """What the relay needs of the task queue."""

    async def hand_over(self, message_ids: Sequence[int], *, timeout: int) -> None: ...
    async def is_empty(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that one run of a task answers."""

    task: str
    message_ids: list[int]


async def relay(sessionmaker: async_sessionmaker[AsyncSession], queue: Queue, *, wake: asyncio.Event) -> None:
    """Hand over messages as they come, until cancelled; what hinders is logged and tried again."""
    while True:
        wake.clear()
        try:
            await start_due_tasks(sessionmaker)
            while await hand_over(sessionmaker, queue) == BATCH:
                pass
            pause = await _until_next(sessionmaker)
        except (DBAPIError, RedisError, OSError) as error:
            log.warning("relay waits", error=str(error).splitlines()[0] if str(error) else type(error).__name__)
            pause = PAUSE_AFTER_FAILURE
            await asyncio.sleep(pause)
            continue
        try:
            await asyncio.wait_for(wake.wait(), timeout=pause)
        except TimeoutError:
            continue


async def hand_over(sessionmaker: async_sessionmaker[AsyncSession], queue: Queue) -> int:
    """Give one batch of messages to the queue and return how many.

    They are marked before, and stay in the outbox until their task is done: whatever crashes in between,
    a message is handed over again. Raises RedisError; then the messages wait on.
    """
    is_idle = await queue.is_empty()
    async with sessionmaker.begin() as session:
        messages = await _mark(session, is_idle=is_idle)
    batches = list(_merged(messages))
    for number, batch in enumerate(batches):
        try:
            await queue.hand_over(batch.message_ids, timeout=TASKS[batch.task].timeout if batch.task in TASKS else 30)
        except (RedisError, OSError):
            await _put_back(sessionmaker, [id_ for later in batches[number:] for id_ in later.message_ids])
            raise
    return len(messages)


async def listen(database_url: str, wake: asyncio.Event) -> None:
    """Wake the relay whenever PostgreSQL says that a message was committed, until cancelled."""
    dsn = database_url.replace("postgresql+asyncpg://", "postgresql://", 1)
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=5)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            await asyncio.sleep(PAUSE_AFTER_FAILURE)
            continue
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _connection, ended=ended: ended.set())
        try:
            await connection.add_listener(CHANNEL, lambda *_arguments: wake.set())
            wake.set()
            await ended.wait()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.sleep(PAUSE_AFTER_FAILURE)
        finally:
            connection.terminate()


async def start_due_tasks(sessionmaker: async_sessionmaker[AsyncSession]) -> None:
    """Put each scheduled task whose moment has come into the outbox, once for all workers."""
    now = clock.now()
    async with sessionmaker() as session:
        kept = {row.task: (row.schedule, row.last_due_at) for row in await session.execute(KEPT)}
    for task in TASKS.values():
        if task.schedule is None:
            continue
        due_at = croniter(task.schedule, now).get_prev(datetime)
        if kept.get(task.name) == (task.schedule, due_at):
            continue
        async with sessionmaker.begin() as session:
            if await _is_first_to_start(session, task, due_at):
                outbox.enqueue(session, task.name)


async def _is_first_to_start(session: AsyncSession, task: Task, due_at: datetime) -> bool:
    """Return whether no worker has started the task at this moment yet; one never seen before starts at its next."""
    statement = (
        insert(ScheduledTask)
        .values(task=task.name, schedule=task.schedule, last_due_at=due_at)
        .on_conflict_do_update(
            index_elements=[ScheduledTask.task],
            set_={"schedule": task.schedule},
            where=ScheduledTask.schedule != task.schedule,
        )
    )
    await session.execute(statement, execution_options=AS_HANDLED)
    moved = await session.execute(
        update(ScheduledTask)
        .where(ScheduledTask.task == task.name, ScheduledTask.last_due_at < due_at)
        .values(last_due_at=due_at)
        .returning(ScheduledTask.task),
        execution_options=AS_HANDLED,
    )
    return moved.first() is not None


async def _mark(session: AsyncSession, *, is_idle: bool) -> Sequence[OutboxMessage]:
    now = clock.now()
    lost_before = now - (LOST_AFTER if is_idle else LOST_WHILE_BUSY)
    due = (
        select(OutboxMessage)
        .where(
            or_(
                and_(OutboxMessage.status == MessageStatus.WAITING, OutboxMessage.not_before <= now),
                and_(OutboxMessage.status == MessageStatus.HANDED_OVER, OutboxMessage.handed_over_at < lost_before),
            )
        )
        .order_by(OutboxMessage.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    messages = await _without_held(session, (await session.scalars(due)).all())
    for message in messages:
        message.status = MessageStatus.HANDED_OVER
        message.handed_over_at = now
    return messages


async def _without_held(session: AsyncSession, messages: Sequence[OutboxMessage]) -> list[OutboxMessage]:
    """Leave out what is not lost, but at work outside: no transaction holds that."""
    outside = [message.id for message in messages if message.task in TASKS and TASKS[message.task].waits_outside]
    held = await locks.held_ones(session, AT_WORK, outside)
    return [message for message in messages if message.id not in held]


def _merged(messages: Iterable[OutboxMessage]) -> Iterable[Batch]:
    """Yield the messages one by one, but together those whose task can answer several at once."""
    together: defaultdict[str, list[int]] = defaultdict(list)
    for message in messages:
        if message.task in TASKS and TASKS[message.task].merge:
            together[message.task].append(message.id)
        else:
            yield Batch(message.task, [message.id])
    for task, ids in together.items():
        yield Batch(task, ids)


async def _put_back(sessionmaker: async_sessionmaker[AsyncSession], ids: Sequence[int]) -> None:
    async with sessionmaker.begin() as session:
        await session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(ids), OutboxMessage.status == MessageStatus.HANDED_OVER)
            .values(status=MessageStatus.WAITING),
            execution_options=AS_HANDLED,
        )


async def _until_next(sessionmaker: async_sessionmaker[AsyncSession]) -> float:
    """Return the seconds until the next message that waits for its moment, at most LONGEST_WAIT."""
    async with sessionmaker() as session:
        moment = await session.scalar(
            select(func.min(OutboxMessage.not_before)).where(OutboxMessage.status == MessageStatus.WAITING)
        )
    if moment is None:
        return LONGEST_WAIT
    return min(max((moment - clock.now()).total_seconds(), 0.01), LONGEST_WAIT)
