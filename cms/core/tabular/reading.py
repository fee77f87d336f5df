"""Tables that people upload as CSV, Excel or JSON: read within bounds, or refused with a sentence that says where."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from cms.core.errors import Invalid
from cms.core.tabular.cells import CUT_HERE, as_text, unguarded
from cms.core.tabular.workbooks import is_old_workbook, is_workbook, rows_of_workbook

LARGEST_FILE = 5_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 100
DELIMITERS = (",", ";", "\t")

BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
GUESSED = (
    "The file does not say how its letters are written, and it is not UTF-8. It was read as Windows-1252: "
    "look at the letters with accents. If they are wrong, save the file as “CSV UTF-8”."
)
UNKNOWN_LETTERS = (
    "It cannot be told how the letters of this file are written. Save it as “CSV UTF-8”, and choose it again."
)
OLD_WORKBOOK = "This is a workbook of an old Excel. Save it as an Excel workbook (.xlsx), and choose it again."

csv.field_size_limit(LARGEST_FILE)  # The usual limit is shorter than long pages.


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its number as a spreadsheet shows it, and the text of each cell by the head of its column."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds; a column that a row does not name says nothing about the row."""

    columns: list[str]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    """Sentences about what had to be guessed."""


def read(content: bytes) -> Table:
    """Read a table from a file, whose kind is told by its content.

    Raises Invalid, naming the row where there is one, for whatever cannot be read.
    """
    if len(content) > LARGEST_FILE:
        raise Invalid(f"The file is larger than {LARGEST_FILE // 1_000_000} MB.")
    if is_workbook(content):
        return _of_lines(rows_of_workbook(content, most_columns=MOST_COLUMNS), notes=[])
    if is_old_workbook(content):
        raise Invalid(OLD_WORKBOOK)
    text, notes = _decoded(content)
    if text.lstrip()[:1] in {"{", "["}:
        return _of_json(text, notes)
    return _of_lines(_csv_lines(text), notes=notes)


def _decoded(content: bytes) -> tuple[str, list[str]]:
    """Return the text of a file, and what had to be guessed to read it."""
    mark, encoding = next(((m, e) for m, e in BYTE_ORDER_MARKS.items() if content.startswith(m)), (b"", "utf-8"))
    notes = []
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        if mark or b"\0" in content:
            raise Invalid(UNKNOWN_LETTERS) from None
        text, notes = _as_windows(content), [GUESSED]
    if "\0" in text:
        raise Invalid(UNKNOWN_LETTERS)
    return text, notes


def _as_windows(content: bytes) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        raise Invalid(UNKNOWN_LETTERS) from None


def _csv_lines(text: str) -> Iterator[Sequence[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter_of(text), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise Invalid(
            f"Line {reader.line_num} of the file cannot be read: its quotation marks do not match."
        ) from error


def _delimiter_of(text: str) -> str:
    """Return the delimiter that occurs most often in the first line, outside of quotation marks."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=bare.count)


def _of_lines(lines: Iterable[Sequence[Any]], *, notes: list[str]) -> Table:
    """Make a table of lines of cells, of which the first that is not blank names the columns."""
    columns: list[str] = []
    rows: list[Row] = []
    for number, line in enumerate(lines, start=1):
        cells = [unguarded(as_text(value)) for value in line]
        while cells and not cells[-1]:
            cells.pop()
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = _columns_of(cells)
            continue
        if len(cells) > len(columns):
            raise Invalid(f"Row {number} has {len(cells)} cells, but there are {len(columns)} columns.")
        _refuse_cut(number, columns, cells)
        rows.append(Row(number, dict(zip(columns, [*cells, *[""] * (len(columns) - len(cells))], strict=True))))
        _refuse_too_many(rows)
    return _complete(Table(columns, rows, notes))


def _columns_of(cells: Sequence[str]) -> list[str]:
    heads = [" ".join(cell.split()) for cell in cells]
    for place, head in enumerate(heads, start=1):
        if not head:
            raise Invalid(f"Column {place} has no name in the first row.")
        if [other.casefold() for other in heads].count(head.casefold()) > 1:
            raise Invalid(f"There are two columns called “{head}”.")
    if len(heads) > MOST_COLUMNS:
        _refuse_wide()
    return heads


def _of_json(text: str, notes: list[str]) -> Table:
    """Read a list of objects, alone or as the “rows” of an export."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" Line {error.lineno} is where it breaks off." if isinstance(error, json.JSONDecodeError) else ""
        raise Invalid(f"This is not valid JSON.{place}") from error
    entries = document.get("rows") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise Invalid("A JSON file must hold a list of objects, alone or under “rows”.")
    columns: dict[str, None] = {}
    rows: list[Row] = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or any(isinstance(value, dict) for value in entry.values()):
            raise Invalid(f"Entry {number} of the list is no object of plain values.")
        cells = {" ".join(key.split()): as_text(value) for key, value in entry.items()}
        columns.update(dict.fromkeys(cells))
        rows.append(Row(number, cells))
        _refuse_too_many(rows)
    if len(columns) > MOST_COLUMNS:
        _refuse_wide()
    return _complete(Table(_columns_of(list(columns)) if columns else [], rows, notes))


def _complete(table: Table) -> Table:
    if not table.columns:
        raise Invalid("The file is empty.")
    if not table.rows:
        raise Invalid("The file names its columns, but holds no rows.")
    return table


def _refuse_cut(number: int, columns: Sequence[str], cells: Sequence[str]) -> None:
    """Refuse what our own export had to cut: taken back, it would cut the text for good."""
    for column, cell in zip(columns, cells, strict=False):
        if cell.endswith(CUT_HERE):
            raise Invalid(f"Row {number}: “{column}” was cut when it was exported. Leave this column out, or use CSV.")


def _refuse_too_many(rows: Sequence[Row]) -> None:
    if len(rows) > MOST_ROWS:
        raise Invalid(f"The file has more than {MOST_ROWS:,} rows. Divide it.")


def _refuse_wide() -> NoReturn:
    raise Invalid(f"The file has more than {MOST_COLUMNS} columns.")
