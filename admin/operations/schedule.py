"""What runs at a time of day: when it was due last and is next, whether that went well, and a lever to run it now."""

from dataclasses import dataclass
from datetime import datetime

from croniter import croniter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin.authorization import require_somewhere
from admin.operations.tabs import Done, record, show_tab
from admin.requests import resources_of
from cms.core import clock, outbox
from cms.core.errors import NotFound
from cms.core.outbox import OutboxMessage, ScheduledTask
from cms.core.permissions import Permission


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A task of the schedule; `state` is that of its latest message, "done" where none is left.

    `note` says what hinders it from outside, and so far is no failure.
    """

    task: str
    schedule: str
    last_due_at: datetime
    next_due_at: datetime
    state: str
    note: str


async def show_schedule(request: Request) -> Response:
    """Show the schedule, in the order in which its tasks come next."""
    require_somewhere(request, Permission.OPERATIONS_VIEW)
    async with resources_of(request).sessionmaker() as session:
        tasks = (await session.scalars(select(ScheduledTask))).all()
        names = [task.task for task in tasks]
        messages = select(OutboxMessage.task, OutboxMessage.status).where(OutboxMessage.task.in_(names))
        states = {name: status.value for name, status in await session.execute(messages.order_by(OutboxMessage.id))}
    found = [_scheduled(task, states.get(task.task, "done")) for task in tasks]
    return await show_tab(request, "schedule", {"schedule": sorted(found, key=lambda task: task.next_due_at)})


async def run_now(session: AsyncSession, posted: FormData) -> Done:
    """Have a task of the schedule run out of turn."""
    task = await session.get(ScheduledTask, str(posted.get("task", "")))
    if task is None:
        raise NotFound("There is no such task in the schedule.")
    outbox.enqueue(session, task.task)
    record(session, task.task, action="run now")
    return Done(f"“{task.task}” runs in a moment, and then again when it is due.", "schedule")


def _scheduled(task: ScheduledTask, state: str) -> Scheduled:
    next_due_at = croniter(task.schedule, clock.now()).get_next(datetime)
    return Scheduled(task.task, task.schedule, task.last_due_at, next_due_at, state, task.note)
