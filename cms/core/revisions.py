"""Revisions: every state in which a publishable row was saved, with its children, and the way back to each.

A revision is written when a transaction is committed in which the row, or a child that belongs to it, was written;
a draft beside a live row is a revision that has not been put onto the row yet.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, cast

from sqlalchemy import Boolean, ColumnElement, ForeignKey, Index, Integer, Select, String, Text, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Mapper, RelationshipProperty, Session, mapped_column, with_parent
from sqlalchemy.orm.attributes import set_committed_value

from cms.core import audit, clock
from cms.core.database import Base, Recorded

Values = Mapping[str, Any]

NEVER_RESTORED = frozenset({"id", "lock_version", "created_at", "updated_at", "created_by_id", "updated_by_id"})
DECIDED = frozenset({"is_published", "first_published_at", "publish_at", "expire_at", "draft_id", "is_in_review"})
"""Columns that only decisions change, so that a revision does not hold them."""

NOT_REVISED = {"is_revised": False}
"""The `info` of a column that says something about the row among others, such as its place, and not about itself."""

TOUCHED = "revised_rows"


class Revision(Recorded, Base):
    """One saved state of a publishable row: its columns, and its children by the name of their relation."""

    __tablename__ = "revisions"
    __table_args__ = (Index("ix_revisions_row", "table_name", "row_id", "id"),)
    audited = False
    invalidates = ()

    table_name: Mapped[str] = mapped_column(String(63))
    row_id: Mapped[int] = mapped_column(Integer)
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    saved_by_name: Mapped[str] = mapped_column(String(150), default="")
    remark: Mapped[str] = mapped_column(Text, default="")
    is_draft: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether the state was kept beside a live row instead of on it."""

    base_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id", ondelete="SET NULL"), index=True)
    """Of a draft: the state of the row that it changes. What differs between the two is the change."""

    values: Mapped[dict[str, Any]]


def revisions_of(row: Any) -> Select[Revision]:
    """Select the saved states of a row, drafts included, newest first."""
    return (
        select(Revision)
        .where(Revision.table_name == row.__tablename__, Revision.row_id == row.id)
        .order_by(Revision.id.desc())
    )


def saved(row: Any) -> Select[Revision]:
    """Select the states that the row itself has been in, newest first."""
    return revisions_of(row).where(Revision.is_draft.is_(False))


async def snapshot(session: AsyncSession, row: Any) -> dict[str, Any]:
    """Return the row's columns and children as JSON can hold them, without what only decisions change."""
    return await session.run_sync(lambda sync: _whole(sync, row))


async def latest(session: AsyncSession, row: Any) -> Revision:
    """Return the revision of the row's present state; one is written where bulk work has left none."""
    return await session.run_sync(lambda sync: _revised(sync, row, who=audit.NOBODY, at=row.updated_at))


def touch(session: Session, row: Base) -> None:
    """Remember to write a revision of the row, or of the row that it is a child of, when the transaction ends."""
    touched: dict[tuple[type[Any], int], None] = session.info.setdefault(TOUCHED, {})
    if getattr(row, "revised_children", None) is not None:
        touched[type(row), cast("Any", row).id] = None
    elif owner := _owners().get(type(row)):
        parent, column = owner
        touched[parent, getattr(row, column)] = None


def write_touched(session: Session) -> None:
    """Before a commit: write a revision of each row that was touched and is not as it was."""
    if session.in_nested_transaction():
        return
    session.flush()
    touched: dict[tuple[type[Any], int], None] = session.info.pop(TOUCHED, {})
    for model, key in touched:
        row = session.get(model, key)
        if row is not None:
            _revised(session, row, who=audit.acting(), at=clock.now())


async def put_onto(
    session: AsyncSession, row: Any, values: Values, *, base: Values | None = None, is_written: bool = True
) -> None:
    """Put a saved state onto the row; with `base`, only what differs from it, so that what else changed stays.

    With `is_written`, children that go are deleted before others take their place; nothing else is written here.
    """
    with session.no_autoflush:
        _put_columns(row, values, base)
        for relation in row.revised_children:
            if relation in values and (base is None or values[relation] != base.get(relation)):
                await _put_children(session, row, relation, values, base, is_written=is_written)


def column_values(row: Any) -> dict[str, Any]:
    """Return what a revision holds of one row: its columns, without those that follow from others."""
    mapper = cast("Mapper[Any]", inspect(type(row)))
    rendered = {f"{name}_html" for name in row.markup_fields}
    return {
        key: audit.as_json(getattr(row, key))
        for key, column in mapper.columns.items()
        if key not in NEVER_RESTORED | DECIDED | rendered and column.computed is None and _is_revised(column)
    }


def _whole(session: Session, row: Any) -> dict[str, Any]:
    values = column_values(row)
    for name in row.revised_children:
        relation = _relation(type(row), name)
        foreign_key = _foreign_key(relation)
        values[name] = [
            {"id": child.id, **{key: value for key, value in column_values(child).items() if key != foreign_key}}
            for child in session.scalars(_children(row, relation))
        ]
    return values


def _children(row: Any, relation: RelationshipProperty[Any]) -> Select[Any]:
    child = relation.mapper.class_
    return select(child).where(with_parent(row, relation.class_attribute)).order_by(*(relation.order_by or (child.id,)))


def _revised(session: Session, row: Any, *, who: audit.Acting, at: datetime) -> Revision:
    newest = session.scalar(saved(row).limit(1))
    values = _whole(session, row)
    if newest is not None and newest.values == values:
        return newest
    revision = Revision(
        table_name=row.__tablename__,
        row_id=row.id,
        saved_at=at,
        saved_by_id=who.actor_id,
        saved_by_name=who.actor_name,
        remark=audit.remark_on(session, row),
        values=values,
    )
    session.add(revision)
    session.flush()
    return revision


def _put_columns(row: Any, values: Values, base: Values | None) -> None:
    mapper = cast("Mapper[Any]", inspect(type(row)))
    for key, value in values.items():
        column = mapper.columns.get(key)
        if column is None or not _is_revised(column) or key in NEVER_RESTORED:
            continue
        if base is not None and base.get(key, _ABSENT) == value:
            continue
        typed = _from_json(value, column.type.python_type)
        if getattr(row, key) != typed:
            setattr(row, key, typed)


def _is_revised(column: ColumnElement[Any]) -> bool:
    return column.info.get("is_revised", True) is True


_ABSENT = object()


async def _put_children(
    session: AsyncSession, row: Any, name: str, values: Values, base: Values | None, *, is_written: bool
) -> None:
    relation = _relation(type(row), name)
    children = list(await session.scalars(_children(row, relation)))
    set_committed_value(row, name, children)
    collection = getattr(row, name)
    wanted = {child["id"]: child for child in values[name] if child["id"] is not None}
    began = {child["id"]: child for child in (base or {}).get(name, ())}
    may_go = began if base is not None else {child.id for child in children}
    for child in children:
        if child.id in may_go and child.id not in wanted:
            collection.remove(child)
    if is_written and len(collection) < len(children):
        await session.flush()
    present = {child.id: child for child in collection}
    places: dict[Any, int] = {}
    for place, child_values in enumerate(values[name]):
        key = child_values["id"]
        child = present.get(key)
        if child is not None:
            _put_columns(child, child_values, began.get(key) if base is not None else None)
        elif key is None or base is None:
            child = relation.mapper.class_()
            _put_columns(child, child_values, None)
            collection.append(child)
        places[child] = place
    collection.sort(key=lambda child: places.get(child, len(places)))


@cache
def _owners() -> dict[type[Any], tuple[type[Any], str]]:
    """Return child class → (class of the rows it belongs to, its foreign key), for all relations that are revised."""
    owners: dict[type[Any], tuple[type[Any], str]] = {}
    for mapper in Base.registry.mappers:
        for name in getattr(mapper.class_, "revised_children", ()):
            relation = _relation(mapper.class_, name)
            owners[relation.mapper.class_] = (mapper.class_, _foreign_key(relation))
    return owners


def _relation(model: type[Any], name: str) -> RelationshipProperty[Any]:
    return cast("Mapper[Any]", inspect(model)).relationships[name]


def _foreign_key(relation: RelationshipProperty[Any]) -> str:
    return str(next(iter(relation.remote_side)).key)


def _from_json(value: Any, python_type: type[Any]) -> Any:
    if not isinstance(value, str):
        return value
    if issubclass(python_type, datetime):
        return datetime.fromisoformat(value)
    if issubclass(python_type, date):
        return date.fromisoformat(value)
    return python_type(value) if issubclass(python_type, StrEnum) else value
