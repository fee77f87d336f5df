"""The import from beginning to end: room for it, every table, the report, and an entry in the history."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import delete, exists, func, select
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock, outbox
from cms.core.audit import AuditEntry
from cms.core.cdn import ALL_PAGES
from cms.core.errors import Conflict, Unavailable
from cms.core.resources import Resources
from cms.core.revisions import Revision
from cms.import_django import source
from cms.import_django.report import Report
from cms.import_django.tables import TABLES, Import
from cms.import_django.writer import AUTHOR, CONSEQUENCES_FOLLOW, IMPORTED

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
        with _told_of_our_database():
            await _make_room(resources, old.name, replace=replace)
            with _progress(console) as progress:
                await Import(resources, old, report, progress, prune=prune).run(media)
            await _note_in_history(resources, report)
    report.seconds = time.monotonic() - begun
    report.show(console)
    if report_to:
        report.save(report_to)
    return report.agrees


@contextmanager
def _told_of_our_database() -> Iterator[None]:
    """Say in a sentence that our own database went away; each table is one transaction, so there is no half of one."""
    try:
        yield
    except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".")
        message = (
            f"The import was broken off, because this site's database failed: {reason}. "
            "Tables that were finished are here; run the import again."
        )
        raise Unavailable(message) from error


async def _make_room(resources: Resources, name: str, *, replace: bool) -> None:
    """See that a first import finds empty tables: ids are kept, and would meet others there.

    That it has begun is noted at once, so that it can be repeated if it is broken off.
    """
    async with resources.sessionmaker() as session:
        if await _was_there_an_import(session):
            return
        if (held := await _held(session)) and not replace:
            message = (
                f"This database holds rows that did not come from the old site: {held}. Import into an empty "
                "database, and make your superuser afterwards; or add --replace, which deletes those rows first."
            )
            raise Conflict(message)
        for table in reversed(TABLES):
            await session.execute(delete(table.target), execution_options=CONSEQUENCES_FOLLOW)
        of_these = Revision.table_name.in_([table.target.name for table in TABLES])
        await session.execute(delete(Revision).where(of_these), execution_options=CONSEQUENCES_FOLLOW)
        if held:
            outbox.enqueue(session, "purge_keys", keys=[ALL_PAGES])
            outbox.enqueue(session, "rebuild_search")
        _note(session, name, remark="Begun.")
        await session.commit()


async def _was_there_an_import(session: AsyncSession) -> bool:
    try:
        return bool(await session.scalar(select(exists().where(AuditEntry.action == IMPORTED))))
    except ProgrammingError as error:
        message = "The database has no tables yet, or old ones; run `cms migrate` first."
        raise Conflict(message) from error


async def _held(session: AsyncSession) -> str:
    """Return what is in the way, counted; the operating systems are not, which every database is given at first."""
    counts = {
        table.target.name: await session.scalar(select(func.count()).select_from(table.target)) or 0
        for table in TABLES
        if table.target.name != "operating_systems"
    }
    return ", ".join(f"{name.replace('_', ' ')} ({count:,})" for name, count in counts.items() if count)


async def _note_in_history(resources: Resources, report: Report) -> None:
    """Leave one entry in the history, unless everything was here already."""
    if not report.has_written:
        return
    async with resources.sessionmaker() as session:
        _note(session, report.source, changes={table.source: [None, table.written] for table in report.tables})
        outbox.enqueue(session, "take_in_old_files")
        await session.commit()


def _note(session: AsyncSession, name: str, *, changes: dict[str, Any] | None = None, remark: str = "") -> None:
    entry = AuditEntry(action=IMPORTED, table_name="", row_label=name, changes=changes or {}, remark=remark)
    entry.actor_name = AUTHOR
    session.add(entry)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
