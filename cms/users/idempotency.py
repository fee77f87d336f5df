"""Answers that are kept for a day, so that a program may repeat a request without having it carried out twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, SmallInteger, String, UniqueConstraint, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import clock
from cms.core.changes import AS_HANDLED
from cms.core.database import Base, Recorded
from cms.core.errors import Conflict, Invalid
from cms.core.permissions import Actor

KEPT_FOR = timedelta(days=1)
LONGEST_KEY = 255
LOCK_NOT_AVAILABLE = "55P03"
OTHER_REQUEST = "This idempotency key has been used for another request; take a new one."
STILL_RUNNING = "The first request with this idempotency key is still being carried out. Ask again in a few seconds."


class KeptAnswer(Recorded, Base):
    """What was answered to the request for which a person chose this key."""

    __tablename__ = "kept_answers"
    __table_args__ = (UniqueConstraint("user_id", "key"),)
    audited = False
    invalidates = ()

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(SmallInteger, default=0)
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    created_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program is told."""

    status: int
    headers: dict[str, str]
    body: bytes


async def begin(session: AsyncSession, person: Actor, key: str, *, request_hash: str) -> Answer | None:
    """Reserve the key for the running request, or return what was answered to it before.

    The reservation belongs to the transaction: a request that fails leaves none, and one that comes meanwhile waits.
    Raises Invalid where the key was used for another request, and Conflict where the first one takes too long.
    """
    is_expired = KeptAnswer.created_at <= clock.now() - KEPT_FOR
    mine = (KeptAnswer.user_id == person.id, KeptAnswer.key == key)
    reserve = insert(KeptAnswer).values(
        user_id=person.id, key=key, request_hash=request_hash, status=0, headers={}, body=b"", created_at=clock.now()
    )
    try:
        await session.execute(delete(KeptAnswer).where(*mine, is_expired), execution_options=AS_HANDLED)
        reserved = await session.scalar(
            reserve.on_conflict_do_nothing().returning(KeptAnswer.id), execution_options=AS_HANDLED
        )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise Conflict(STILL_RUNNING) from error
        raise
    if reserved is not None:
        return None
    kept = (await session.scalars(select(KeptAnswer).where(*mine))).one()
    if kept.request_hash != request_hash:
        raise Invalid(OTHER_REQUEST)
    return Answer(kept.status, kept.headers, kept.body)


async def keep(session: AsyncSession, person: Actor, key: str, answer: Answer) -> None:
    """Keep what the request was answered for which the key was reserved."""
    await session.execute(
        update(KeptAnswer)
        .where(KeptAnswer.user_id == person.id, KeptAnswer.key == key)
        .values(status=answer.status, headers=answer.headers, body=answer.body),
        execution_options=AS_HANDLED,
    )


async def forget_old(session: AsyncSession) -> None:
    """Forget the answers that are older than a day."""
    await session.execute(
        delete(KeptAnswer).where(KeptAnswer.created_at <= clock.now() - KEPT_FOR), execution_options=AS_HANDLED
    )
