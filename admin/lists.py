"""A page of a list: its rows, in about the same time however many there are.

Neighbouring pages are reached by the last row's place in the order, not by counting rows that are skipped; numbered
pages exist near the beginning, where skipping is cheap; and nobody counts a million rows to show fifty.

Where a list is narrowed, there are two ways to a page: to walk through the rows in their order until enough of them
match, or to find all that match and sort them. The wrong one takes a minute among a million rows: the first for a
rare word, the second for a common one. PostgreSQL cannot tell the two by its statistics, so a sample does.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, any_, func, literal, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from admin.asked import DEEPEST_OFFSET, Asked, asked_of
from admin.base import AdminView, Reached, column_named
from admin.list_columns import names_of_people
from admin.narrowing import narrowed
from admin.urls import with_query
from cms.core.permissions import is_unrestricted
from cms.users.models import User

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute

COUNTED_EXACTLY = 10_000
LARGE = 50_000
"""Rows of a table; in a smaller one, all that match are found and sorted in no time, whatever is asked for."""

SAMPLED = 250
"""Rows at equal distances, by their keys, for neighbours are often alike."""

COMMON = 2 * COUNTED_EXACTLY
"""From so many matching rows on, walking is the quicker way, and nobody counts them."""

ESTIMATED_ROWS = text("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(:table)")


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list."""

    asked: Asked
    rows: list[Reached]
    count: int
    is_exact: bool
    next_url: str
    previous_url: str
    first_url: str
    last_url: str
    from_row: int | None
    people: dict[int, str]
    """User names by id, for the columns that tell who made a row and who saved it last."""

    @property
    def to_row(self) -> int | None:
        return None if self.from_row is None else self.from_row + len(self.rows) - 1


async def page_of(session: AsyncSession, view: AdminView, request: Request, user: User) -> ListPage:
    """Read the page that the address asks for."""
    asked = asked_of(view, request.query_params, user)
    matching = narrowed(view, view.reachable(user), asked)
    is_whole = not asked.is_narrowed and is_unrestricted(user, view.permissions.view, view.model)
    size = await _estimated_size(session, view)
    is_common = is_whole or await _is_common(session, view, matching, size)
    keys = _keys(view, matching, asked, walks=is_common)
    rows, has_next, has_previous = await _rows(session, view, view.reachable(user), keys, asked)
    seems_many = is_common and size >= COMMON
    count, is_exact = (COUNTED_EXACTLY, False) if seems_many else await _count(session, matching)
    is_numbered = not asked.after and not asked.before
    by_number = is_numbered and asked.page * asked.size <= DEEPEST_OFFSET
    place = {"page": None, "after": None, "before": None}
    last, first = (_mark(view, asked, rows[-1].row), _mark(view, asked, rows[0].row)) if rows else ("", "")
    return ListPage(
        asked=asked,
        rows=rows,
        count=max(count, size) if is_whole and not is_exact else count,
        is_exact=is_exact,
        next_url=""
        if not has_next
        else with_query(request, **{**place, **({"page": asked.page + 1} if by_number else {"after": last})}),
        previous_url=""
        if not has_previous
        else with_query(request, **{**place, **({"page": asked.page - 1} if is_numbered else {"before": first})}),
        first_url=with_query(request, **place) if has_previous else "",
        last_url=with_query(request, **{**place, "before": "end"}) if has_next else "",
        from_row=(asked.page - 1) * asked.size + 1 if is_numbered and rows else None,
        people=await names_of_people(session, [found.row for found in rows], asked.columns),
    )


def selection(view: AdminView, user: User, request: Request) -> Select[Any]:
    """Select all that the address asks for, in its order and without pages, as an export needs it."""
    asked = asked_of(view, request.query_params, user)
    return _ordered(view, narrowed(view, view.reachable(user), asked), asked, is_reversed=False)


def _ordered(view: AdminView, statement: Select[Any], asked: Asked, *, is_reversed: bool) -> Select[Any]:
    columns = _order(view, asked)
    descending = asked.is_descending != is_reversed
    return statement.order_by(*(column.desc() if descending else column.asc() for column in columns))


def _order(view: AdminView, asked: Asked) -> "list[InstrumentedAttribute[Any]]":
    key = column_named(view.model, "id")
    return [key] if asked.sort == "id" else [column_named(view.model, asked.sort), key]


async def _estimated_size(session: AsyncSession, view: AdminView) -> int:
    """Return about how many rows the table has, by the database's own bookkeeping."""
    return int(await session.scalar(ESTIMATED_ROWS, {"table": str(view.mapper.local_table.description)}) or 0)


async def _is_common(session: AsyncSession, view: AdminView, matching: Select[Any], size: int) -> bool:
    """Tell by a sample whether so many rows match that a walk through all of them soon meets enough."""
    if size <= LARGE:
        return False
    key = view.mapper.local_table.c.id
    step = size // SAMPLED
    first, last = (select(found(key)).scalar_subquery() for found in (func.min, func.max))
    # As an array the keys are known first, and the condition is asked of their rows alone.
    sample = func.array(select(func.generate_series(first, last, step)).scalar_subquery())
    sampled = _ones(matching.where(column_named(view.model, "id") == any_(sample)))
    hits = await session.scalar(select(func.count()).select_from(sampled.subquery())) or 0
    return hits * step >= COMMON


def _keys(view: AdminView, matching: Select[Any], asked: Asked, *, walks: bool) -> Select[Any]:
    """Select what the list is sorted by, of the page's rows and one more.

    Rows before the page are thus skipped in the index, and only the page's own are read whole.
    """
    columns: list[Any] = list(_order(view, asked))
    keys = matching.with_only_columns(*columns, maintain_column_froms=True)
    if not walks:
        found = keys.cte("found").prefix_with("MATERIALIZED")
        columns = list(found.c)
        keys = select(found)
    goes_down = asked.is_descending != bool(asked.before)
    mark = _place(view, asked)
    if mark is not None:
        place = tuple_(*columns)
        keys = keys.where(place < mark if goes_down else place > mark)
    offset = 0 if asked.after or asked.before else min((asked.page - 1) * asked.size, DEEPEST_OFFSET)
    keys = keys.order_by(*(column.desc() if goes_down else column.asc() for column in columns))
    return keys.offset(offset).limit(asked.size + 1)


async def _rows(
    session: AsyncSession, view: AdminView, reachable: Select[Any], keys: Select[Any], asked: Asked
) -> tuple[list[Reached], bool, bool]:
    """Return the rows of the page, and whether there are more after and before them."""
    is_reversed = bool(asked.before)
    statement = reachable.options(*view.list_options(asked.columns))
    statement = statement.where(column_named(view.model, "id").in_(select(keys.subquery("keys").c.id)))
    records = (await session.execute(_ordered(view, statement, asked, is_reversed=is_reversed))).unique().all()
    rows = [view.reached(record) for record in records[: asked.size]]
    has_more = len(records) > asked.size
    if is_reversed:
        rows.reverse()
        return rows, asked.before != "end", has_more
    return rows, has_more, bool(asked.after) or asked.page > 1


def _place(view: AdminView, asked: Asked) -> Any:
    """Return the values of the row that the page begins after; None where the address names none."""
    mark = asked.after or asked.before
    if not mark or mark == "end":
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        columns = _order(view, asked)
        if len(values) != len(columns):
            return None
        return tuple_(
            *(literal(_typed(column, value), column.type) for column, value in zip(columns, values, strict=True))
        )
    except (binascii.Error, ValueError, TypeError):
        return None


def _typed(column: "InstrumentedAttribute[Any]", value: Any) -> Any:
    kind = column.type.python_type
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is int and abs(int(value)) >= 2**31:
        raise ValueError("No key is that large.")
    return kind(value)


def _mark(view: AdminView, asked: Asked, row: Any) -> str:
    values = [getattr(row, column.key) for column in _order(view, asked)]
    kept = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(kept).encode()).decode().rstrip("=")


async def _count(session: AsyncSession, matching: Select[Any]) -> tuple[int, bool]:
    """Return how many rows there are up to a bound, and whether that is all."""
    bounded = _ones(matching).limit(COUNTED_EXACTLY + 1).subquery()
    counted = await session.scalar(select(func.count()).select_from(bounded)) or 0
    return min(counted, COUNTED_EXACTLY), counted <= COUNTED_EXACTLY


def _ones(statement: Select[Any]) -> Select[Any]:
    """Return the statement with nothing but a 1 for each row."""
    return statement.with_only_columns(literal(1), maintain_column_froms=True)
