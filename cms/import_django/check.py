"""The check at an import's end: both databases are read once more and compared, row by row and by checksum."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.legacy import Known, LegacyRow, LegacyTable, Refused, Values, moment, shown
from cms.import_django import writer
from cms.import_django.report import TableReport
from cms.import_django.source import OldSite

MOST_DIFFERENCES = 1000


async def compare(
    session: AsyncSession, old: OldSite, table: LegacyTable, *, known: Known, report: TableReport
) -> None:
    """Fill in the report's checksums and differences.

    A row that came over unchanged is compared with the old row itself, not with our idea of it; one that was
    changed, with what its sentences say it has become.
    """
    there, here = Checksum(), Checksum()
    again = known.without_claims()
    read = 0
    async for batch in old.batches(table.source, order_by=table.order_by):
        read += len(batch)
        rows = [LegacyRow(table.source, values) for values in batch]
        expected = _expected(table, rows, again, report)
        found = await writer.stored(session, table, list(expected))
        for row_id, values in expected.items():
            if row_id in found:
                wanted = writer.with_what_stays(table, values, found[row_id])
                there.add(wanted)
                here.add(found[row_id])
                _note_differences(report, row_id, wanted, found[row_id])
                report.kept += wanted != values
            else:
                there.add(values)
                _note(report, f"Row {row_id} was written, but is not here.")
    if read != report.read:
        _note(report, f"{report.read} rows were read at first, {read} at the check.")
    if report.kept:
        report.remarks.append(f"{report.kept:,} rows keep what their people did here: signed in, or chose a password.")
    report.checksum_there, report.checksum_here = there.value, here.value


class Checksum:
    """A sum over rows that does not depend on their order."""

    def __init__(self) -> None:
        self._sum = 0

    def add(self, values: Values) -> None:
        canonical = json.dumps({name: _canonical(value) for name, value in values.items()}, sort_keys=True)
        digest = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).digest()
        self._sum = (self._sum + int.from_bytes(digest)) % 2**256

    @property
    def value(self) -> str:
        return f"{self._sum:064x}"


def _expected(table: LegacyTable, rows: list[LegacyRow], known: Known, report: TableReport) -> dict[int, Values]:
    """Return what should be here: every row that is not refused, by a rule or by the database."""
    refused = {problem.id for problem in report.refused}
    found: dict[int, Values] = {}
    for row in rows:
        try:
            values = table.converted(row, known)
        except Refused:
            continue
        if row.id in known.ids[table.source]:
            found[row.id] = values if row.changes else _verbatim(table, row, values)
        elif str(row.id) not in refused:
            _note(report, f"Row {row.id} is neither here nor refused.")
    return found


def _verbatim(table: LegacyTable, row: LegacyRow, values: Values) -> Values:
    """Take each value from the old row itself where one column of ours stands for one of the old."""
    verbatim = dict(values)
    columns = {**table.columns, **({table.markup: table.markup} if table.markup else {})}
    for ours, theirs in columns.items():
        if theirs in row.values and row.values[theirs] is not None and ours not in table.translated:
            raw = row.values[theirs]
            verbatim[ours] = _as_ours(raw, values[ours])
    return verbatim


def _as_ours(raw: Any, ours: Any) -> Any:
    """Return a value of the old row in the type that ours has; nothing else about it may change."""
    if isinstance(ours, datetime):
        return moment(raw)
    return str(raw) if isinstance(ours, str) else raw


def _note_differences(report: TableReport, row_id: int, expected: Values, found: Values) -> None:
    for name, value in expected.items():
        if _canonical(found[name]) != _canonical(value):
            _note(report, f"Row {row_id}: “{name}” is {shown(found[name])} here and {shown(value)} there.")


def _note(report: TableReport, sentence: str) -> None:
    if len(report.differences) < MOST_DIFFERENCES:
        report.differences.append(sentence)


def _canonical(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
