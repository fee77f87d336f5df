"""Draft and live: what may be published, when, and every state it has been saved in."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    and_,
    inspect,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from cms.core import audit, clock
from cms.core.database import Base, Recorded
from cms.core.errors import Invalid, InvalidTransition
from cms.core.permissions import Actor, Permission, require

NEVER_RESTORED = frozenset({"id", "lock_version", "created_at", "updated_at", "created_by_id", "updated_by_id"})
DECIDED = frozenset({"is_published", "first_published_at", "publish_at", "expire_at"})


class Publishable:
    """A row that is a draft until somebody decides to publish it, at once or at a moment to come."""

    publish_permission: ClassVar[Permission]
    """Who holds this may publish and take down rows of the class."""

    is_published: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default="false", index=True, sort_order=80
    )
    first_published_at: Mapped[datetime | None] = mapped_column(sort_order=81)
    publish_at: Mapped[datetime | None] = mapped_column(index=True, sort_order=82)
    expire_at: Mapped[datetime | None] = mapped_column(index=True, sort_order=83)


class Revision(Recorded, Base):
    """One saved state of a publishable row, column by column."""

    __tablename__ = "revisions"
    __table_args__ = (Index("ix_revisions_row", "table_name", "row_id"),)
    audited = False
    invalidates = ()

    table_name: Mapped[str] = mapped_column(String(63))
    row_id: Mapped[int] = mapped_column(Integer)
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    saved_by_name: Mapped[str] = mapped_column(String(150), default="")
    values: Mapped[dict[str, Any]]


Publisher = Callable[..., Awaitable[None]]
"""A decision that makes a row public: `publish(session, row, by=actor)`."""


def is_live(model: type[Publishable]) -> ColumnElement[bool]:
    """Return the condition under which the public sees a row of `model`."""
    return model.is_published.is_(True)


def publishable_models() -> list[type[Any]]:
    """Return every mapped class whose rows can be published."""
    return [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Publishable)]


async def publish(session: AsyncSession, row: Any, *, by: Actor) -> None:
    """Make the row public now.

    Raises PermissionDenied, or InvalidTransition where it is public already.
    """
    await require(session, by, row.publish_permission, row)
    if row.is_published:
        raise InvalidTransition(f"“{row}” is published already.")
    row.is_published = True
    row.first_published_at = row.first_published_at or clock.now()
    row.publish_at = None
    audit.note(session, row, action="publish")


async def unpublish(session: AsyncSession, row: Any, *, by: Actor) -> None:
    """Take the row from the public; it stays as a draft.

    Raises PermissionDenied, or InvalidTransition where it is a draft already.
    """
    await require(session, by, row.publish_permission, row)
    if not row.is_published:
        raise InvalidTransition(f"“{row}” is a draft already.")
    row.is_published = False
    row.publish_at = row.expire_at = None
    audit.note(session, row, action="unpublish")


async def schedule(
    session: AsyncSession,
    row: Any,
    *,
    publish_at: datetime | None,
    expire_at: datetime | None,
    by: Actor,
) -> None:
    """Set when the row goes live and when it is taken down again; None clears a moment.

    Raises PermissionDenied, or Invalid naming the moment that cannot be.
    """
    await require(session, by, row.publish_permission, row)
    errors: dict[str, list[str]] = {}
    if publish_at is not None and row.is_published:
        errors["publish_at"] = ["This is live already; a moment to go live means nothing."]
    if expire_at is not None and expire_at <= (publish_at or clock.now()):
        errors["expire_at"] = ["The moment to expire must lie after the moment to go live."]
    if errors:
        raise Invalid.in_fields(errors)
    row.publish_at, row.expire_at = publish_at, expire_at
    audit.note(session, row, action="schedule")


def due(model: type[Any]) -> Select[Any]:
    """Select the rows of `model` whose moment to go live or to expire has come."""
    now = clock.now()
    return select(model).where(
        or_(
            and_(model.is_published.is_(False), model.publish_at <= now),
            and_(model.is_published.is_(True), model.expire_at <= now),
        )
    )


async def act_on_moment(session: AsyncSession, row: Any, *, by: Actor, publisher: Publisher) -> None:
    """Publish the row by `publisher`, or take it down, if its moment has come."""
    now = clock.now()
    if row.is_published and row.expire_at is not None and row.expire_at <= now:
        await unpublish(session, row, by=by)
    elif not row.is_published and row.publish_at is not None and row.publish_at <= now:
        await publisher(session, row, by=by)


def snapshot(row: Any) -> dict[str, Any]:
    """Return the row's columns as JSON can hold them, without those that only decisions change."""
    mapper = cast("Mapper[Any]", inspect(type(row)))
    return {
        key: audit.as_json(getattr(row, key))
        for key, column in mapper.columns.items()
        if key not in NEVER_RESTORED | DECIDED and column.computed is None
    }


def revisions_of(row: Any) -> Select[Revision]:
    """Select the saved states of a row, newest first."""
    return (
        select(Revision)
        .where(Revision.table_name == row.__tablename__, Revision.row_id == row.id)
        .order_by(Revision.id.desc())
    )


def restore(row: Any, revision: Revision, *, session: AsyncSession) -> None:
    """Put the row back into a saved state; whether it is live does not change."""
    mapper = cast("Mapper[Any]", inspect(type(row)))
    for key, value in revision.values.items():
        if key in mapper.columns:
            setattr(row, key, _from_json(value, mapper.columns[key].type.python_type))
    audit.note(session, row, action="restore", remark=f"Revision {revision.id}")


def _from_json(value: Any, python_type: type[Any]) -> Any:
    if not isinstance(value, str):
        return value
    if issubclass(python_type, datetime):
        return datetime.fromisoformat(value)
    return python_type(value) if issubclass(python_type, StrEnum) else value
