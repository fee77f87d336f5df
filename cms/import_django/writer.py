"""Writing rows of the old site into our tables: in batches, and one by one where the database refuses a batch."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from cms.core.legacy import LARGEST_ID, LegacyRow, LegacyTable, Values
from cms.core.markup import render
from cms.core.publishing import Publishable
from cms.core.revisions import DECIDED, NEVER_RESTORED, Revision
from cms.import_django.report import TableReport
from cms.import_django.source import in_batches

CONSEQUENCES_FOLLOW = {HANDLED: True}
"""The import ends with a purge of all pages, a new search index and one entry in the history."""

AUTHOR = "import-django"
"""The name under which the history shows what was imported."""


IMPORTED = "import"
"""What the history calls an import; the first such entry tells what was here before from what was made here since."""

ABOUT_THE_ROW = ("22", "23", "54", "P0")
"""Classes of errors by which PostgreSQL refuses a value: its data, its constraints, its limits, its triggers."""

UNIQUE_VIOLATION = "23505"


@dataclass(frozen=True, slots=True)
class Converted:
    """A row of the old site, what it becomes, and the HTML of its text."""

    row: LegacyRow
    values: Values
    html: Values = field(default_factory=dict)

    @property
    def id(self) -> int:
        return self.row.id


Write = Callable[[AsyncSession, LegacyTable, Sequence[Converted]], Awaitable[None]]


@dataclass
class Writer:
    """Writes one table, batch after batch; holds back rows whose path or name another row has not given up yet."""

    session: AsyncSession
    table: LegacyTable
    report: TableReport
    written: set[int] = field(default_factory=set)
    """The rows that are now here as the old site has them."""

    _held_back: list[tuple[Converted, str]] = field(default_factory=list)

    async def write(self, rows: Sequence[Converted]) -> None:
        """Write a batch: first what has changed, then what is new."""
        present = await _present(self.session, self.table, [row.id for row in rows])
        made_here = await _made_here(self.session, self.table, present)
        new: list[Converted] = []
        changed: list[Converted] = []
        for row in rows:
            if row.id in made_here:
                self.report.refuse(row.id, "A row made here has its id, so it would be overwritten.", row.row.values)
            elif row.id not in present:
                new.append(row)
            elif _differs(kept := with_what_stays(self.table, row.values, present[row.id]), present[row.id]):
                changed.append(replace(row, values=kept))
            else:
                self.report.unchanged += 1
                self.written.add(row.id)
        self.report.updated += await self._attempt(changed, _update)
        self.report.created += await self._attempt(new, _insert)

    async def finish(self) -> None:
        """Write what was held back as long as rows make room for each other; refuse the rest."""
        while self._held_back:
            waiting, self._held_back = self._held_back, []
            before = len(self.written)
            await self.write([row for row, _ in waiting])
            if len(self.written) == before:
                break
        for row, reason in self._held_back:
            self.report.refuse(row.id, reason, row.row.values)

    async def _attempt(self, rows: Sequence[Converted], how: Write) -> int:
        """Write the rows and return how many the database took: at once, or one by one if it does not like all."""
        rendered = [row for row in (_rendered(self.table, row, self.report) for row in rows) if row is not None]
        if len(rendered) > 1 and await self._accepted(rendered, how):
            return len(rendered)
        return [await self._accepted([row], how) for row in rendered].count(True)

    async def _accepted(self, rows: Sequence[Converted], how: Write) -> bool:
        try:
            async with self.session.begin_nested():
                await how(self.session, self.table, rows)
        except DBAPIError as error:
            state = str(getattr(error.orig, "sqlstate", ""))
            if not state.startswith(ABOUT_THE_ROW):
                raise
            if len(rows) == 1:
                self._put_off(rows[0], state, f"The database refuses it: {_reason(error)}")
            return False
        self.written.update(row.id for row in rows)
        return True

    def _put_off(self, row: Converted, state: str, reason: str) -> None:
        if state == UNIQUE_VIOLATION:
            self._held_back.append((row, reason))
        else:
            self.report.refuse(row.id, reason, row.row.values)


def with_what_stays(table: LegacyTable, values: Values, present: Values) -> Values:
    """Return the values with those in their place that people gave a row here, and that an import leaves alone."""
    return values | table.kept(present, values) if table.kept else values


async def clear_exclusive_flags(
    session: AsyncSession, table: LegacyTable, holders: Mapping[str, Collection[int]], report: TableReport
) -> None:
    """Take flags that one row may have from rows that do not have them any more, before others get them."""
    for flag in table.exclusive:
        others = table.target.c.id != all_(literal(list(holders[flag]), ARRAY(Integer)))
        statement = update(table.target).where(table.target.c[flag], others).values({flag: False})
        taken = await session.scalars(statement.returning(table.target.c.id), execution_options=CONSEQUENCES_FOLLOW)
        for row_id in sorted(await _made_here(session, table, taken.all())):
            report.remarks.append(f"Row {row_id}, which was made here, lost “{flag}”: the old site says who has it.")


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


async def name_what_stays(
    session: AsyncSession, table: LegacyTable, written: Collection[int], report: TableReport
) -> None:
    """Say of each refused row if there is one of its id here all the same, which then is not as the old site has it."""
    ids = {int(refused.id) for refused in report.refused if refused.id.isdigit() and int(refused.id) <= LARGEST_ID}
    present = await _present(session, table, sorted(ids.difference(written)))
    stale = present.keys() - await _made_here(session, table, present)
    for refused in report.refused:
        if refused.id.isdigit() and int(refused.id) in stale:
            refused.reason += " What was imported before stays as it was."


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
    """Return which of the rows were made here: somebody's history entry says so, which no imported row has.

    What a row of the same id was before the first import, or before it was deleted, is another story.
    """
    first_import = select(func.min(AuditEntry.id)).where(AuditEntry.action == IMPORTED).scalar_subquery()
    created = func.max(AuditEntry.id).filter(AuditEntry.action == "create")
    deleted = func.max(AuditEntry.id).filter(AuditEntry.action == "delete")
    entries = (
        select(AuditEntry.row_id)
        .where(AuditEntry.table_name == table.target.name, AuditEntry.id > func.coalesce(first_import, 0))
        .group_by(AuditEntry.row_id)
        .having(created > func.coalesce(deleted, 0))
    )
    made: set[int] = set()
    for batch in in_batches(ids):
        found = await session.scalars(entries.where(AuditEntry.row_id.in_(batch)))
        made |= {row_id for row_id in found if row_id is not None}
    return made


def _differs(values: Values, present: Values) -> bool:
    return any(present[name] != value for name, value in values.items())


async def _insert(session: AsyncSession, table: LegacyTable, rows: Sequence[Converted]) -> None:
    values = [row.values | row.html for row in rows]
    await session.execute(insert(table.target), values, execution_options=CONSEQUENCES_FOLLOW)
    await _keep_revisions(session, table, values)


async def _update(session: AsyncSession, table: LegacyTable, rows: Sequence[Converted]) -> None:
    wanted = [row.values | row.html for row in rows]
    values = [{f"new_{name}": value for name, value in row.items()} for row in wanted]
    assignments: dict[str, ColumnElement[Any]] = {name: bindparam(f"new_{name}") for name in wanted[0] if name != "id"}
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
    return replace(row, html={f"{table.markup}_html": html})


def _reason(error: DBAPIError) -> str:
    cause = getattr(error.orig, "__cause__", None)
    sentence = getattr(cause, "detail", None) or str(cause or error.orig)
    return f"{sentence.strip().splitlines()[0].rstrip('.')}."


async def lift_time_limits(session: AsyncSession) -> None:
    """Let statements of the import take longer than those of a page."""
    await session.execute(text("SET LOCAL statement_timeout = '10min'"))
