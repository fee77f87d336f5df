"""What the address of a list asks for: search, filters, dates, order, columns and page; nothing in it is trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from admin.base import AdminView
from admin.list_columns import offered_columns, shown_columns
from admin.periods import Period
from cms.users.models import User

LONGEST_SEARCH = 200
DEEPEST_OFFSET = 10_000
RESERVED = frozenset({"search", "when", "sort", "size", "columns", "page", "after", "before", "view", "counts", "from"})
"""Names in a list's address that no filter can have."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a list asks for; whatever is nonsense falls back to the usual."""

    search: str
    filters: dict[str, str]
    when: Period | None
    sort: str
    is_descending: bool
    columns: tuple[str, ...]
    size: int
    page: int
    after: str
    before: str
    unusual: dict[str, str]
    """The parts of the address that make it differ from the plain list, without its pages."""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.filters or self.when)

    @property
    def query(self) -> str:
        """Return the address's query without its pages, in one order, as a saved view keeps it."""
        return urlencode(self.unusual)


def asked_of(view: AdminView, query: Mapping[str, str], user: User) -> Asked:
    """Read the query of an address; it may come from anywhere."""
    given = {key: value.replace("\x00", "").strip() for key, value in _items(query)}
    sort, is_descending = _sort_of(view, given)
    when = Period.read(given.get("when", "")) if view.date_column is not None else None
    search = given.get("search", "")[:LONGEST_SEARCH]
    filters = {
        found.name: given[found.name] for found in view.list_filters if found.label_of(given.get(found.name, ""))
    }
    columns = _columns_of(view, given, user)
    size = _number(given.get("size", ""), default=view.page_size, allowed=view.page_size_options)
    asked_sort = f"{'-' if is_descending else ''}{sort}"
    unusual = {
        "search": search,
        **filters,
        "when": when.name if when else "",
        "sort": asked_sort if given.get("sort", "") == asked_sort else "",
        "columns": ",".join(columns) if columns != shown_columns(view) else "",
        "size": str(size) if size != view.page_size else "",
    }
    return Asked(
        search=search,
        filters=filters,
        when=when,
        sort=sort,
        is_descending=is_descending,
        columns=columns,
        size=size,
        page=max(1, min(_number(given.get("page", ""), default=1), 1 + DEEPEST_OFFSET)),
        after=given.get("after", ""),
        before=given.get("before", ""),
        unusual={name: value for name, value in unusual.items() if value},
    )


def _items(query: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the parts of a query; those that are given several times are joined with commas."""
    if not isinstance(query, QueryParams):
        return list(query.items())
    return [(key, ",".join(query.getlist(key)) if key == "columns" else query[key]) for key in query]


def _columns_of(view: AdminView, given: Mapping[str, str], user: User) -> tuple[str, ...]:
    """Return the chosen columns; the one that names the row always comes first."""
    usual = shown_columns(view)
    offered = offered_columns(view, user)
    chosen = [name for name in dict.fromkeys(given.get("columns", "").split(",")) if name in offered]
    if not chosen:
        return tuple(name for name in usual if name in offered)
    return (usual[0], *(name for name in chosen if name != usual[0]))


def _sort_of(view: AdminView, given: Mapping[str, str]) -> tuple[str, bool]:
    wanted = given.get("sort", "")
    name = wanted.removeprefix("-")
    if name in view._sort_fields:  # noqa: SLF001 - SQLAdmin keeps the declaration there
        return name, wanted.startswith("-")
    default, is_descending = view._get_default_sort()[0]  # noqa: SLF001 - as above
    return getattr(default, "key", default), is_descending


def _number(value: str, *, default: int, allowed: Any = None) -> int:
    if not value.isdecimal() or not value.isascii() or len(value) > 9:
        return default
    return int(value) if allowed is None or int(value) in allowed else default
