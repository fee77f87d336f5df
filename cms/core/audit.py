"""Who did what, and when: one entry for each row written, in the transaction that writes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Protocol

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, mapped_column

from cms.core import clock
from cms.core.database import Base, Recorded

SECRET = "secret"  # noqa: S105 - the name of a mark, not a secret
"""Column mark, `info={"audit": SECRET}`: that it changed is recorded, its values never are."""

QUIET = "quiet"
"""Column mark: a change is not worth an entry, because it follows from another column or from mere use."""

HIDDEN_VALUE = "(not recorded)"
LABEL_LENGTH = 200


class AuditEntry(Recorded, Base):
    """One thing that was done to one row. Entries are never changed, and outlive both the row and the person."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_row", "table_name", "row_id", "id"),)
    audited = False
    invalidates = ()

    at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    actor_name: Mapped[str] = mapped_column(String(150), default="")
    action: Mapped[str] = mapped_column(String(40))
    table_name: Mapped[str] = mapped_column(String(63))
    row_id: Mapped[int | None] = mapped_column(Integer)
    row_label: Mapped[str] = mapped_column(String(LABEL_LENGTH), default="")
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Column name → [old value, new value]."""
    request_id: Mapped[str] = mapped_column(String(64), default="")
    remark: Mapped[str] = mapped_column(Text, default="")

    def __str__(self) -> str:
        return f"{self.action} {self.row_label}"


class Acts(Protocol):
    """Somebody, or the system itself, in whose name rows are written."""

    @property
    def id(self) -> Any: ...
    @property
    def username(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Acting:
    """In whose name, and for which request, the running code writes."""

    actor_id: int | None
    actor_name: str
    request_id: str


NOBODY = Acting(actor_id=None, actor_name="", request_id="")
_acting: ContextVar[Acting] = ContextVar("acting", default=NOBODY)


@contextmanager
def acting_as(actor: Acts | None, *, request_id: str | None = None) -> Iterator[None]:
    """Write the rows of this block in the name of `actor`."""
    acting = Acting(
        actor_id=actor.id if actor else None,
        actor_name=actor.username if actor else "",
        request_id=request_id or _acting.get().request_id,
    )
    token = _acting.set(acting)
    try:
        yield
    finally:
        _acting.reset(token)


def acting() -> Acting:
    """Return in whose name the running code writes."""
    return _acting.get()


def note(session: AsyncSession, row: Any, *, action: str, remark: str = "") -> None:
    """Give the coming entry about `row` the name of a decision instead of "update"."""
    noted: dict[Any, tuple[str, str]] = session.info.setdefault("audit_notes", {})
    noted[row] = (action, remark)


def noted(session: Session, row: Any) -> tuple[str, str] | None:
    """Return, once, what `note` said about the row."""
    notes: dict[Any, tuple[str, str]] = session.info.get("audit_notes", {})
    return notes.pop(row, None)


def remark(session: AsyncSession, row: Any, words: str) -> None:
    """Have the coming entry and the coming revision of `row` carry what the person said about the change."""
    session.info.setdefault("audit_remarks", {})[row] = words


def remark_on(session: Session, row: Any) -> str:
    """Return what `remark` said about the row in this transaction."""
    remarks: dict[Any, str] = session.info.get("audit_remarks", {})
    return remarks.get(row, "")


def record(session: AsyncSession, row: Any, *, action: str, remark: str = "") -> None:
    """Add an entry about something that changed no column, such as a sign-in."""
    label = str(row)[:LABEL_LENGTH]
    session.add(_entry(action, remark, table_name=row.__tablename__, row_id=row.id, row_label=label))


def record_of_table(session: AsyncSession, model: type[Base], *, label: str, action: str, remark: str = "") -> None:
    """Add an entry about something that was done with many rows of a table and changed none, such as an export."""
    session.add(_entry(action, remark, table_name=model.__tablename__, row_label=label[:LABEL_LENGTH]))


def _entry(action: str, remark: str, **about: Any) -> AuditEntry:
    who = acting()
    return AuditEntry(
        actor_id=who.actor_id,
        actor_name=who.actor_name,
        action=action,
        request_id=who.request_id,
        remark=remark,
        **about,
    )


def as_json(value: Any) -> Any:
    """Return a column's value as JSON can hold it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    return str(value)
