"""Lists of a resource: what the query of an address asks for, and the rows that answer it, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import Field as Constraint
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from public_site.api.v2.fields import Role, Unreadable, parsed, strictly
from public_site.api.v2.filters import filters_of
from public_site.api.v2.refusals import BadRequest
from public_site.api.v2.resources import Resource

PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 200
LAST_PAGE = 10_000_000
MOST_PARAMETERS = 50

NUMBERS: dict[str, TypeAdapter[int]] = {
    "page": strictly(Annotated[int, Constraint(ge=1, le=LAST_PAGE)]),
    "page_size": strictly(Annotated[int, Constraint(ge=1, le=LARGEST_PAGE_SIZE)]),
    "cursor": strictly(Annotated[int, Constraint(ge=0, le=2**31 - 1)]),
}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What an address asks of a list, or of a row."""

    conditions: tuple[ColumnElement[bool], ...]
    order: tuple[str, ...]
    names: tuple[str, ...] | None
    """The fields to show; None stands for all."""

    page: int
    page_size: int
    cursor: int


def wish_for_list(resource: Resource, query_string: bytes) -> Wish:
    """Return what the query asks of a list. Raises BadRequest naming each parameter that cannot be understood."""
    said = parameters_of(query_string)
    errors: dict[str, list[str]] = {}
    numbers = {"page": 1, "page_size": PAGE_SIZE, "cursor": 0}
    conditions: list[ColumnElement[bool]] = []
    for name, text in said.items():
        try:
            if name in paging_of(resource):
                numbers[name] = parsed(NUMBERS[name], text, is_literal=True)
            elif found := filters_of(resource).get(name):
                condition = found.condition(found.parse(text))
                conditions += [] if condition is None else [condition]
            elif name == "fields" or (name == "sort" and not resource.has_cursor):
                continue
            else:
                errors[name] = ["There is no such parameter here."]
        except Unreadable as error:
            errors[name] = [f"{error}."]
    names = _names(said, "fields", resource.by_name, errors)
    order = _names(said, "sort", orders_of(resource), errors)
    if errors:
        raise BadRequest.in_fields(errors)
    return Wish(conditions=tuple(conditions), order=order or resource.order, names=names, **numbers)


def wish_for_row(resource: Resource, query_string: bytes) -> tuple[str, ...] | None:
    """Return the names of the fields to show. Raises BadRequest where the query asks for anything else."""
    said = parameters_of(query_string)
    errors = {name: ["There is no such parameter here."] for name in said if name != "fields"}
    names = _names(said, "fields", resource.by_name, errors)
    if errors:
        raise BadRequest.in_fields(errors)
    return names


def parameters_of(query_string: bytes) -> dict[str, str]:
    """Return the query's parameters. Raises BadRequest where one stands there twice, or is no text at all."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError as error:
        message = "The query of this address cannot be read."
        raise BadRequest(message) from error
    names = [name for name, _ in pairs]
    if repeated := {name: ["This can be said once only."] for name in names if names.count(name) > 1}:
        raise BadRequest.in_fields(repeated)
    return dict(pairs)


def paging_of(resource: Resource) -> tuple[str, ...]:
    """Return the parameters by which one goes through a resource's list."""
    return ("cursor", "page_size") if resource.has_cursor else ("page", "page_size")


def orders_of(resource: Resource) -> dict[str, Any]:
    """Return the words by which a list can be sorted; a minus turns the order round."""
    names = [field.name for field in resource.fields if field.has(Role.ORDER)]
    return dict.fromkeys([*names, *(f"-{name}" for name in names)])


async def read_list(session: AsyncSession, resource: Resource, rows: Select[Any], wish: Wish) -> dict[str, Any]:
    """Return the page of the rows that is asked for, and where in the list it is: two statements, however long."""
    rows = rows.where(*wish.conditions)
    total = await session.scalar(select(func.count()).select_from(rows.with_only_columns(resource.model.id).subquery()))
    loaded = resource.loading(rows, wish.names or _short(resource))
    page = _after_cursor(loaded, resource, wish) if resource.has_cursor else _page(loaded, resource, wish)
    found = list(await session.scalars(page.limit(wish.page_size + 1)))
    shown = found[: wish.page_size]
    names = wish.names or _short(resource)
    meta: dict[str, Any] = {
        "total": total or 0,
        "page": None if resource.has_cursor else wish.page,
        "page_size": wish.page_size,
        "has_next": len(found) > wish.page_size,
        "has_previous": bool(wish.cursor) if resource.has_cursor else wish.page > 1,
    }
    if resource.has_cursor:
        meta["next_cursor"] = shown[-1].id if meta["has_next"] else None
    return {"data": [resource.shown(row, names) for row in shown], "meta": meta}


def _page(rows: Select[Any], resource: Resource, wish: Wish) -> Select[Any]:
    """Sort the rows, those that are alike by their key, and leave out the pages before the one that is asked for."""
    orders = []
    for word in wish.order:
        name = word.removeprefix("-")
        column: Any = resource.by_name[name].column
        orders.append(column.desc().nulls_last() if word.startswith("-") else column.asc().nulls_last())
    return rows.order_by(None).order_by(*orders, resource.model.id).offset((wish.page - 1) * wish.page_size)


def _after_cursor(rows: Select[Any], resource: Resource, wish: Wish) -> Select[Any]:
    key = resource.model.id
    return rows.where(key > wish.cursor).order_by(None).order_by(key)


def _short(resource: Resource) -> tuple[str, ...]:
    return tuple(field.name for field in resource.fields if not field.has(Role.LONG))


def _names(
    said: Mapping[str, str], parameter: str, known: Mapping[str, Any], errors: dict[str, list[str]]
) -> tuple[str, ...] | None:
    """Return the names that a parameter lists with commas between them; None where it is not there."""
    if parameter not in said or parameter in errors:
        return None
    names = tuple(said[parameter].split(","))
    if unknown := [name for name in names if name not in known]:
        errors[parameter] = [f"There is no “{unknown[0]}” here. It can be: {', '.join(known)}."]
    return names
