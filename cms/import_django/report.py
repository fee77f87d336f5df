"""What an import did: counted by table, with a sentence and the row for whatever did not come over as it was."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cms.core.errors import Unavailable
from cms.core.legacy import UNPRINTABLE, shown

SHOWN_PROBLEMS = 20
"""How many rows of each sort are printed; the file of --report has all."""

SECRET_COLUMNS = frozenset({"password"})
SHORT_CHECKSUM = 8


@dataclass
class Problem:
    """A row that did not come over, or not as it was."""

    id: str
    reason: str
    row: Mapping[str, str]


@dataclass
class TableReport:
    """What became of one table of the old site."""

    source: str
    target: str
    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Problem] = field(default_factory=list)
    changed: list[Problem] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Rows of ours that the source does not have, or no longer."""

    removed: int = 0
    kept: int = 0
    """Rows of which something stayed that their people did here."""

    files_copied: int = 0
    files_present: int = 0
    files_missing: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    checksum_there: str = ""
    checksum_here: str = ""
    differences: list[str] = field(default_factory=list)
    """What cannot be explained: rows that are neither here nor refused, and values that differ."""

    @property
    def written(self) -> int:
        return self.created + self.updated + self.unchanged

    @property
    def agrees(self) -> bool:
        counts = self.read == self.written + len(self.refused)
        return counts and not self.differences and self.checksum_there == self.checksum_here

    def refuse(self, identity: object, reason: str, row: Mapping[str, Any]) -> None:
        self.refused.append(Problem(str(identity), reason, excerpt(row)))

    def change(self, identity: object, reasons: Iterable[str], row: Mapping[str, Any]) -> None:
        self.changed.append(Problem(str(identity), " ".join(reasons), excerpt(row)))


@dataclass
class Report:
    """What an import did, and whether its check found nothing unexplained."""

    source: str
    started_at: str
    tables: list[TableReport] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def has_written(self) -> bool:
        return any(table.created + table.updated + table.removed + table.files_copied for table in self.tables)

    @property
    def agrees(self) -> bool:
        return all(table.agrees for table in self.tables)

    def table(self, source: str) -> TableReport:
        return next(table for table in self.tables if table.source == source)

    def save(self, path: Path) -> None:
        """Write everything as JSON. Raises Unavailable where the file cannot be written."""
        content = asdict(self) | {"agrees": self.agrees}
        try:
            text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise Unavailable(f"The report cannot be written to {path}: {error.strerror}.") from error

    def show(self, console: Console) -> None:
        """Print the counts, then the rows that need somebody's eyes."""
        console.print(self._counts())
        for table in self.tables:
            _show_problems(console, table)
        if self.agrees:
            console.print("[green]Everything that was read is here or was refused for a reason given above.[/green]")
        else:
            console.print("[red]Source and target differ in ways that nothing above explains.[/red]")

    def _counts(self) -> Table:
        counts = Table(title=f"Import from “{escape(self.source)}” in {self.seconds:.1f} s", box=SIMPLE)
        counts.add_column("Table", no_wrap=True)
        for heading in ("Read", "New", "Updated", "Same", "Changed", "Refused", "Only here"):
            counts.add_column(heading, justify="right", no_wrap=True)
        counts.add_column("Check", no_wrap=True)
        for table in self.tables:
            numbers = (table.read, table.created, table.updated, table.unchanged)
            lists = (table.changed, table.refused, table.gone)
            cells = (*numbers, *(len(found) for found in lists))
            counts.add_row(table.source, *(f"{number:,}" for number in cells), _verdict(table))
        return counts


def excerpt(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a row short enough to be read in a list, and without secrets."""
    return {
        name: shown(value)
        for name, value in row.items()
        if name not in SECRET_COLUMNS and not name.startswith("_") and value not in (None, "")
    }


def _verdict(table: TableReport) -> str:
    if table.agrees:
        return f"{table.checksum_here[:SHORT_CHECKSUM] or 'counted'} ✓"
    return f"{table.checksum_there[:SHORT_CHECKSUM]} ≠ {table.checksum_here[:SHORT_CHECKSUM]}, or counts differ"


def _show_problems(console: Console, table: TableReport) -> None:
    for remark in table.remarks:
        _print(console, f"{table.source}: {remark}")
    sorts = (
        ("refused", [f"{found.id}: {found.reason}" for found in table.refused]),
        ("changed", [f"{found.id}: {found.reason}" for found in table.changed]),
        ("only here", table.gone),
        ("file missing", table.files_missing),
        ("unexplained", table.differences),
    )
    for sort, found in sorts:
        for line in found[:SHOWN_PROBLEMS]:
            _print(console, f"{table.source}, {sort}: {line}")
        if len(found) > SHOWN_PROBLEMS:
            rest = len(found) - SHOWN_PROBLEMS
            _print(console, f"{table.source}, {sort}: and {rest:,} more; --report lists all.")


def _print(console: Console, line: str) -> None:
    """Print a line as it is, but for what a terminal would obey."""
    console.print(UNPRINTABLE.sub(" ", line), markup=False, highlight=False)
