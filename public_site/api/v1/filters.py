"""Which rows a query of version 1 asks for: filters as the old library allowed them, and refused them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast
from sqlalchemy.orm import InstrumentedAttribute

from public_site.api.legacy import values
from public_site.api.legacy.fields import Field, Kind
from public_site.api.legacy.resources import BY_PATH, Resource
from public_site.api.v1.errors import BadRequest

ALL, ALL_WITH_RELATIONS = 1, 2

FILTERING: Mapping[str, Mapping[str, Sequence[str | int] | int]] = {
    "downloads/os": {"name": ("exact",), "slug": ("exact",)},
    "downloads/release": {
        "name": ("exact",),
        "slug": ("exact",),
        "is_published": ("exact",),
        "pre_release": ("exact",),
        "version": ("exact", "startswith"),
        # Meant to allow every lookup; written like this it allows none, and the old site shipped it.
        "release_date": (ALL,),
    },
    "downloads/release_file": {
        "name": ("exact",),
        "slug": ("exact",),
        "os": ALL_WITH_RELATIONS,
        "release": ALL_WITH_RELATIONS,
        "description": ("contains",),
    },
    "pages/page": {
        "title": ("exact",),
        "path": ("exact",),
        "keywords": ("exact", "icontains"),
        "is_published": ("exact",),
    },
}
"""What each resource lets clients filter by, as its schema document tells it."""

OF_LINKS = frozenset({"exact", "in", "gt", "gte", "lt", "lte", "isnull"})
OF_MOMENTS = frozenset(
    {"date", "year", "iso_year", "month", "day", "week", "week_day", "iso_week_day", "quarter"}
    | {"time", "hour", "minute", "second"}
)
OF_ALL = OF_LINKS | frozenset(
    {"iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"}
    | {"range", "regex", "iregex"}
)
"""The lookups that the old library knew, by kind of field: what stands last in a filter is one of these, or a field."""

MISMATCHED = "Invalid resource lookup data provided (mismatched type)."
NO_NUL = "Null characters are not allowed."
TRUE, FALSE, NOTHING = {"true", "True"}, {"false", "False"}, {"nil", "none", "None"}
FLAGS = {**dict.fromkeys(("true", "True", "t", "1"), True), **dict.fromkeys(("false", "False", "f", "0"), False)}


def filtered(rows: Select[Any], resource: Resource, query: Sequence[tuple[str, str]]) -> Select[Any]:
    """Return the rows that the query asks for. Raises BadRequest for a filter that is not allowed."""
    if any("\0" in name or "\0" in value for name, value in query):
        raise BadRequest(NO_NUL)
    for expression, value in dict(query).items():
        name, *rest = expression.split("__")
        field = resource.by_name.get(name)
        if field is not None:
            rows = rows.where(_condition(resource, field, rest, value))
    return rows


def refuse_ordering(resource: Resource, query: Sequence[tuple[str, str]]) -> None:
    """Raise BadRequest where the query asks for an order: no field allows one."""
    given = dict(query)
    ordered = "order_by" if "order_by" in given else "sort_by"
    for asked in (value for name, value in query if name == ordered):
        name = asked.split("__")[0].removeprefix("-")
        if name not in resource.by_name:
            raise BadRequest(f"No matching '{name}' field for ordering on.")
        raise BadRequest(f"The '{name}' field does not allow ordering.")


def _condition(resource: Resource, field: Field, rest: list[str], value: str) -> ColumnElement[bool]:
    if field.kind is Kind.ADDRESS:
        raise BadRequest(f"The '{field.name}' field is not a valid field name")
    lookup = rest.pop() if rest and rest[-1] in _lookups_of(field) else "exact"
    return _compared(_checked(resource, field.name, lookup, rest), lookup, value)


def _checked(resource: Resource, name: str, lookup: str, rest: list[str]) -> Field:
    """Return the field that is compared, perhaps of a row that this one refers to. Raises BadRequest."""
    allowed = FILTERING[resource.path].get(name)
    if allowed is None:
        raise BadRequest(f"The '{name}' field does not allow filtering.")
    if not isinstance(allowed, int) and lookup not in allowed:
        raise BadRequest(f"'{lookup}' is not an allowed filter on the '{name}' field.")
    field = resource.by_name[name]
    if not rest:
        return field
    if field.kind is not Kind.LINK:
        raise BadRequest(f"The '{name}' field does not support relations.")
    return _checked(BY_PATH[field.to], rest[0], lookup, rest[1:])


def _lookups_of(field: Field) -> frozenset[str]:
    if field.kind is Kind.LINK:
        return OF_LINKS
    return OF_ALL | OF_MOMENTS if field.kind is Kind.MOMENT else OF_ALL


def _compared(field: Field, lookup: str, value: str) -> ColumnElement[bool]:
    column: InstrumentedAttribute[Any] = field.column
    if lookup == "exact" and value in NOTHING:
        return column.is_(None)
    return _LOOKUPS[lookup](field, column, value)


def _value(field: Field, text: str) -> Any:
    if field.kind is Kind.FLAG:
        if text not in FLAGS:
            raise BadRequest(f"['“{text}” value must be either True or False.']")
        return FLAGS[text]
    if field.kind in {Kind.LINK, Kind.CHOICE}:
        found = values.row_id(text)
        if found is None:
            raise BadRequest(MISMATCHED)
        return found
    return text


def _is_null(_field: Field, column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    if text not in TRUE | FALSE:
        raise BadRequest(MISMATCHED)
    return column.is_(None) if text in TRUE else column.is_not(None)


Lookup = Callable[[Field, InstrumentedAttribute[Any], str], ColumnElement[bool]]

_LOOKUPS: Mapping[str, Lookup] = {
    "exact": lambda field, column, text: column == _value(field, text),
    "in": lambda field, column, text: column.in_([_value(field, part) for part in text.split(",")]),
    "gt": lambda field, column, text: column > _value(field, text),
    "gte": lambda field, column, text: column >= _value(field, text),
    "lt": lambda field, column, text: column < _value(field, text),
    "lte": lambda field, column, text: column <= _value(field, text),
    "isnull": _is_null,
    "contains": lambda _field, column, text: column.contains(text, autoescape=True),
    "icontains": lambda _field, column, text: column.icontains(text, autoescape=True),
    "startswith": lambda _field, column, text: cast(column, String).startswith(text, autoescape=True),
}
"""Those that some resource allows."""
