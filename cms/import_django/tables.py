"""Every table of the old site, in its order: read, converted, written, then compared."""

from collections.abc import AsyncIterator
from pathlib import Path

from rich.progress import Progress, TaskID
from sqlalchemy.ext.asyncio import AsyncSession

from cms.banners.legacy import BANNERS
from cms.boxes.legacy import BOXES
from cms.codesamples.legacy import CODE_SAMPLES
from cms.core import outbox
from cms.core.audit import acting_as
from cms.core.cdn import ALL_PAGES
from cms.core.legacy import Known, LegacyRow, LegacyTable, Refused
from cms.core.permissions import SystemActor
from cms.core.resources import Resources
from cms.downloads.legacy import OPERATING_SYSTEMS, RELEASE_FILES, RELEASES
from cms.import_django import check, keys, media, people, writer
from cms.import_django.report import Report, TableReport
from cms.import_django.source import OldSite
from cms.import_django.writer import Converted, Writer
from cms.menus.legacy import MENU_ITEMS
from cms.pages.legacy import PAGE_DOCUMENTS, PAGE_IMAGES, PAGES
from cms.redirects.legacy import REDIRECTS
from cms.users.legacy import USERS
from cms.users.shipped_roles import write_shipped_roles

TABLES = (
    USERS,
    PAGES,
    PAGE_IMAGES,
    PAGE_DOCUMENTS,
    BOXES,
    BANNERS,
    CODE_SAMPLES,
    OPERATING_SYSTEMS,
    RELEASES,
    RELEASE_FILES,
    REDIRECTS,
    MENU_ITEMS,
)
"""Each after those that it refers to."""

FILE_COLUMNS = {PAGE_IMAGES: "image", PAGE_DOCUMENTS: "document"}
"""Where rows of the old site name files."""


class Import:
    """One run of the import: what it reads, where it writes, and what it has learnt so far."""

    def __init__(self, resources: Resources, old: OldSite, report: Report, progress: Progress, *, prune: bool) -> None:
        self._resources = resources
        self._old = old
        self._report = report
        self._progress = progress
        self._prune = prune
        self._known = Known(facts={"source of": {table.target.name: table.source for table in TABLES}})
        self._there: dict[str, set[int]] = {table.source: set() for table in TABLES}

    async def run(self, files: Path | None) -> None:
        """Write every table, then what hangs on them, then compare."""
        for table in TABLES:
            await self._import(table)
        await self._import_roles()
        for table in reversed(TABLES):
            await self._settle_what_is_only_here(table)
        await self._copy_files(files)
        for table in TABLES:
            await self._check(table)

    async def _import_roles(self) -> None:
        async with self._resources.sessionmaker() as session:
            with acting_as(SystemActor(username=writer.AUTHOR)):
                await write_shipped_roles(session)
                await people.import_roles(session, self._old, self._known, self._report)
                await keys.import_keys(session, self._old, self._known, self._report)
                await keys.give_writers_their_role(session, self._report)
                await session.commit()
        await people.report_addresses(self._old, self._known, self._report)

    async def _import(self, table: LegacyTable) -> None:
        report = TableReport(source=table.source, target=table.target.name)
        self._report.tables.append(report)
        taken_over = self._known.ids.setdefault(table.source, set())
        if not self._old.has(table.source):
            report.remarks.append("The old database has no such table; nothing was imported from it.")
            return
        await self._prepare(table, report)
        task = self._progress.add_task(table.source, total=await self._old.count(table.source))
        async with self._resources.sessionmaker() as session:
            await writer.lift_time_limits(session)
            if table.exclusive:
                await writer.clear_exclusive_flags(session, table, await self._holders(table), report)
            rows_of = Writer(session, table, report, written=taken_over)
            async for rows in self._converted(table, self._known.without_claims(), report, task):
                await rows_of.write(rows)
            await rows_of.finish()
            await writer.continue_ids(session, table)
            _tell_caches_and_search(session, table, report)
            await session.commit()
        report.remarks += self._known.remarks.get(table.source, [])

    async def _prepare(self, table: LegacyTable, report: TableReport) -> None:
        if missing := self._old.missing(table.source, table.columns.values()):
            report.remarks.append(f"Columns are missing, and hold what is usual here: {', '.join(missing)}.")
        if table.prepare:
            await table.prepare(self._old, self._known)

    async def _holders(self, table: LegacyTable) -> dict[str, set[int]]:
        """Return which rows are to hold each of the table's exclusive flags."""
        holders: dict[str, set[int]] = {flag: set() for flag in table.exclusive}
        known = self._known.without_claims()
        async for batch in self._old.batches(table.source, order_by=table.order_by):
            for values in batch:
                try:
                    converted = table.converted(LegacyRow(table.source, values), known)
                except Refused:
                    continue
                for flag in table.exclusive:
                    if converted[flag]:
                        holders[flag].add(converted["id"])
        return holders

    async def _converted(
        self, table: LegacyTable, known: Known, report: TableReport, task: TaskID
    ) -> AsyncIterator[list[Converted]]:
        async for batch in self._old.batches(table.source, order_by=table.order_by):
            rows = [LegacyRow(table.source, values) for values in batch]
            report.read += len(rows)
            self._there[table.source] |= {row.values["id"] for row in rows if isinstance(row.get("id"), int)}
            yield [converted for row in rows if (converted := _convert(table, row, known, report))]
            self._progress.advance(task, len(rows))

    async def _settle_what_is_only_here(self, table: LegacyTable) -> None:
        """Report the rows that the source does not have; with `prune`, remove those that nobody made here."""
        if not self._old.has(table.source):
            return
        report = self._report.table(table.source)
        async with self._resources.sessionmaker() as session:
            found, made_here = await writer.only_here(session, table, self._there[table.source])
            if self._prune:
                await writer.remove(session, table, sorted(set(found) - made_here), report)
                found = [row_id for row_id in found if row_id in made_here]
            _tell_caches_and_search(session, table, report)
            await writer.name_what_stays(session, table, self._known.ids[table.source], report)
            await session.commit()
        origins = {row_id: "was made here" if row_id in made_here else "is not in the old database" for row_id in found}
        report.gone = [f"Row {row_id} {origin}." for row_id, origin in origins.items()]

    async def _copy_files(self, source: Path | None) -> None:
        wanted = media.Wanted()
        for table, column in FILE_COLUMNS.items():
            await self._want_files(wanted, table, column)
        if source is not None:
            await media.copy_files(wanted, source, self._resources.storage)
        elif wanted.rows:
            self._report.table(PAGES.source).remarks.append(
                f"{len(wanted.rows)} files of pages were not looked for; name their folder or archive by --media."
            )

    async def _want_files(self, wanted: media.Wanted, table: LegacyTable, column: str) -> None:
        report = self._report.table(table.source)
        ids = sorted(self._known.ids[table.source])
        async with self._resources.sessionmaker() as session:
            stored = await writer.stored(session, table, ids)
        rows = await self._old.rows(table.source, "id", column)
        there = {row["id"]: str(row[column]) for row in rows if row.get("id") in stored}
        for row_id, name in there.items():
            wanted.add(name, stored[row_id]["file"], row_id=row_id, report=report)

    async def _check(self, table: LegacyTable) -> None:
        if not self._old.has(table.source):
            return
        report = self._report.table(table.source)
        async with self._resources.sessionmaker() as session:
            await check.compare(session, self._old, table, known=self._known, report=report)


def _convert(table: LegacyTable, row: LegacyRow, known: Known, report: TableReport) -> Converted | None:
    try:
        values = table.converted(row, known)
    except Refused as refusal:
        report.refuse(row.get("id"), refusal.message, row.values)
        return None
    if row.changes:
        report.change(row.id, row.changes, row.values)
    return Converted(row, values)


def _tell_caches_and_search(session: AsyncSession, table: LegacyTable, report: TableReport) -> None:
    """Have caches forget, and the search learn, what is committed with this: also if the import gets no further."""
    if not report.created + report.updated + report.removed:
        return
    outbox.enqueue(session, "purge_keys", keys=[ALL_PAGES])
    if index := table.model.search_index:
        outbox.enqueue(session, "rebuild_search", indexes=[index])
