"""Whether all is well: work that waits or failed, and whether the services answer."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from admin.authorization import require_somewhere
from admin.operations.tabs import OVERVIEW, show_tab
from admin.operations.tasks import failed_tasks
from admin.requests import resources_of
from cms.core import clock
from cms.core.outbox import MessageStatus, OutboxMessage
from cms.core.permissions import Permission
from cms.core.purge_log import PurgeRecord
from cms.core.search import SearchEngine
from cms.core.search_rebuilds import SearchRebuild
from cms.users.models import UserSession

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Service:
    """Something that the program stands on, whether it answers, and what that means."""

    name: str
    is_well: bool
    words: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """How much waits for what, and since when."""

    counts: dict[MessageStatus, int]
    oldest: datetime | None


async def show_overview(request: Request) -> Response:
    """Show the state of the outbox, of the services, and what happened last."""
    require_somewhere(request, Permission.OPERATIONS_VIEW)
    async with resources_of(request).sessionmaker() as session:
        living = select(func.count()).select_from(UserSession).where(UserSession.expires_at > clock.now())
        context = {
            "outbox": await outbox_of(session),
            "failed": await failed_tasks(session, limit=SHOWN),
            "signed_in": await session.scalar(living),
            "last_purge": (await session.scalars(select(PurgeRecord).order_by(PurgeRecord.id.desc()).limit(1))).first(),
            "last_rebuild": (
                await session.scalars(select(SearchRebuild).order_by(SearchRebuild.id.desc()).limit(1))
            ).first(),
            "services": await _services(request, session),
        }
    return await show_tab(request, OVERVIEW, context)


async def outbox_of(session: AsyncSession) -> Outbox:
    """Return how many tasks are in which state; one statement for the counts and one for the age."""
    counts = dict.fromkeys(MessageStatus, 0)
    counted = select(OutboxMessage.status, func.count()).group_by(OutboxMessage.status)
    counts |= {status: count for status, count in await session.execute(counted)}  # noqa: C416 - rows are no pairs to dict()
    waiting = select(func.min(OutboxMessage.not_before)).where(
        OutboxMessage.status != MessageStatus.FAILED, OutboxMessage.not_before <= clock.now()
    )
    return Outbox(counts, await session.scalar(waiting))


async def _services(request: Request, session: AsyncSession) -> list[Service]:
    version = await session.scalar(select(func.current_setting("server_version")))
    resources = resources_of(request)
    others = await asyncio.gather(_redis(request), *(_search(engine) for engine in resources.search.engines))
    return [Service("PostgreSQL", is_well=True, words=f"Version {version}"), *others]


async def _redis(request: Request) -> Service:
    try:
        await resources_of(request).redis.ping()
    except (RedisError, OSError):
        words = "Does not answer. Work waits in the outbox and is handed over when it is back."
        return Service("Redis", is_well=False, words=words)
    return Service("Redis", is_well=True, words="Answers")


async def _search(engine: SearchEngine) -> Service:
    answers = await engine.is_available()
    words = "Answers" if answers else "Does not answer. Another engine does meanwhile, and is caught up with later."
    return Service(f"Search by {engine.name}", is_well=answers, words=words)
