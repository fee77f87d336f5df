"""Which rows a query of the old paths of version 2 asks for, and how it is told what cannot be asked."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import Actor
from public_site.api.legacy import values
from public_site.api.legacy.fields import Field, Kind
from public_site.api.legacy.query import Query
from public_site.api.legacy.resources import PAGES, RELEASE_FILES, Resource
from public_site.api.legacy.writing import WrongInput, linked_id

ALLOWED: Mapping[str, tuple[str, ...]] = {
    "downloads/os": ("name", "slug"),
    "downloads/release": ("name", "slug", "is_published", "pre_release", "version", "release_date"),
    "downloads/release_file": ("name", "slug", "description__contains", "os", "release"),
    "pages/page": ("title", "path", "keywords", "keywords__icontains", "is_published"),
}
STRICT = frozenset({RELEASE_FILES.path, PAGES.path})
"""Resources that refuse what they do not know; the others ignore it."""

NO_CHOICE = "Select a valid choice. {} is not one of the available choices."
NO_ROW = "Select a valid choice. That choice is not one of the available choices."
NO_MOMENT = "Enter a valid date/time."
FLAGS = {"true": True, "1": True, "false": False, "0": False}


async def filtered(
    session: AsyncSession, rows: Select[Any], resource: Resource, query: Query, *, by: Actor | None
) -> Select[Any]:
    """Return the rows that the query asks for. Raises WrongInput naming each parameter that cannot be."""
    given = dict(query)
    errors: dict[str, list[str]] = {}
    for parameter in ALLOWED[resource.path]:
        try:
            condition = await _condition(session, resource, parameter, given.get(parameter, ""), by=by)
        except values.Wrong as wrong:
            errors[parameter] = [str(wrong)]
        else:
            rows = rows if condition is None else rows.where(condition)
    if errors:
        raise WrongInput(resource, errors)
    if resource.path in STRICT and (unknown := [name for name in given if name not in ALLOWED[resource.path]]):
        raise WrongInput(resource, {"error": [_not_allowed(name) for name in unknown]})
    return rows


async def _condition(
    session: AsyncSession, resource: Resource, parameter: str, given: str, *, by: Actor | None
) -> ColumnElement[bool] | None:
    """Return the condition that a parameter stands for, None where it stands for none. Raises Wrong."""
    if "\0" in given:
        raise values.Wrong(values.NO_NUL)
    name, _, lookup = parameter.partition("__")
    field = resource.by_name[name]
    text = given if field.kind is Kind.CHOICE else given.strip()
    if not text:
        return None
    if field.kind is Kind.LINK:
        return field.column == await _row(session, field, text, by=by)
    value = _READERS.get(field.kind, _as_it_is)(field, text)
    return None if value is None else _LOOKUPS[lookup](field.column, value)


async def _row(session: AsyncSession, field: Field, text: str, *, by: Actor | None) -> int:
    found = await linked_id(session, field, values.row_id(text), by=by)
    if found is None:
        raise values.Wrong(NO_ROW)
    return found


def _choice(field: Field, text: str) -> int:
    if text not in {str(int(choice)) for choice in field.choices}:
        raise values.Wrong(NO_CHOICE.format(text))
    return int(text)


def _moment(_field: Field, text: str) -> Any:
    found = values.moment(text)
    if found is None:
        raise values.Wrong(NO_MOMENT)
    return found


def _flag(_field: Field, text: str) -> bool | None:
    """Return None, which filters nothing, for what is neither: clients send “yes”."""
    return FLAGS.get(text.lower())


def _as_it_is(_field: Field, text: str) -> str:
    return text


def _not_allowed(parameter: str) -> str:
    """Return the refusal of a parameter; what stands behind the last two underscores was its lookup."""
    name, underscores, lookup = parameter.rpartition("__")
    field, lookup = (name, lookup) if underscores else (parameter, "exact")
    return f"{lookup!r} is not an allowed filter on the {field!r} field."


_READERS: Mapping[Kind, Callable[[Field, str], Any]] = {Kind.CHOICE: _choice, Kind.MOMENT: _moment, Kind.FLAG: _flag}
_LOOKUPS: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "": lambda column, value: column == value,
    "contains": lambda column, value: column.contains(value, autoescape=True),
    "icontains": lambda column, value: column.icontains(value, autoescape=True),
}
