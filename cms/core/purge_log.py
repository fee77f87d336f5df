"""What was purged where, and what was answered: for the day when somebody says that the page is still the old one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Integer, String, Text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import clock
from cms.core.cdn import Purge
from cms.core.database import Base, Recorded

KEPT = timedelta(days=14)
MOST_KEYS = 256
"""Keys of one purge that are kept; as many as Fastly takes at once."""

log = structlog.get_logger(__name__)


class PurgeRecord(Recorded, Base):
    """One request to forget pages, to one of those who keep copies."""

    __tablename__ = "purges"
    audited = False
    invalidates = ()

    at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    cache: Mapped[str] = mapped_column(String(40))
    keys: Mapped[list[str]]
    key_count: Mapped[int] = mapped_column(Integer)
    status: Mapped[int | None] = mapped_column(Integer)
    """The HTTP status of the answer; none where there was no answer, or no HTTP."""

    answer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What Fastly calls each purge, by surrogate key; how many processes heard it, of the page caches."""

    milliseconds: Mapped[int] = mapped_column(Integer)
    error: Mapped[str] = mapped_column(Text, default="")

    def __str__(self) -> str:
        return f"purge {self.id} of {self.cache}"


@dataclass(frozen=True, slots=True)
class PurgeLog:
    """Writes down each purge, in a transaction of its own: one that failed belongs there above all."""

    sessionmaker: async_sessionmaker[AsyncSession]

    async def __call__(self, purge: Purge) -> None:
        try:
            async with self.sessionmaker.begin() as session:
                session.add(_record_of(purge))
        except (SQLAlchemyError, OSError) as failure:
            log.warning("purge_not_written_down", cache=purge.cache, error=repr(failure))


def _record_of(purge: Purge) -> PurgeRecord:
    return PurgeRecord(
        cache=purge.cache,
        keys=list(purge.keys[:MOST_KEYS]),
        key_count=len(purge.keys),
        status=purge.status,
        answer=dict(purge.answer),
        milliseconds=round(purge.milliseconds),
        error=purge.error,
    )
