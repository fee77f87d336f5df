"""What the modern resources show and take: each member of their JSON is declared once, mostly from a column."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Flag, auto
from functools import cached_property
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic import Field as Constraint
from pydantic_core import PydanticCustomError
from sqlalchemy import BigInteger, ColumnElement, Enum, Select, String, select
from sqlalchemy.orm import InstrumentedAttribute

from cms.core.permissions import Actor

WITHOUT_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps any character but this one."""


NO_LITERAL = "Write a number, or true or false"
DAY_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", re.ASCII | re.IGNORECASE)


def _written_out(sent: Any) -> Any:
    """Refuse the seconds since 1970, which pydantic would take for a moment, as a number or as a text."""
    if not isinstance(sent, str) or not DAY_AND_TIME.match(sent):
        raise PydanticCustomError("moment", "Write the moment like 2025-12-05T12:00:00Z")
    return sent


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("moment", "This moment lies outside of the calendar") from error


Moment = Annotated[AwareDatetime, Constraint(strict=False), BeforeValidator(_written_out), AfterValidator(_in_utc)]


class Unreadable(ValueError):
    """A text that is no value of the field."""


class Role(Flag):
    """What a field is for, besides being shown."""

    READ = 0
    WRITTEN = auto()
    REQUIRED = auto()
    """A row cannot be made without it."""

    FILTER = auto()
    ORDER = auto()
    LONG = auto()
    """Lists leave it out unless they are asked for it."""


READ, WRITTEN, FILTER, ORDER, LONG = Role.READ, Role.WRITTEN, Role.FILTER, Role.ORDER, Role.LONG
REQUIRED = Role.WRITTEN | Role.REQUIRED


@dataclass(frozen=True, kw_only=True)
class Reference:
    """How a row names another one: by a column of the other that people know, instead of by its number."""

    relation: InstrumentedAttribute[Any]
    key: InstrumentedAttribute[Any]
    seen_by: Callable[[Actor | None], Select[Any]]
    """The rows that somebody may name."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """One member of a resource's JSON; `type` is that of its values, as pydantic understands it."""

    name: str
    type: Any
    is_nullable: bool = False
    description: str
    example: Any
    read: Callable[[Any], Any]
    column: InstrumentedAttribute[Any] | None = None
    reference: Reference | None = None
    roles: Role = READ

    def has(self, role: Role) -> bool:
        return role in self.roles

    @property
    def kept_type(self) -> Any:
        """The type of its values, and of none where there may be none."""
        return self.type | None if self.is_nullable else self.type

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        return strictly(self.type)

    def parse(self, text: str) -> Any:
        """Return the value that a text in an address stands for. Raises Unreadable."""
        return parsed(self.adapter, text, is_literal=isinstance(self.example, bool | int))

    def is_value(self, value: Any) -> ColumnElement[bool]:
        """Return the condition that a row has this value here."""
        column: Any = self.column
        if self.reference is None:
            return column == value  # type: ignore[no-any-return]  # a column compares to a condition
        other = self.reference.key
        return column.in_(select(other.class_.id).where(other == value))  # type: ignore[no-any-return]  # as above


def strictly(kind: Any) -> TypeAdapter[Any]:
    """Return what reads values of a type, and takes no other value for one."""
    return TypeAdapter(kind, config=ConfigDict(strict=True))


def parsed(adapter: TypeAdapter[Any], text: str, *, is_literal: bool = False) -> Any:
    """Return the value that a text stands for; numbers and truths are literally what JSON has. Raises Unreadable."""
    try:
        return adapter.validate_json(text if is_literal else json.dumps(text))
    except ValidationError as error:
        fault = error.errors()[0]
        raise Unreadable(NO_LITERAL if fault["type"] == "json_invalid" else fault["msg"]) from error


def stored(
    column: InstrumentedAttribute[Any], description: str, roles: Role = READ, *, example: Any, kind: Any = None
) -> Field:
    """Return the field that shows a column; `kind` is its type where the column does not say enough."""
    name = column.key
    return Field(
        name=name,
        type=kind or _type_of(column),
        is_nullable=_is_nullable(column),
        description=description,
        example=example,
        read=lambda row: getattr(row, name),
        column=column,
        roles=roles,
    )


def computed(name: str, read: Callable[[Any], Any], description: str, *, example: Any) -> Field:
    """Return a field that is made of the row and cannot be written; its values are of the example's type."""
    return Field(name=name, type=type(example), description=description, example=example, read=read)


def refers(
    name: str,
    column: InstrumentedAttribute[Any],
    reference: Reference,
    description: str,
    roles: Role = READ,
    *,
    example: Any,
) -> Field:
    """Return the field that names another row."""
    relation, key = reference.relation.key, reference.key.key

    def read(row: Any) -> Any:
        other = getattr(row, relation)
        return None if other is None else getattr(other, key)

    return Field(
        name=name,
        type=_type_of(reference.key),
        is_nullable=_is_nullable(column),
        description=description,
        example=example,
        read=read,
        column=column,
        reference=reference,
        roles=roles,
    )


def _is_nullable(column: InstrumentedAttribute[Any]) -> bool:
    return bool(column.property.columns[0].nullable)


def _type_of(column: InstrumentedAttribute[Any]) -> Any:
    kind = column.property.columns[0].type
    if isinstance(kind, Enum):
        return kind.enum_class
    if isinstance(kind, String):  # Text is one, too.
        return Annotated[str, StringConstraints(max_length=kind.length, pattern=WITHOUT_NUL)]
    if kind.python_type is int:
        largest = 2**63 - 1 if isinstance(kind, BigInteger) else 2**31 - 1
        return Annotated[int, Constraint(ge=-largest - 1, le=largest)]
    return Moment if kind.python_type is datetime else kind.python_type
