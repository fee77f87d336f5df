"""What clients of the old APIs call our columns, and what kind of value each holds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute


class Kind(StrEnum):
    """The kind of a field's value."""

    TEXT = "text"
    SLUG = "slug"
    URL = "url"
    FLAG = "flag"
    NUMBER = "number"
    CHOICE = "choice"
    MOMENT = "moment"
    LINK = "link"
    """Another row, by its address."""

    ADDRESS = "address"
    """The row's own address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a resource; the old schema document tells its `label` and `hint`."""

    name: str
    column: InstrumentedAttribute[Any]
    kind: Kind = Kind.TEXT
    is_required: bool = False
    may_be_blank: bool = False
    written_to: str = ""
    """The attribute that is written, where what is shown is made of it."""

    choices: tuple[int, ...] = ()
    to: str = ""
    """The path of the resource that a LINK leads to."""

    default: Any = None
    label: str = ""
    hint: str = ""

    @property
    def attribute(self) -> str:
        return self.written_to or self.column.key

    @property
    def is_unique(self) -> bool:
        return bool(self._column.unique)

    @property
    def may_be_null(self) -> bool:
        return bool(self._column.nullable)

    @property
    def longest(self) -> int | None:
        """How many characters a text may have."""
        length: int | None = getattr(self._column.type, "length", None)
        return length

    @property
    def initial(self) -> Any:
        """What a new row holds where nobody says anything else; None where somebody has to."""
        if self.default is not None:
            return self.default
        default: Any = self._column.default
        return default.arg if default is not None and default.is_scalar else None

    @property
    def _column(self) -> Any:
        return self.column.property.columns[0]


Show = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows look in one version of the API: which fields, in which order, and how values are written."""

    fields: tuple[Field, ...]
    base: str
    """What addresses begin with, such as "/api/v1/"."""

    path: str
    moment: Callable[[datetime], str]

    def columns(self) -> list[InstrumentedAttribute[Any]]:
        """Return what to select: nothing more of a row is read."""
        return [field.column for field in self.fields]

    def reader(self) -> Callable[[Any], dict[str, Any]]:
        """Return what makes a selected row into what clients are shown."""
        names = tuple(field.name for field in self.fields)
        shown = [(number, show) for number, field in enumerate(self.fields) if (show := self._show(field))]

        def read(row: Any) -> dict[str, Any]:
            values = list(row)
            for number, show in shown:
                values[number] = show(values[number])
            return dict(zip(names, values, strict=True))

        return read

    def address(self, row_id: int) -> str:
        return f"{self.base}{self.path}/{row_id}/"

    def _show(self, field: Field) -> Show | None:
        """Return what a value of the field is shown by; None where it is shown as it is."""
        if field.kind is Kind.MOMENT:
            return self.moment
        if field.kind is Kind.ADDRESS:
            return self.address
        if field.kind is Kind.LINK:
            beginning = f"{self.base}{field.to}/"
            return lambda row_id: None if row_id is None else f"{beginning}{row_id}/"
        return None
