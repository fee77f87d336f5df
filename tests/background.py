"""What the worker does, done here and now."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.changes import AS_HANDLED
from cms.core.outbox import MessageStatus, OutboxMessage
from cms.core.resources import Resources
from cms.core.running import run_messages


async def run_waiting(resources: Resources, session: AsyncSession, *, task: str) -> int:
    """Run what waits in the outbox for the task, one message at a time, and return how many there were."""
    ids = list(await session.scalars(select(OutboxMessage.id).where(OutboxMessage.task == task)))
    await session.execute(
        update(OutboxMessage).where(OutboxMessage.id.in_(ids)).values(status=MessageStatus.HANDED_OVER),
        execution_options=AS_HANDLED,
    )
    await session.commit()
    for message_id in ids:
        await run_messages(resources, [message_id])
    session.expire_all()
    return len(ids)
