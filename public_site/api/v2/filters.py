"""The questions that a list answers: which fields narrow it, and how an address says so."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import StringConstraints, TypeAdapter
from sqlalchemy import ColumnElement, Enum, String

from cms.core.database import has_words
from public_site.api.v2.fields import WITHOUT_NUL, Field, Moment, Role, parsed, strictly
from public_site.api.v2.resources import Resource

PART = strictly(Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=WITHOUT_NUL)])
MOMENT = strictly(Moment)
Condition = Callable[[Any], ColumnElement[bool] | None]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One parameter that narrows a list; its condition is None where the value narrows nothing."""

    name: str
    description: str
    adapter: TypeAdapter[Any]
    condition: Condition
    is_literal: bool = False

    def parse(self, text: str) -> Any:
        """Return the value that a text in the address stands for. Raises Unreadable."""
        return parsed(self.adapter, text, is_literal=self.is_literal)


@cache
def filters_of(resource: Resource) -> dict[str, Filter]:
    """Return the parameters that narrow a resource's lists, by name."""
    found = [made for field in resource.fields if field.has(Role.FILTER) for made in _filters_for(field)]
    if resource.model.searched_columns:
        found.append(_search(resource.model))
    return {made.name: made for made in found}


def _filters_for(field: Field) -> list[Filter]:
    """Return the questions about one field: of texts also about a part, of moments about what is after and before."""
    is_literal = isinstance(field.example, bool | int)
    made = [
        Filter(
            name=field.name,
            description=f"Only those of which `{field.name}` is this.",
            adapter=field.adapter,
            condition=field.is_value,
            is_literal=is_literal,
        )
    ]
    if field.type is Moment:
        made += _moments(field)
    elif field.column is not None and field.reference is None and _is_text(field.column):
        made.append(_part(field))
    return made


def _moments(field: Field) -> list[Filter]:
    column: Any = field.column
    said = f"Only those of which `{field.name}` is"
    return [
        Filter(
            name=f"{field.name}__from",
            description=f"{said} this moment or later.",
            adapter=MOMENT,
            condition=lambda moment: column >= moment,
        ),
        Filter(
            name=f"{field.name}__before",
            description=f"{said} before this moment.",
            adapter=MOMENT,
            condition=lambda moment: column < moment,
        ),
    ]


def _part(field: Field) -> Filter:
    column: Any = field.column
    return Filter(
        name=f"{field.name}__contains",
        description=f"Only those of which `{field.name}` contains this, in small letters or capitals.",
        adapter=PART,
        condition=lambda part: column.icontains(part, autoescape=True),
    )


def _search(model: type[Any]) -> Filter:
    columns = ", ".join(f"`{name}`" for name in model.searched_columns)
    return Filter(
        name="search",
        description=f"Only those in which every word begins a word of {columns}.",
        adapter=PART,
        condition=lambda typed: has_words(model, typed),
    )


def _is_text(column: Any) -> bool:
    kind = column.property.columns[0].type
    return isinstance(kind, String) and not isinstance(kind, Enum)
