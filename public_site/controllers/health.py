"""What load balancers and people on call ask: does the process live, can it serve, and which part does not work.

`/health/live` and `/_health/` answer without looking at anything else, so that an outage of the database does not
have every process restarted. `/health/ready` answers 200 where the database does and is migrated: without Redis or
the search engine the site still serves its pages, so they are told but do not take the process out of service.
"""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import structlog
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock, schema
from cms.core.errors import CMSError, Unavailable
from cms.core.outbox import MessageStatus, OutboxMessage
from cms.core.resources import Resources
from public_site.dependencies import SLASHLESS

PATIENCE = 2.0
"""Seconds that a part may take to answer; load balancers do not wait longer themselves."""

OUTBOX_IS_LATE = timedelta(minutes=5)
GOOD = "ok"
NEWEST_MIGRATION = schema.newest()

log = structlog.get_logger(__name__)


class HealthController(Controller):
    opt = SLASHLESS

    @get("/_health")
    async def show_old_health(self) -> Response[str]:
        return Response("OK", media_type="text/plain")

    @get("/health/live")
    async def show_life(self) -> dict[str, str]:
        return {"status": GOOD}

    @get("/health/ready")
    async def show_readiness(self, resources: NamedDependency[Resources]) -> Response[dict[str, Any]]:
        async with resources.sessionmaker() as session:
            parts = {"database": await _said_by(_database(session))}
            has_database = parts["database"] == GOOD
            parts["outbox"] = await _said_by(_outbox(session)) if has_database else "unknown"
        others = await asyncio.gather(_said_by(_redis(resources)), _said_by(_search(resources)))
        parts |= dict(zip(("redis", "search"), others, strict=True))
        is_whole = all(said == GOOD for said in parts.values())
        status = "ready" if is_whole else "degraded" if has_database else "unavailable"
        body = {"status": status, "parts": parts}
        return Response(body, status_code=200 if has_database else Unavailable.status_code)


async def _said_by(check: Awaitable[str]) -> str:
    """Return what a part says of itself, a word that hides the reason from strangers where it does not answer."""
    try:
        return await asyncio.wait_for(check, PATIENCE)
    except (SQLAlchemyError, RedisError, CMSError, OSError) as error:
        log.warning("part_does_not_answer", error=repr(error))
        return "does not answer"


async def _database(session: AsyncSession) -> str:
    return GOOD if await schema.current(session) == NEWEST_MIGRATION else "is not migrated"


async def _outbox(session: AsyncSession) -> str:
    oldest = await session.scalar(
        select(func.min(OutboxMessage.not_before)).where(OutboxMessage.status != MessageStatus.FAILED)
    )
    return "is late" if oldest and clock.now() - oldest > OUTBOX_IS_LATE else GOOD


async def _redis(resources: Resources) -> str:
    await resources.redis.ping()
    return GOOD


async def _search(resources: Resources) -> str:
    return GOOD if await resources.search.is_available() else "does not answer"
