"""What is done about uploads in the background: given up ones forgotten, and pieces that belong to nothing removed."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock
from cms.core.resources import Resources
from cms.core.tasks import task
from cms.downloads.uploads.models import ReleaseUpload, UploadStatus
from cms.downloads.uploads.services import FOLDER

STRAY_AFTER = timedelta(days=2)
"""A piece without a row may be one that is just being counted; after two days it is not."""


@task(timeout=300, attempts=5)
async def delete_upload_pieces(resources: Resources, session: AsyncSession, *, names: list[str]) -> None:
    """Remove the pieces of an upload that was discarded."""
    for name in names:
        await resources.storage.delete(name)


@task(timeout=900, schedule="35 * * * *")
async def forget_abandoned_uploads(resources: Resources, session: AsyncSession) -> None:
    """Forget uploads that nobody has gone on with for a day, with what came of them, and pieces of no upload."""
    abandoned = select(ReleaseUpload).where(
        ReleaseUpload.status == UploadStatus.OPEN, ReleaseUpload.expires_at < clock.now()
    )
    locked = abandoned.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    for upload in (await session.scalars(locked)).all():
        for piece in upload.pieces:
            await resources.storage.delete(piece)
        await session.delete(upload)
    await session.flush()
    awaited = {piece for pieces in await session.scalars(select(ReleaseUpload.pieces)) for piece in pieces}
    async for found in resources.storage.list(FOLDER):
        if found.name not in awaited and found.modified_at < clock.now() - STRAY_AFTER:
            await resources.storage.delete(found.name)
