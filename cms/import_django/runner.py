"""The import from beginning to end: room for it, every table, the report, and what caches and search have to learn."""

import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import delete, exists, func, select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock, outbox
from cms.core.audit import AuditEntry
from cms.core.cdn import ALL_PAGES
from cms.core.errors import Conflict
from cms.core.resources import Resources
from cms.import_django import source
from cms.import_django.report import Report
from cms.import_django.tables import TABLES, Import
from cms.import_django.writer import AUTHOR, CONSEQUENCES_FOLLOW

IMPORTED = "import"
"""What the history calls an import; by this entry the next one knows that there was one."""

WIDTH = 120
"""Columns of the report where it is not printed on a terminal, which would say how wide it is."""


async def run(
    resources: Resources,
    url: str,
    *,
    media: Path | None = None,
    prune: bool = False,
    replace: bool = False,
    report_to: Path | None = None,
    console: Console | None = None,
) -> bool:
    """Take over the old site's content and people, print what happened, and return whether the check agrees.

    `media` is the folder or .tar.gz of uploaded files. `prune` removes what the source no longer has, `replace`
    what this database held before its first import.
    Raises Invalid or Unavailable for a source that is none, Conflict where rows would be lost without `replace`.
    """
    console = console or Console(stderr=True, width=None if sys.stderr.isatty() else WIDTH)
    begun = time.monotonic()
    async with source.opened(url) as old:
        report = Report(source=old.name, started_at=clock.now().isoformat())
        await _make_room(resources, replace=replace)
        with _progress(console) as progress:
            await Import(resources, old, report, progress, prune=prune).run(media)
    report.seconds = time.monotonic() - begun
    await _follow_up(resources, report)
    report.show(console)
    if report_to:
        report.save(report_to)
    return report.agrees


async def _make_room(resources: Resources, *, replace: bool) -> None:
    """See that a first import finds empty tables: ids are kept, and would meet others there."""
    async with resources.sessionmaker() as session:
        if await _was_there_an_import(session):
            return
        if held := await _held(session):
            if not replace:
                message = (
                    f"This database holds rows that did not come from the old site: {held}. Import into an empty "
                    "database, and make your superuser afterwards; or add --replace, which deletes those rows first."
                )
                raise Conflict(message)
            for table in reversed(TABLES):
                await session.execute(delete(table.target), execution_options=CONSEQUENCES_FOLLOW)
            await session.commit()


async def _was_there_an_import(session: AsyncSession) -> bool:
    try:
        return bool(await session.scalar(select(exists().where(AuditEntry.action == IMPORTED))))
    except ProgrammingError as error:
        message = "The database has no tables yet; run `cms migrate` first."
        raise Conflict(message) from error


async def _held(session: AsyncSession) -> str:
    """Return what is in the way, counted; the five operating systems that every database has are not."""
    counts = {
        table.target.name: await session.scalar(select(func.count()).select_from(table.target)) or 0
        for table in TABLES
        if table.target.name != "operating_systems"
    }
    return ", ".join(f"{name.replace('_', ' ')} ({count:,})" for name, count in counts.items() if count)


async def _follow_up(resources: Resources, report: Report) -> None:
    """Have caches and search forget what they knew, and leave one entry in the history."""
    async with resources.sessionmaker() as session:
        outbox.enqueue(session, "purge_keys", keys=[ALL_PAGES])
        outbox.enqueue(session, "rebuild_search")
        session.add(
            AuditEntry(
                actor_name=AUTHOR,
                action=IMPORTED,
                table_name="",
                row_label=report.source,
                changes={table.source: [None, table.written] for table in report.tables},
            )
        )
        await session.commit()


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
