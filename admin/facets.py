"""What stands above a list: the choices of its filters, its dates step by step, and what applies, in words."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from admin.asked import Asked
from admin.base import AdminView
from admin.counts import Counts
from admin.filters import Filter
from admin.periods import Period, years_between
from admin.urls import with_query
from cms.users.models import User

FIRST_PAGE = {"page": None, "after": None, "before": None}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that the list can be narrowed to; `count` is None where nobody counted."""

    label: str
    url: str
    value: str
    count: int | None = None
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter with its choices; a filter that is typed has none."""

    filter: Filter
    choices: list[Choice]
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Dates:
    """The main date of a list: the periods that were opened, and what they consist of."""

    label: str
    all_url: str
    opened: list[Choice]
    parts: list[Choice]


@dataclass(frozen=True, slots=True)
class Chip:
    """Something that applies, and the address of the list without it."""

    label: str
    value: str
    url_without: str

    def __str__(self) -> str:
        return f"{self.label}: {self.value}"


def facets_of(view: AdminView, request: Request, asked: Asked, counts: Counts) -> list[Facet]:
    """Return the filters of the list with the addresses that their choices lead to."""
    return [
        Facet(found, _choices(found, request, asked, counts.get(found.name, {})), asked.filters.get(found.name, ""))
        for found in view.list_filters
    ]


def _choices(found: Filter, request: Request, asked: Asked, counts: dict[str, int]) -> list[Choice]:
    chosen = asked.filters.get(found.name, "")
    return [
        Choice(
            label=label,
            url=with_query(request, **FIRST_PAGE, **{found.name: None if value == chosen else value}),
            value=value,
            count=counts.get(value),
            is_chosen=value == chosen,
        )
        for value, label in found.choices()
        if value
    ]


def chips_of(view: AdminView, request: Request, asked: Asked) -> list[Chip]:
    """Return what narrows the list, each with the way to drop it; what is nonsense narrows nothing."""
    chips = [
        Chip(found.label, label, with_query(request, **FIRST_PAGE, **{found.name: None}))
        for found in view.list_filters
        if (label := found.label_of(asked.filters.get(found.name, "")))
    ]
    if asked.when is not None:
        label = view.label_of(view.date_hierarchy)
        chips.append(Chip(label, asked.when.label, with_query(request, **FIRST_PAGE, when=None)))
    if asked.search:
        chips.insert(0, Chip("Search", f"“{asked.search}”", with_query(request, **FIRST_PAGE, search=None)))
    return chips


def clear_url_of(view: AdminView, request: Request) -> str:
    """Return the address of the list with nothing that narrows it; order, columns and page size stay."""
    return with_query(
        request, **FIRST_PAGE, **dict.fromkeys((*(found.name for found in view.list_filters), "when", "search"))
    )


async def dates_of(
    session: AsyncSession, view: AdminView, request: Request, user: User, asked: Asked, counts: Counts
) -> Dates | None:
    """Return the years of the list's main date, or what the opened period consists of; None where it has none."""
    if view.date_column is None:
        return None
    parts = asked.when.parts if asked.when else await _years(session, view, user)
    known = counts.get("when")
    return Dates(
        label=view.label_of(view.date_hierarchy),
        all_url=with_query(request, **FIRST_PAGE, when=None),
        opened=[_step(request, period, period.label) for period in (*asked.when.wider, asked.when)]
        if asked.when
        else [],
        parts=[
            _step(request, part, part.short_label, known.get(part.name) if known else None)
            for part in parts
            if known is None or part.name in known
        ],
    )


def _step(request: Request, period: Period, label: str, count: int | None = None) -> Choice:
    return Choice(label, with_query(request, **FIRST_PAGE, when=period.name), period.name, count)


async def _years(session: AsyncSession, view: AdminView, user: User) -> list[Period]:
    """Return the years from the first row to the last one, both found in the index of the column."""
    column: Any = view.date_column
    ends = view.reachable(user).with_only_columns(func.min(column), func.max(column), maintain_column_froms=True)
    first, last = (await session.execute(ends)).one()
    return years_between(first, last) if first is not None else []
