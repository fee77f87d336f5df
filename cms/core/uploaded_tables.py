"""Tables that somebody uploaded and has not confirmed yet: kept for a day, so that nothing is uploaded twice."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import clock
from cms.core.changes import AS_HANDLED
from cms.core.database import Base, Recorded
from cms.core.errors import Conflict, NotFound
from cms.core.permissions import Actor

KEPT = timedelta(days=1)
LONGEST_NAME = 200
UNDER_WAY = "This file is being imported at this moment. Look at the list in a minute."
GONE = "This file is not kept any more. Choose it once more."


class UploadedTable(Recorded, Base):
    """A file on its way into a table, and what was shown to the person who uploaded it."""

    __tablename__ = "uploaded_tables"
    audited = False
    invalidates = ()

    table_name: Mapped[str] = mapped_column(String(63))
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    uploaded_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    filename: Mapped[str] = mapped_column(String(LONGEST_NAME))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    plan: Mapped[dict[str, Any]]
    """What would change, as it was shown; at the confirmation the same must come out."""

    def __str__(self) -> str:
        return self.filename


async def keep(
    session: AsyncSession, table_name: str, *, content: bytes, filename: str, plan: dict[str, Any], by: Actor
) -> UploadedTable:
    """Keep a file for the person in place of any that they left unconfirmed before."""
    earlier = delete(UploadedTable).where(UploadedTable.person_id == by.id, UploadedTable.table_name == table_name)
    await session.execute(earlier, execution_options=AS_HANDLED)
    shown_name = filename.replace("\\", "/").rsplit("/", 1)[-1][-LONGEST_NAME:] or "table"
    kept = UploadedTable(table_name=table_name, person_id=by.id, filename=shown_name, content=content, plan=plan)
    session.add(kept)
    await session.flush()
    return kept


async def kept_for(session: AsyncSession, table_name: str, key: int, *, by: Actor, lock: bool = False) -> UploadedTable:
    """Return a file that the person uploaded for this table.

    Raises NotFound, also for those of others; with `lock`, Conflict where another request holds it.
    """
    statement = select(UploadedTable).where(
        UploadedTable.id == key,
        UploadedTable.person_id == by.id,
        UploadedTable.table_name == table_name,
        UploadedTable.uploaded_at > clock.now() - KEPT,
    )
    found = await session.scalar(statement)
    if found is None:
        raise NotFound(GONE)
    if lock and await session.scalar(statement.with_for_update(skip_locked=True)) is None:
        raise Conflict(UNDER_WAY)
    return found
