"""How a row of the old site becomes one of ours: field by field, with a sentence for what was changed or refused."""

import re
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any, Protocol

from sqlalchemy import BigInteger, Boolean, DateTime, Integer, String, Table
from sqlalchemy.schema import Column
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from cms.core.database import Base
from cms.core.errors import CMSError
from cms.core.markup import LEGACY_KINDS, TRUSTED_KINDS, MarkupKind
from cms.core.text import storable

Values = dict[str, Any]

UNKNOWN_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for a date that the old row does not hold, so that importing twice gives the same row twice."""

LARGEST_INTEGER = 2**31 - 1
LARGEST_ID = 2_000_000_000
"""New rows get ids after the largest one, so some room has to be left."""

LARGEST_BIG = 2**63 - 1
SHOWN_LENGTH = 60

BREAKS = re.compile(r"[\t\n\r]+")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class Refused(CMSError):
    """The row cannot be taken over; the message is the reason."""


class Rows(Protocol):
    """The old site's tables, as a domain reads them that needs more than the row before it."""

    async def rows(self, table: str, *columns: str) -> list[Values]:
        """Return these columns of every row, or all columns of a small table; none where there is no such table."""
        ...


@dataclass
class Known:
    """What the import knows when it comes to a row: the rows taken over before it."""

    ids: dict[str, set[int]] = field(default_factory=dict)
    """Ids that were taken over, by table of the old site."""

    facts: dict[str, Any] = field(default_factory=dict)
    """What a table's `prepare` found out for the rows that follow."""

    remarks: dict[str, list[str]] = field(default_factory=dict)
    """Sentences about whole tables."""

    _claims: dict[tuple[str, str], dict[Hashable, int]] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)

    def see(self, row: "LegacyRow") -> None:
        """Note that there is a row of this id. Raises Refused where there was one before."""
        if row.id in self._seen:
            raise Refused(f"Another row has the id {row.id}, too.")
        self._seen.add(row.id)

    def claim(self, row: "LegacyRow", what: str, value: Hashable) -> int | None:
        """Note that `row` holds `value`, of which there can be one; return the row that held it before, if any."""
        holders = self._claims.setdefault((row.table, what), {})
        if value in holders:
            return holders[value]
        holders[value] = row.id
        row.claims.append((holders, value))
        return None

    def claim_alone(self, row: "LegacyRow", what: str, value: Hashable) -> None:
        """Note that `row` holds `value`; raises Refused where an earlier row does."""
        holder = self.claim(row, what, value)
        if holder is not None:
            raise Refused(f"Its {what} {shown(value)} is that of row {holder}, too.")

    def remark(self, table: str, sentence: str) -> None:
        """Say something about a whole table, once."""
        said = self.remarks.setdefault(table, [])
        if sentence not in said:
            said.append(sentence)

    def without_claims(self) -> "Known":
        """Return the same knowledge for going through the rows of a table, or through them once more."""
        return Known(ids=self.ids, facts=self.facts, remarks=self.remarks)


@dataclass
class LegacyRow:
    """One row of the old site, and what had to be changed about it."""

    table: str
    values: Mapping[str, Any]
    changes: list[str] = field(default_factory=list)
    claims: list[tuple[dict[Hashable, int], Hashable]] = field(default_factory=list)

    @property
    def id(self) -> int:
        """The row's key. Raises Refused where it cannot be one of ours."""
        found = self.values.get("id")
        if not isinstance(found, int) or not 0 < found <= LARGEST_ID:
            raise Refused(f"Its id {shown(found)} cannot be kept.")
        return found

    def changed(self, sentence: str) -> None:
        """Say that the row was taken over, but not as it was."""
        self.changes.append(sentence)

    def get(self, name: str) -> Any:
        return self.values.get(name)

    def text(self, name: str, *, multiline: bool = False) -> str:
        """Return a text without the control characters that neither XML nor people can read."""
        raw = self.values.get(name)
        value = "" if raw is None else str(raw)
        clean = storable(value)
        if not multiline:
            clean = BREAKS.sub(" ", clean)
        if clean != value:
            self.changed(f"Control characters, or bytes that are no UTF-8, were removed from “{name}”.")
        return clean

    def strip(self, values: Values, name: str) -> str:
        """Remove the spaces around one of our values, and return it."""
        stripped = str(values[name]).strip()
        if stripped != values[name]:
            self.changed(f"Spaces around “{name}” were removed.")
        values[name] = stripped
        return stripped


Convert = Callable[[LegacyRow, Values, Known], None]
Prepare = Callable[[Rows, Known], Awaitable[None]]


def as_it_is(_row: LegacyRow, _values: Values, _known: Known) -> None:
    """Change nothing: for tables without rules of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class LegacyTable:
    """A table of the old site, and where its columns go."""

    source: str
    model: type[Base]
    columns: Mapping[str, str]
    """Our column → the old one."""

    convert: Convert = as_it_is
    """The domain's rules: changes the values, or raises Refused."""

    markup: str | None = None
    """The text that the old site kept as `<text>`, `<text>_markup_type` and `_<text>_rendered`."""

    markup_kind: MarkupKind | None = None
    """The kind of every row's text, where the old site kept none beside it."""

    trusted: bool = False
    """Whether the text may be of a kind whose HTML is shown as it is: what only the old site's page editors wrote."""

    prepare: Prepare | None = None
    order_by: tuple[str, ...] = ()
    """Old columns that decide which of two rows comes first; `-` before a name turns the order round."""

    exclusive: tuple[str, ...] = ()
    """Our flags of which only some rows may hold one; they are taken from all before they are given anew."""

    kept: Callable[[Values, Values], Values] | None = None
    """Which of a row's values here stay, given them and those of the old row: what people did here themselves."""

    derived: frozenset[str] = frozenset()
    """Our columns that `convert` fills from more than one old column."""

    translated: frozenset[str] = frozenset()
    """Our columns whose values `convert` translates by a rule that needs no sentence for each row."""

    @property
    def target(self) -> Table:
        table = self.model.__table__
        assert isinstance(table, Table)  # noqa: S101 - for the type checker: every model of ours is a plain table.
        return table

    @property
    def written(self) -> tuple[str, ...]:
        """Our columns that the import writes, except for rendered markup."""
        markup = (self.markup, f"{self.markup}_kind") if self.markup else ()
        return (*self.columns, *markup, *sorted(self.derived))

    def converted(self, row: LegacyRow, known: Known) -> Values:
        """Return the row's values as ours. Raises Refused, with the reason; what the row claimed is free again then."""
        known.see(row)
        try:
            return self._converted(row, known)
        except Refused:
            for holders, value in row.claims:
                del holders[value]
            raise

    def _converted(self, row: LegacyRow, known: Known) -> Values:
        values: Values = {
            ours: _value(self.target.c[ours], row, theirs, known) for ours, theirs in self.columns.items()
        }
        if self.markup and self.markup_kind:
            values |= {self.markup: row.text(self.markup, multiline=True), f"{self.markup}_kind": self.markup_kind}
        elif self.markup:
            values |= _markup(row, self.markup, trusted=self.trusted)
        _fill_moments(self, row, values)
        self.convert(row, values, known)
        _refuse_what_is_too_large(self.target, values)
        return values


def shown(value: object) -> str:
    """Return a value as a sentence can quote it: short, and without what a terminal would obey."""
    text = UNPRINTABLE.sub(" ", str(value))
    return f"“{text[:SHOWN_LENGTH]}{'…' if len(text) > SHOWN_LENGTH else ''}”"


def moment(value: object) -> datetime | None:
    """Return the moment that an ISO date names, in UTC where it names no zone; None for what is no date of ours.

    The first and the last year that Python knows are none: the database's driver means infinity by their ends.
    """
    try:
        found = datetime.fromisoformat(str(value))
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if MINYEAR < found.year < MAXYEAR else None


def default_of(column: Column[Any]) -> Any:
    """Return what a column holds if nothing is said about it; None where that depends on more than the column."""
    return column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None


def _value(column: Column[Any], row: LegacyRow, name: str, known: Known) -> Any:
    raw = row.get(name)
    if column.foreign_keys:
        return _reference(column, row, name, known)
    if isinstance(column.type, Boolean):
        return _boolean(column, row, name)
    if isinstance(column.type, Integer):
        return _integer(column, row, name)
    if isinstance(column.type, DateTime):
        return _moment(row, name, known)
    if raw is None and column.nullable:
        return None
    return row.text(name, multiline=not isinstance(column.type, String) or column.type.length is None)


def _reference(column: Column[Any], row: LegacyRow, name: str, known: Known) -> int | None:
    """Return the id of a row taken over before; a reference into the void is dropped where ours may be empty."""
    (key,) = column.foreign_keys
    found = row.get(name)
    if found is None and column.nullable:
        return None
    if isinstance(found, int) and found in known.ids.get(known.facts["source of"][key.column.table.name], ()):
        return found
    sentence = f"Its “{name}” names row {shown(found)}, which does not exist or was refused."
    if not column.nullable:
        raise Refused(sentence)
    row.changed(f"{sentence} The reference was dropped.")
    return None


def _boolean(column: Column[Any], row: LegacyRow, name: str) -> bool:
    raw = row.get(name)
    if isinstance(raw, bool):
        return raw
    default = bool(default_of(column))
    if raw is not None or name in row.values:
        row.changed(f"“{name}” is {shown(raw)}, neither true nor false; it was set to {str(default).lower()}.")
    return default


def _integer(column: Column[Any], row: LegacyRow, name: str) -> int | None:
    raw = row.get(name)
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if raw is None and column.nullable:
        return None
    if raw is None and (default := default_of(column)) is not None:
        if name in row.values:
            row.changed(f"“{name}” is empty; it was set to {int(default)}.")
        return int(default)
    raise Refused(f"“{name}” is {shown(raw)}, which is no whole number.")


def _moment(row: LegacyRow, name: str, known: Known) -> datetime | None:
    raw = row.get(name)
    if raw is None:
        return None
    found = moment(raw)
    if found is None:
        row.changed(f"“{name}” is {shown(raw)}, which is no date that can be kept.")
    elif "+" not in str(raw) and not str(raw).endswith("Z"):
        known.remark(row.table, f"The dates in “{name}” name no time zone; they were read as UTC.")
    return found


def _fill_moments(table: LegacyTable, row: LegacyRow, values: Values) -> None:
    """Give a date that is needed but missing the moment of another date of the row."""
    for ours, theirs in table.columns.items():
        column = table.target.c[ours]
        if values[ours] is None and not column.nullable and isinstance(column.type, DateTime):
            values[ours] = values.get("created_at") or UNKNOWN_MOMENT
            if theirs in row.values and row.values[theirs] is None:
                row.changed(f"“{theirs}” is empty; it was set to {values[ours]:%Y-%m-%d}.")


def _markup(row: LegacyRow, name: str, *, trusted: bool) -> Values:
    """Return the source text and its kind; what nothing renders here is kept as the old site's HTML."""
    called = str(row.get(f"{name}_markup_type") or "")
    kind = LEGACY_KINDS.get(called)
    if kind is not None and (trusted or kind not in TRUSTED_KINDS):
        return {name: row.text(name, multiline=True), f"{name}_kind": kind}
    rendered = row.text(f"_{name}_rendered", multiline=True)
    if rendered:
        row.changed(f"Its markup {shown(called)} is not for this; the HTML that the old site made of it is kept.")
        return {name: rendered, f"{name}_kind": MarkupKind.HTML}
    row.changed(f"Its markup {shown(called)} is not for this; the text is kept as plain text.")
    return {name: row.text(name, multiline=True), f"{name}_kind": MarkupKind.PLAIN}


def _refuse_what_is_too_large(table: Table, values: Values) -> None:
    for name, value in values.items():
        kind = table.c[name].type
        if isinstance(kind, String) and kind.length and isinstance(value, str) and len(value) > kind.length:
            raise Refused(f"“{name}” has {len(value)} characters; {kind.length} are the most that can be kept.")
        largest = LARGEST_BIG if isinstance(kind, BigInteger) else LARGEST_INTEGER
        if isinstance(kind, Integer) and isinstance(value, int) and abs(value) > largest:
            raise Refused(f"“{name}” is {value}, which is larger than can be kept.")
