"""Runs the task of messages that were handed over: once each, with limits and a second chance.

A task runs in one transaction with the end of its messages, or, where it waits for servers outside, under a lock and
ends its message in the transaction in which it writes.
"""

import asyncio
from collections.abc import Sequence

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock, live, locks
from cms.core.audit import acting_as
from cms.core.changes import AS_HANDLED
from cms.core.outbox import AT_WORK, MessageStatus, OutboxMessage
from cms.core.permissions import SYSTEM
from cms.core.resources import Resources
from cms.core.tasks import TASKS, Arguments, Task

LONGEST_ERROR = 2000

log = structlog.get_logger(__name__)


async def run_messages(resources: Resources, message_ids: Sequence[int]) -> None:
    """Run the task that the messages ask for, and delete them in the task's own transaction.

    Messages that another run holds, or that are done, are left alone. A task that fails is tried again later;
    one that fails for good is kept as failed. Nothing is raised for a failing task.
    """
    name = await _begin(resources, message_ids)
    if name is None:
        return
    try:
        run = _run_outside if TASKS[name].waits_outside else _run
        await run(resources, TASKS[name], message_ids)
    except Exception as error:  # noqa: BLE001 - a task may fail with anything; the outbox keeps it and what it said.
        log.warning("task failed", task=name, messages=list(message_ids), error=repr(error))
        await _put_off(resources, name, message_ids, error)


async def _begin(resources: Resources, message_ids: Sequence[int]) -> str | None:
    """Count the attempt, in a transaction of its own so that it counts even if this process is killed."""
    async with resources.sessionmaker.begin() as session:
        free = (
            select(OutboxMessage.id)
            .where(OutboxMessage.id.in_(message_ids), OutboxMessage.status == MessageStatus.HANDED_OVER)
            .with_for_update(skip_locked=True)
        )
        counted = await session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(free.scalar_subquery()))
            .values(attempts=OutboxMessage.attempts + 1)
            .returning(OutboxMessage.task, OutboxMessage.attempts),
            execution_options={**AS_HANDLED, "synchronize_session": False},
        )
        rows = counted.all()
    if not rows:
        return None
    name, attempts = rows[0].task, max(row.attempts for row in rows)
    if name not in TASKS:
        await _give_up(resources, message_ids, f"There is no task named {name}.")
        return None
    if attempts > TASKS[name].attempts:
        await _give_up(resources, message_ids, f"Given up after {attempts - 1} attempts that never came to an end.")
        return None
    return str(name)


async def _run(resources: Resources, task: Task, message_ids: Sequence[int]) -> None:
    async with resources.sessionmaker.begin() as session:
        messages = (
            await session.scalars(
                select(OutboxMessage)
                .where(OutboxMessage.id.in_(message_ids), OutboxMessage.status == MessageStatus.HANDED_OVER)
                .order_by(OutboxMessage.id)
                .with_for_update(skip_locked=True)
            )
        ).all()
        if not messages:
            return
        with acting_as(SYSTEM, request_id=messages[0].request_id):
            async with asyncio.timeout(task.timeout):
                await task.function(resources, session, **_arguments(task, messages))
            await session.flush()
        await _delete(session, messages)


async def _run_outside(resources: Resources, task: Task, message_ids: Sequence[int]) -> None:
    async with (
        locks.one_of(resources.engine, AT_WORK, message_ids) as mine,
        resources.sessionmaker() as session,
    ):
        waiting = OutboxMessage.id.in_(message_ids), OutboxMessage.status == MessageStatus.HANDED_OVER
        message = await session.scalar(select(OutboxMessage).where(*waiting)) if mine is not None else None
        if message is None:
            return
        with acting_as(SYSTEM, request_id=message.request_id):
            async with asyncio.timeout(task.timeout):
                await task.function(resources, session, **message.arguments)
            await session.flush()
            await _delete(session, [message])
            await session.commit()


async def _delete(session: AsyncSession, messages: Sequence[OutboxMessage]) -> None:
    await session.execute(
        delete(OutboxMessage).where(OutboxMessage.id.in_([message.id for message in messages])),
        execution_options={**AS_HANDLED, "synchronize_session": False},
    )


def _arguments(task: Task, messages: Sequence[OutboxMessage]) -> Arguments:
    if task.merge:
        return task.merge([message.arguments for message in messages])
    return messages[0].arguments


async def _put_off(resources: Resources, name: str, message_ids: Sequence[int], error: Exception) -> None:
    task = TASKS[name]
    async with resources.sessionmaker.begin() as session:
        messages = (await session.scalars(select(OutboxMessage).where(OutboxMessage.id.in_(message_ids)))).all()
        for message in messages:
            message.error = (f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)[:LONGEST_ERROR]
            if message.attempts >= task.attempts:
                message.status = MessageStatus.FAILED
            else:
                message.status = MessageStatus.WAITING
                message.not_before = clock.now() + task.pause_after(message.attempts)
    if any(message.status == MessageStatus.FAILED for message in messages):
        await live.announce(resources.redis, {OutboxMessage.__tablename__})


async def _give_up(resources: Resources, message_ids: Sequence[int], reason: str) -> None:
    async with resources.sessionmaker.begin() as session:
        for message in await session.scalars(select(OutboxMessage).where(OutboxMessage.id.in_(message_ids))):
            message.status = MessageStatus.FAILED
            message.error = reason
    await live.announce(resources.redis, {OutboxMessage.__tablename__})
