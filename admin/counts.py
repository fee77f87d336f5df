"""How many rows each choice of a list's filters would leave: counted when somebody opens the filters, within bounds.

A choice is counted together with the other filters that apply, but without its own. All filters that do not apply
share one statement. Where more rows match than a person waits for, or the database takes too long, nothing is said.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, literal_column, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from admin.asked import Asked
from admin.base import AdminView
from admin.filters import Filter
from admin.narrowing import narrowed
from admin.periods import Period
from cms.users.models import User

MOST_COUNTED = 200_000
PATIENCE = text("SET LOCAL statement_timeout = '1500ms'")
TOO_SLOW = "57014"
"""PostgreSQL's code for a statement that was ended because its time was over."""

Counts = dict[str, dict[str, int]]
"""Name of a filter, or “when” → value in the address → how many rows it would leave."""


async def counts_of(session: AsyncSession, view: AdminView, user: User, asked: Asked) -> Counts:
    """Return the numbers beside the choices; what is not in it would have been dear."""
    await session.execute(PATIENCE)
    reachable = view.reachable(user)
    resting = [found for found in view.list_filters if found.name not in asked.filters]
    counts = await _choices(session, narrowed(view, reachable, asked), resting)
    for found in view.list_filters:
        if found.name in asked.filters:
            counts |= await _choices(session, narrowed(view, reachable, asked, without=found.name), [found])
    if view.date_column is not None and (asked.when is None or not asked.when.day):
        counts |= await _dates(session, narrowed(view, reachable, asked), view.date_column, asked.when)
    return counts


async def _choices(session: AsyncSession, matching: Select[Any], filters: Sequence[Filter]) -> Counts:
    """Count, in one walk through the matching rows, how many of them meet each choice."""
    choices = [
        (found.name, value, condition)
        for found in filters
        for value, _ in found.choices()
        if value and (condition := found.condition(value)) is not None
    ]
    if not choices:
        return {}
    met = [condition.label(f"met_{number}") for number, (_, _, condition) in enumerate(choices)]
    bounded = _bounded(matching, met)
    sums: list[Any] = [func.count(), *(func.count().filter(column) for column in bounded.c)]
    row = await _first(session, select(*sums).select_from(bounded))
    if row is None or row[0] > MOST_COUNTED:
        return {}
    counts: Counts = {}
    for (name, value, _), number in zip(choices, row[1:], strict=True):
        counts.setdefault(name, {})[value] = number
    return counts


async def _dates(session: AsyncSession, matching: Select[Any], column: Any, when: Period | None) -> Counts:
    unit = when.unit_of_parts if when else "year"
    bounded = _bounded(matching, [func.date_trunc(unit, column, "UTC").label("part")])
    parts = select(bounded.c.part, func.count().label("number")).group_by(literal_column("1")).cte("parts")
    pairs = func.jsonb_object_agg(func.to_char(parts.c.part, "YYYY-MM-DD"), parts.c.number)
    row = await _first(session, select(func.sum(parts.c.number), pairs).where(parts.c.part.is_not(None)))
    if row is None or row[0] is None or row[0] > MOST_COUNTED:
        return {}
    length = len(when.name) + 3 if when else 4
    return {"when": {day[:length]: number for day, number in row[1].items()}}


def _bounded(matching: Select[Any], columns: Sequence[Any]) -> Any:
    shown = matching.with_only_columns(*columns, maintain_column_froms=True)
    return shown.limit(MOST_COUNTED + 1).subquery("matching")


async def _first(session: AsyncSession, statement: Select[Any]) -> Any:
    """Return the statement's row; None where the database took too long."""
    try:
        async with session.begin_nested():
            return (await session.execute(statement)).one()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == TOO_SLOW:
            return None
        raise
