"""For whoever keeps the system running: work that waits or failed, and the few levers there are."""

from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin.authorization import require_somewhere
from admin.deciding import keys_of
from admin.forms import read_form
from admin.rendering import go_to, render
from admin.requests import resources_of
from admin.urls import url_to
from cms.core import audit, clock, outbox
from cms.core.cdn import ALL_PAGES
from cms.core.errors import Invalid, NotFound
from cms.core.outbox import MessageStatus, OutboxMessage, ScheduledTask
from cms.core.permissions import Permission, allows
from cms.users.models import UserSession

MOST_SHOWN = 100
LONGEST_KEYS = 20


async def show_operations(request: Request) -> Response:
    """Show the state of the outbox, the failed tasks, the schedule and the services."""
    user = require_somewhere(request, Permission.OPERATIONS_VIEW)
    async with resources_of(request).sessionmaker() as session:
        counts = dict.fromkeys(MessageStatus, 0)
        counted = select(OutboxMessage.status, func.count()).group_by(OutboxMessage.status)
        for status, count in await session.execute(counted):
            counts[status] = count
        oldest = await session.scalar(
            select(func.min(OutboxMessage.created_at)).where(OutboxMessage.status != MessageStatus.FAILED)
        )
        context = {
            "title": "Operations",
            "counts": counts,
            "oldest": oldest,
            "failed": await failed_messages(session, limit=MOST_SHOWN),
            "schedule": await _schedule(session),
            "signed_in": await session.scalar(
                select(func.count()).select_from(UserSession).where(UserSession.expires_at > clock.now())
            ),
            "services": await _services(request, session),
            "may_run": allows(user, Permission.OPERATIONS_RUN),
        }
    return await render(request, "operations.html", context)


async def failed_messages(session: AsyncSession, *, limit: int) -> list[OutboxMessage]:
    """Return what finally failed, the newest first."""
    statement = select(OutboxMessage).where(OutboxMessage.status == MessageStatus.FAILED)
    return list((await session.scalars(statement.order_by(OutboxMessage.id.desc()).limit(limit))).all())


async def operate(request: Request) -> Response:
    """Pull a lever; each is recorded in the history."""
    require_somewhere(request, Permission.OPERATIONS_RUN)
    lever = {"run-again": _run_again, "purge": _purge, "purge-all": _purge_all, "reindex": _reindex}.get(
        request.path_params["operation"]
    )
    if lever is None:
        raise NotFound("There is no such operation.")
    posted = await read_form(request)
    async with resources_of(request).sessionmaker() as session:
        told = await lever(session, posted)
        await session.commit()
    return go_to(request, url_to("operations"), saying=told)


async def _run_again(session: AsyncSession, posted: Any) -> str:
    keys = keys_of(posted.getlist("pks"))
    statement = select(OutboxMessage).where(OutboxMessage.id.in_(keys), OutboxMessage.status == MessageStatus.FAILED)
    messages = (await session.scalars(statement.with_for_update(skip_locked=True))).all()
    if not messages:
        raise NotFound("None of the chosen tasks waits to be run again.")
    for message in messages:
        outbox.run_again(message)
        audit.record(session, message, action="run again", remark=message.task)
    return f"{len(messages)} task{'' if len(messages) == 1 else 's'} will run again in a moment."


async def _purge(session: AsyncSession, posted: Any) -> str:
    keys = str(posted.get("keys", "")).replace(",", " ").split()
    if not keys or len(keys) > LONGEST_KEYS:
        raise Invalid(f"Write between one and {LONGEST_KEYS} keys, such as “releases” or “pages/42”.")
    outbox.enqueue(session, "purge_keys", keys=sorted(set(keys)))
    return f"Every cache will forget what carries {', '.join(keys)} in a moment."


async def _purge_all(session: AsyncSession, _posted: Any) -> str:
    outbox.enqueue(session, "purge_keys", keys=[ALL_PAGES])
    return "Every cache will forget every page in a moment."


async def _reindex(session: AsyncSession, _posted: Any) -> str:
    outbox.enqueue(session, "rebuild_search")
    return "The search is being built anew beside the old index; it is swapped when complete."


async def _schedule(session: AsyncSession) -> list[tuple[str, str, Any]]:
    tasks = await session.scalars(select(ScheduledTask).order_by(ScheduledTask.task))
    return [(task.task, task.schedule, task.last_due_at) for task in tasks]


async def _services(request: Request, session: AsyncSession) -> list[tuple[str, bool, str]]:
    """Return for each service its name, whether it answers, and what it says."""
    version = await session.scalar(select(func.current_setting("server_version")))
    return [("PostgreSQL", True, f"Version {version}"), ("Redis", *await _redis(request)), *await _searches(request)]


async def _redis(request: Request) -> tuple[bool, str]:
    try:
        await resources_of(request).redis.ping()
    except (RedisError, OSError):
        return False, "Does not answer. Work waits in the outbox and is handed over when it is back."
    return True, "Answers"


async def _searches(request: Request) -> list[tuple[str, bool, str]]:
    """Return the state of each engine that holds search documents."""
    found = []
    for engine in resources_of(request).search.engines:
        answers = await engine.is_available()
        words = "Answers" if answers else "Does not answer. Another engine does meanwhile, and is caught up with later."
        found.append((f"Search by {engine.name}", answers, words))
    return found


routes = [
    Route("/operations", show_operations),
    Route("/operations/{operation}", operate, methods=["POST"]),
]
