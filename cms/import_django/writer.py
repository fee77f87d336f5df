"""Writing rows of the old site into our tables: in batches, and one by one where the database refuses a batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    all_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock
from cms.core.audit import AuditEntry, as_json
from cms.core.changes import HANDLED
from cms.core.errors import Invalid
from cms.core.legacy import LegacyRow, LegacyTable, Values
from cms.core.markup import render
from cms.core.publishing import DECIDED, NEVER_RESTORED, Publishable, Revision
from cms.import_django.report import TableReport
from cms.import_django.source import in_batches

CONSEQUENCES_FOLLOW = {HANDLED: True}
"""The import ends with a purge of all pages, a new search index and one entry in the history."""

AUTHOR = "import-django"
"""The name under which the history shows what was imported."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A row of the old site and what it becomes."""

    row: LegacyRow
    values: Values

    @property
    def id(self) -> int:
        return self.row.id


async def write(session: AsyncSession, table: LegacyTable, rows: Sequence[Converted], report: TableReport) -> set[int]:
    """Write a batch and return the ids of the rows that are now here."""
    present = await _present(session, table, [row.id for row in rows])
    made_here = await _made_here(session, table, present)
    written: set[int] = set()
    new: list[Converted] = []
    changed: list[Converted] = []
    for row in rows:
        if row.id in made_here:
            report.refuse(row.id, "A row made here has its id, so it would be overwritten.", row.row.values)
        elif row.id in present and not _differs(row.values, present[row.id]):
            report.unchanged += 1
            written.add(row.id)
        elif (rendered := _rendered(table, row, report)) is not None:
            (changed if row.id in present else new).append(rendered)
    created = await _attempt(session, table, new, report, _insert)
    updated = await _attempt(session, table, changed, report, _update)
    report.created += len(created)
    report.updated += len(updated)
    return written | created | updated


async def clear_exclusive_flags(
    session: AsyncSession, table: LegacyTable, holders: Mapping[str, Collection[int]]
) -> None:
    """Take flags that one row may have from rows that do not have them any more, before others get them."""
    for flag in table.exclusive:
        others = table.target.c.id != all_(literal(list(holders[flag]), ARRAY(Integer)))
        statement = update(table.target).where(table.target.c[flag], others).values({flag: False})
        await session.execute(statement, execution_options=CONSEQUENCES_FOLLOW)


async def remove(session: AsyncSession, table: LegacyTable, ids: Iterable[int], report: TableReport) -> None:
    """Delete rows that the source no longer has; what something of ours still needs stays, and is reported."""
    for row_id in ids:
        try:
            async with session.begin_nested():
                statement = delete(table.target).where(table.target.c.id == row_id)
                await session.execute(statement, execution_options=CONSEQUENCES_FOLLOW)
            report.removed += 1
        except DBAPIError as error:
            report.remarks.append(f"Row {row_id} was not removed: {_reason(error)}")


async def only_here(session: AsyncSession, table: LegacyTable, there: Collection[int]) -> tuple[list[int], set[int]]:
    """Return the ids that only our table has, and which of them were made here."""
    ours = (await session.scalars(select(table.target.c.id).order_by(table.target.c.id))).all()
    found = [row_id for row_id in ours if row_id not in there]
    return found, await _made_here(session, table, found)


async def continue_ids(session: AsyncSession, table: LegacyTable) -> None:
    """Have new rows begin after the largest id."""
    sequence = func.pg_get_serial_sequence(table.target.name, "id")
    largest = select(func.max(table.target.c.id)).scalar_subquery()
    await session.execute(select(func.setval(sequence, func.coalesce(largest, 1), largest.is_not(None))))


async def stored(session: AsyncSession, table: LegacyTable, ids: Sequence[int]) -> dict[int, Values]:
    """Return what our table holds of these rows, in the columns that the import writes."""
    return await _present(session, table, ids)


async def _present(session: AsyncSession, table: LegacyTable, ids: Sequence[int]) -> dict[int, Values]:
    columns = [table.target.c[name] for name in table.written]
    found: dict[int, Values] = {}
    for batch in in_batches(ids):
        rows = await session.execute(select(*columns).where(table.target.c.id.in_(batch)))
        found |= {row["id"]: dict(row) for row in rows.mappings()}
    return found


async def _made_here(session: AsyncSession, table: LegacyTable, ids: Iterable[int]) -> set[int]:
    """Return which of the rows were made here: somebody's history entry says so, which no imported row has."""
    made: set[int] = set()
    for batch in in_batches(ids):
        statement = select(AuditEntry.row_id).where(
            AuditEntry.table_name == table.target.name, AuditEntry.action == "create", AuditEntry.row_id.in_(batch)
        )
        made |= {row_id for row_id in (await session.scalars(statement)).all() if row_id is not None}
    return made


def _differs(values: Values, present: Values) -> bool:
    return any(present[name] != value for name, value in values.items())


async def _attempt(
    session: AsyncSession, table: LegacyTable, rows: Sequence[Converted], report: TableReport, how: Any
) -> set[int]:
    """Write the rows at once; if the database refuses them, one by one, so that only the bad ones stay behind."""
    if not rows:
        return set()
    try:
        async with session.begin_nested():
            await how(session, table, rows)
        return {row.id for row in rows}
    except DBAPIError as error:
        if len(rows) == 1:
            report.refuse(rows[0].id, f"The database refuses it: {_reason(error)}", rows[0].row.values)
            return set()
    accepted = [await _attempt(session, table, [row], report, how) for row in rows]
    return set().union(*accepted)


async def _insert(session: AsyncSession, table: LegacyTable, rows: Sequence[Converted]) -> None:
    values = [row.values for row in rows]
    await session.execute(insert(table.target), values, execution_options=CONSEQUENCES_FOLLOW)
    await _keep_revisions(session, table, values)


async def _update(session: AsyncSession, table: LegacyTable, rows: Sequence[Converted]) -> None:
    values = [{f"new_{name}": value for name, value in row.values.items()} for row in rows]
    assignments: dict[str, ColumnElement[Any]] = {
        name: bindparam(f"new_{name}") for name in rows[0].values if name != "id"
    }
    if "lock_version" in table.target.c:
        assignments["lock_version"] = table.target.c.lock_version + 1
    statement = update(table.target).where(table.target.c.id == bindparam("new_id")).values(assignments)
    connection = await session.connection()
    await connection.execute(statement, values)
    await _keep_revisions(session, table, [row.values for row in rows])


async def _keep_revisions(session: AsyncSession, table: LegacyTable, rows: Sequence[Values]) -> None:
    """Let an editor's first change be taken back to what was imported."""
    if not issubclass(table.model, Publishable):
        return
    revisions = [
        {
            "table_name": table.target.name,
            "row_id": row["id"],
            "saved_at": clock.now(),
            "saved_by_name": AUTHOR,
            "values": {name: as_json(row[name]) for name in row.keys() - NEVER_RESTORED - DECIDED},
        }
        for row in rows
    ]
    await session.execute(insert(Revision), revisions, execution_options=CONSEQUENCES_FOLLOW)


def _rendered(table: LegacyTable, row: Converted, report: TableReport) -> Converted | None:
    """Return the row with its HTML, or refuse it where its text cannot be rendered."""
    if not table.markup:
        return row
    try:
        html = render(row.values[table.markup], row.values[f"{table.markup}_kind"])
    except Invalid as error:
        report.refuse(row.id, error.message, row.row.values)
        return None
    return Converted(row.row, row.values | {f"{table.markup}_html": html})


def _reason(error: DBAPIError) -> str:
    cause = getattr(error.orig, "__cause__", None)
    sentence = getattr(cause, "detail", None) or str(cause or error.orig)
    return f"{sentence.strip().splitlines()[0].rstrip('.')}."


async def lift_time_limits(session: AsyncSession) -> None:
    """Let statements of the import take longer than those of a page."""
    await session.execute(text("SET LOCAL statement_timeout = '10min'"))
