"""The search built anew with everybody watching: each rebuild is a row that says how far it has come."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, String, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import clock, live
from cms.core.database import Base, Recorded
from cms.core.errors import CMSError
from cms.core.redaction import without_secrets
from cms.core.resources import Resources
from cms.core.search import indexes, reindex, source_of

KEPT = timedelta(days=90)
SILENT_AFTER = timedelta(minutes=12)
"""A rebuild that has said nothing for longer than its task may take has been killed."""


class SearchRebuild(Recorded, Base):
    """One rebuild, of all indexes or of some."""

    __tablename__ = "search_rebuilds"
    audited = False
    invalidates = ()

    started_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    heard_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    current_index: Mapped[str] = mapped_column(String(40), default="")
    total: Mapped[int] = mapped_column(Integer)
    """How many documents there will be, as far as the rows told at the start."""

    documents: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How many documents of each index are done."""

    error: Mapped[str] = mapped_column(Text, default="")

    @property
    def done(self) -> int:
        return sum(self.documents.values())

    @property
    def is_running(self) -> bool:
        return self.ended_at is None and clock.now() - self.heard_at < SILENT_AFTER

    def __str__(self) -> str:
        return f"rebuild {self.id} of the search"


async def rebuild(resources: Resources, names: Collection[str] | None = None) -> dict[str, int]:
    """Build the search anew, write down how far that has come, and return how many documents there are of each index.

    Raises what `search.reindex` raises.
    """
    chosen = [source_of(name).index for name in names or indexes()]
    rebuild_id = await _begin(resources, chosen)

    async def tell(index: str, done: int) -> None:
        await _write(resources, rebuild_id, current_index=index, documents={index: done})

    try:
        counts = await reindex(resources, names, tell)
    except CMSError as error:
        await _write(resources, rebuild_id, ended_at=clock.now(), error=without_secrets(error.message))
        raise
    await _write(resources, rebuild_id, ended_at=clock.now(), documents=counts)
    return counts


async def _begin(resources: Resources, names: Collection[str]) -> int:
    async with resources.sessionmaker.begin() as session:
        total = 0
        for name in names:
            rows = source_of(name).rows().with_only_columns(source_of(name).key).order_by(None).subquery()
            total += await session.scalar(select(func.count()).select_from(rows)) or 0
        row = SearchRebuild(total=total)
        session.add(row)
        await session.flush()
        number = row.id
    await live.announce(resources.redis, {SearchRebuild.__tablename__})
    return number


async def _write(
    resources: Resources, rebuild_id: int, *, documents: dict[str, int] | None = None, **values: Any
) -> None:
    async with resources.sessionmaker.begin() as session:
        row = await session.get_one(SearchRebuild, rebuild_id)
        row.heard_at = clock.now()
        row.documents = {**row.documents, **(documents or {})}
        for name, value in values.items():
            setattr(row, name, value)
    await live.announce(resources.redis, {SearchRebuild.__tablename__})
