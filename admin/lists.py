"""The list of a view: what its address asks for, and a page of rows in about the same time however many there are.

Neighbouring pages are reached by the last row's place in the order, not by counting rows that are skipped; numbered
pages exist near the beginning, where skipping is cheap; and nobody counts a million rows to show fifty.

Where a list is narrowed, there are two ways to a page: to walk through the rows in their order until enough of them
match, or to find all that match and sort them. The wrong one takes a minute among a million rows: the first for a
rare word, the second for a common one. PostgreSQL cannot tell the two by its statistics, so a sample does.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, any_, func, literal, or_, select, text, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from admin.base import AdminView, Reached, column_named
from admin.urls import with_query
from cms.core.database import has_words
from cms.core.permissions import is_unrestricted
from cms.users.models import User

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute

COUNTED_EXACTLY = 10_000
DEEPEST_OFFSET = 10_000
LARGE = 50_000
"""Rows of a table; in a smaller one, all that match are found and sorted in no time, whatever is asked for."""

SAMPLED = 250
"""Rows at equal distances, by their keys, for neighbours are often alike."""

COMMON = 2 * COUNTED_EXACTLY
"""From so many matching rows on, walking is the quicker way, and nobody counts them."""

ESTIMATED_ROWS = text("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(:table)")
LONGEST_SEARCH = 200
MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a list asks for; whatever is nonsense falls back to the usual."""

    search: str
    filters: dict[str, str]
    sort: str
    is_descending: bool
    size: int
    page: int
    after: str
    before: str

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.filters)


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

    @property
    def to_row(self) -> int | None:
        return None if self.from_row is None else self.from_row + len(self.rows) - 1


def asked_of(view: AdminView, request: Request) -> Asked:
    """Read the address; it may come from anywhere, so nothing in it is trusted."""
    query = {key: value.replace("\x00", "") for key, value in request.query_params.items()}
    sort, is_descending = _sort_of(view, query)
    return Asked(
        search=query.get("search", "").strip()[:LONGEST_SEARCH],
        filters={found.name: query[found.name] for found in view.list_filters if query.get(found.name)},
        sort=sort,
        is_descending=is_descending,
        size=_number(query.get("size", ""), default=view.page_size, allowed=view.page_size_options),
        page=max(1, min(_number(query.get("page", ""), default=1), 1 + DEEPEST_OFFSET)),
        after=query.get("after", ""),
        before=query.get("before", ""),
    )


async def page_of(session: AsyncSession, view: AdminView, request: Request, user: User) -> ListPage:
    """Read the page that the address asks for."""
    asked = asked_of(view, request)
    narrowed = _narrowed(view, view.reachable(user), asked)
    is_whole = not asked.is_narrowed and is_unrestricted(user, view.permissions.view, view.model)
    size = await _estimated_size(session, view)
    is_common = is_whole or await _is_common(session, view, narrowed, size)
    keys = _keys(view, narrowed, asked, walks=is_common)
    rows, has_next, has_previous = await _rows(session, view, view.reachable(user), keys, asked)
    seems_many = is_common and size >= COMMON
    count, is_exact = (COUNTED_EXACTLY, False) if seems_many else await _count(session, narrowed)
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
    )


def selection(view: AdminView, user: User, request: Request) -> Select[Any]:
    """Select all that the address asks for, in its order and without pages, as an export needs it."""
    asked = asked_of(view, request)
    return _ordered(view, _narrowed(view, view.reachable(user), asked), asked, is_reversed=False)


def search_condition(model: type[Any], names: Sequence[str], term: str) -> ColumnElement[bool]:
    """Return the condition that every word of `term` begins a word of the row, or else occurs in one of its columns."""
    if getattr(model, "searched_columns", ()):
        found = has_words(model, term)
        if found is not None:
            return found
    words = term.split()[:MOST_WORDS]
    columns = [column_named(model, name) for name in names]
    return and_(true(), *(or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words))


def _sort_of(view: AdminView, query: dict[str, str]) -> tuple[str, bool]:
    wanted = query.get("sort", "")
    name = wanted.removeprefix("-")
    if name in view._sort_fields:  # noqa: SLF001 - SQLAdmin keeps the declaration there
        return name, wanted.startswith("-")
    default, is_descending = view._get_default_sort()[0]  # noqa: SLF001 - as above
    return getattr(default, "key", default), is_descending


def _number(value: str, *, default: int, allowed: Any = None) -> int:
    if not value.isdecimal() or not value.isascii() or len(value) > 9:
        return default
    return int(value) if allowed is None or int(value) in allowed else default


def _narrowed(view: AdminView, statement: Select[Any], asked: Asked) -> Select[Any]:
    for found in view.list_filters:
        condition = found.condition(asked.filters.get(found.name, ""))
        if condition is not None:
            statement = statement.where(condition)
    if asked.search:
        statement = statement.where(search_condition(view.model, view._search_fields, asked.search))  # noqa: SLF001 - SQLAdmin keeps the declaration there
    return statement


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


async def _is_common(session: AsyncSession, view: AdminView, narrowed: Select[Any], size: int) -> bool:
    """Tell by a sample whether so many rows match that a walk through all of them soon meets enough."""
    if size <= LARGE:
        return False
    key = view.mapper.local_table.c.id
    step = size // SAMPLED
    first, last = (select(found(key)).scalar_subquery() for found in (func.min, func.max))
    # As an array the keys are known first, and the condition is asked of their rows alone.
    sample = func.array(select(func.generate_series(first, last, step)).scalar_subquery())
    matching = _ones(narrowed.where(column_named(view.model, "id") == any_(sample)))
    hits = await session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    return hits * step >= COMMON


def _keys(view: AdminView, narrowed: Select[Any], asked: Asked, *, walks: bool) -> Select[Any]:
    """Select what the list is sorted by, of the page's rows and one more.

    Rows before the page are thus skipped in the index, and only the page's own are read whole.
    """
    columns: list[Any] = list(_order(view, asked))
    keys = narrowed.with_only_columns(*columns, maintain_column_froms=True)
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
    statement = reachable.options(*view.list_options())
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


async def _count(session: AsyncSession, narrowed: Select[Any]) -> tuple[int, bool]:
    """Return how many rows there are up to a bound, and whether that is all."""
    bounded = _ones(narrowed).limit(COUNTED_EXACTLY + 1).subquery()
    counted = await session.scalar(select(func.count()).select_from(bounded)) or 0
    return min(counted, COUNTED_EXACTLY), counted <= COUNTED_EXACTLY


def _ones(statement: Select[Any]) -> Select[Any]:
    """Return the statement with nothing but a 1 for each row."""
    return statement.with_only_columns(literal(1), maintain_column_froms=True)
