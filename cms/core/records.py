"""What the program writes down about itself, and how long it is kept: the tasks that measure and that forget."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import bulk, clock, mail_log, purge_log, search_rebuilds, storage_use, uploaded_tables
from cms.core.bulk import BulkRun
from cms.core.changes import AS_HANDLED
from cms.core.mail_log import SentMail
from cms.core.purge_log import PurgeRecord
from cms.core.resources import Resources
from cms.core.search_rebuilds import SearchRebuild
from cms.core.tasks import task
from cms.core.uploaded_tables import UploadedTable

AT_ONCE = 10_000
"""Rows deleted by one statement, so that none runs into its time limit."""

KEPT = (
    (SentMail.id, SentMail.at, mail_log.KEPT),
    (PurgeRecord.id, PurgeRecord.at, purge_log.KEPT),
    (SearchRebuild.id, SearchRebuild.started_at, search_rebuilds.KEPT),
    (BulkRun.id, BulkRun.started_at, bulk.KEPT),
    (UploadedTable.id, UploadedTable.uploaded_at, uploaded_tables.KEPT),
)


@task(timeout=300, schedule="23 3 * * *")
async def forget_old_records(_resources: Resources, session: AsyncSession) -> None:
    """Delete what has been kept long enough: mails, runs and rebuilds 90 days, purges 14, uploads one."""
    for key, moment, kept in KEPT:
        old = select(key).where(moment < clock.now() - kept).limit(AT_ONCE)
        statement = delete(key.class_).where(key.in_(old.scalar_subquery())).returning(key)
        while (await session.execute(statement, execution_options=AS_HANDLED)).first() is not None:
            pass


@task(timeout=600, attempts=3, schedule="41 * * * *")
async def measure_storage(resources: Resources, session: AsyncSession) -> None:
    """Count the uploaded files and their sizes by folder."""
    await storage_use.measure(session, resources.storage)
