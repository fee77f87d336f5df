"""Deleting a row: what goes with it, what merely forgets it, and what hinders it, read off the foreign keys."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import ForeignKeyConstraint, Table, func, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper

from cms.core.database import Base
from cms.core.errors import Conflict
from cms.core.permissions import Actor, Permission, require

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Dependents:
    """Rows of one table that refer to the row; `examples` are a few of their names."""

    model: type[Base]
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        more = f" and {self.count - len(self.examples)} more" if self.count > len(self.examples) else ""
        return f"{self.model.__tablename__.replace('_', ' ')}: {', '.join(self.examples)}{more}"


@dataclass(frozen=True, slots=True)
class Deletion:
    """What deleting a row would mean."""

    go_along: list[Dependents] = field(default_factory=list)
    forget: list[Dependents] = field(default_factory=list)
    hinder: list[Dependents] = field(default_factory=list)


Hindrances = Callable[[AsyncSession, Any], Awaitable[list[Dependents]]]
_hindrances: dict[type[Base], Hindrances] = {}


def hindrances_of(model: type[Base]) -> Callable[[Hindrances], Hindrances]:
    """Register what hinders the deletion of a model's rows besides foreign keys."""

    def register(hindrances: Hindrances) -> Hindrances:
        _hindrances[model] = hindrances
        return hindrances

    return register


async def foresee(session: AsyncSession, row: Base) -> Deletion:
    """Return what refers to the row, sorted by what its deletion would do to it."""
    found = Deletion()
    lists = {"CASCADE": found.go_along, "SET NULL": found.forget}
    for model, constraint in _referring(type(row)):
        if dependents := await _dependents(session, model, constraint, row):
            lists.get(constraint.ondelete or "", found.hinder).append(dependents)
    if hindrances := _hindrances.get(type(row)):
        found.hinder.extend(await hindrances(session, row))
    return found


async def delete(session: AsyncSession, row: Base, *, permission: Permission, by: Actor) -> None:
    """Delete the row and what belongs to it.

    Raises PermissionDenied, or Conflict naming what hinders.
    """
    await require(session, by, permission, row)
    foreseen = await foresee(session, row)
    if foreseen.hinder:
        hindrances = "; ".join(str(dependents) for dependents in foreseen.hinder)
        raise Conflict(f"“{row}” cannot be deleted, because it is used by {hindrances}.")
    mapper = cast("Mapper[Any]", inspect(type(row)))
    owned = [relation.key for relation in mapper.relationships if relation.cascade.delete_orphan]
    if owned:
        await session.refresh(row, owned)
    await session.delete(row)


def _referring(model: type[Base]) -> list[tuple[type[Base], ForeignKeyConstraint]]:
    return [
        (cast("type[Base]", mapper.class_), constraint)
        for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__tablename__)
        for constraint in sorted(
            cast("Table", mapper.local_table).foreign_key_constraints, key=lambda found: str(found.name)
        )
        if constraint.referred_table is model.__table__
    ]


async def _dependents(
    session: AsyncSession, model: type[Any], constraint: ForeignKeyConstraint, row: Any
) -> Dependents | None:
    column = next(iter(constraint.columns))
    condition = column == row.id
    count = await session.scalar(select(func.count()).select_from(model).where(condition)) or 0
    if not count:
        return None
    examples = await session.scalars(select(model).where(condition).limit(EXAMPLES))
    return Dependents(model, count, tuple(str(example) for example in examples))
