"""The tasks that wait, run or failed: what they were given, and the levers to try again and to give up."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin.authorization import require_somewhere
from admin.choosing import keys_of
from admin.operations.tabs import PAGE, Done, record, show_tab, url_of
from admin.requests import number_in, resources_of
from cms.core import audit, clock, outbox
from cms.core.changes import AS_HANDLED
from cms.core.errors import NotFound
from cms.core.outbox import MessageStatus, OutboxMessage
from cms.core.permissions import Permission
from cms.core.redaction import shown, without_secrets

LONGEST_ARGUMENTS = 1000


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task of the outbox as people may see it: without the secrets it was given."""

    message: OutboxMessage
    arguments: str
    error: str


async def show_tasks(request: Request) -> Response:
    """Show the tasks in one state, the newest first."""
    require_somewhere(request, Permission.OPERATIONS_VIEW)
    asked = request.query_params.get("state", "")
    state = MessageStatus(asked) if asked in set(MessageStatus) else MessageStatus.FAILED
    before = number_in(request, "before")
    statement = _in_state(state).limit(PAGE + 1)
    if before is not None:
        statement = statement.where(OutboxMessage.id < before)
    async with resources_of(request).sessionmaker() as session:
        counted = select(OutboxMessage.status, func.count()).group_by(OutboxMessage.status)
        counts = {status: count for status, count in await session.execute(counted)}  # noqa: C416 - rows are no pairs to dict()
        found = [_shown(message) for message in await session.scalars(statement)]
    context = {
        "state": state,
        "states": [(known, counts.get(known, 0), url_of("tasks", state=known.value)) for known in MessageStatus],
        "tasks": found[:PAGE],
        "older_url": url_of("tasks", state=state.value, before=found[PAGE - 1].message.id) if len(found) > PAGE else "",
    }
    return await show_tab(request, "tasks", context)


async def failed_tasks(session: AsyncSession, *, limit: int) -> list[ShownTask]:
    """Return what finally failed, the newest first."""
    messages = await session.scalars(_in_state(MessageStatus.FAILED).limit(limit))
    return [_shown(message) for message in messages]


async def run_again(session: AsyncSession, posted: FormData) -> Done:
    """Put failed tasks back into the queue: those that were chosen, or all."""
    if posted.get("all"):
        return await _run_all_again(session)
    messages = await _chosen(session, posted, MessageStatus.FAILED)
    for message in messages:
        outbox.run_again(message)
        audit.record(session, message, action="run again", remark=message.task)
    return Done(f"{_tasks(len(messages))} will run again in a moment.", "tasks")


async def give_up(session: AsyncSession, posted: FormData) -> Done:
    """Forget tasks that failed or wait; what they would have done is not done."""
    messages = await _chosen(session, posted, MessageStatus.FAILED, MessageStatus.WAITING)
    for message in messages:
        audit.record(session, message, action="give up", remark=_shown(message).arguments)
        await session.delete(message)
    return Done(f"{_tasks(len(messages))} will never run. The history keeps what was given up.", "tasks")


async def _run_all_again(session: AsyncSession) -> Done:
    statement = (
        update(OutboxMessage)
        .where(OutboxMessage.status == MessageStatus.FAILED)
        .values(status=MessageStatus.WAITING, attempts=0, not_before=clock.now())
        .returning(OutboxMessage.id)
    )
    count = len((await session.scalars(statement, execution_options=AS_HANDLED)).all())
    if not count:
        raise NotFound("No task has failed.")
    record(session, "All failed tasks", action="run again", remark=_tasks(count))
    return Done(f"{_tasks(count)} will run again in a moment.", "tasks")


async def _chosen(session: AsyncSession, posted: FormData, *states: MessageStatus) -> list[OutboxMessage]:
    keys = keys_of(posted.getlist("pks"))
    statement = select(OutboxMessage).where(OutboxMessage.id.in_(keys), OutboxMessage.status.in_(states))
    messages = (await session.scalars(statement.with_for_update(skip_locked=True))).all()
    if not messages:
        raise NotFound("None of the chosen tasks is there any more; perhaps it has run meanwhile.")
    return list(messages)


def _in_state(state: MessageStatus) -> Any:
    return select(OutboxMessage).where(OutboxMessage.status == state).order_by(OutboxMessage.id.desc())


def _shown(message: OutboxMessage) -> ShownTask:
    arguments = json.dumps(shown("", message.arguments), ensure_ascii=False)
    if len(arguments) > LONGEST_ARGUMENTS:
        arguments = f"{arguments[:LONGEST_ARGUMENTS]}… ({len(arguments):,} characters)"
    return ShownTask(message, arguments, without_secrets(message.error))


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count:,} tasks"
