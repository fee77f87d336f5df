"""What is done for the library in the background: old files taken in, uses noted, stray files removed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock
from cms.core.resources import Resources
from cms.core.storage import ListedFile, Storage
from cms.core.tasks import task
from cms.media import adoption, uses
from cms.media.models import MediaItem
from cms.media.services import ORIGINALS
from cms.media.variants import FOLDER as VARIANTS

STRAY_AFTER = timedelta(days=1)
"""A file without a row may belong to an upload that is still on its way; after a day it does not."""

AT_ONCE = 200


@task(timeout=120)
async def delete_stored_files(resources: Resources, session: AsyncSession, *, file: str, variants: str) -> None:
    """Remove a file that was replaced or deleted with its copies, unless an item holds it again."""
    if await session.scalar(select(MediaItem.id).where(MediaItem.file == file).limit(1)) is None:
        await resources.storage.delete(file)
    sha256 = PurePosixPath(variants).name
    if await session.scalar(select(MediaItem.id).where(MediaItem.sha256 == sha256).limit(1)) is None:
        async for found in resources.storage.list(variants):
            await resources.storage.delete(found.name)


@task(timeout=900, schedule="25 3 * * *")
async def delete_stray_files(resources: Resources, session: AsyncSession) -> None:
    """Remove what a refused form or a process that was killed has left in the library's own folders."""
    async for batch in _old_files(resources.storage, ORIGINALS):
        known = set(await session.scalars(select(MediaItem.file).where(MediaItem.file.in_(batch))))
        for name in set(batch) - known:
            await resources.storage.delete(name)
    async for batch in _old_files(resources.storage, VARIANTS):
        by_content = {name: PurePosixPath(name).parent.name for name in batch}
        known = set(await session.scalars(select(MediaItem.sha256).where(MediaItem.sha256.in_(by_content.values()))))
        for name in (name for name, sha256 in by_content.items() if sha256 not in known):
            await resources.storage.delete(name)


@task(timeout=900, attempts=3, schedule="40 3 * * *")
async def take_in_old_files(resources: Resources, session: AsyncSession) -> None:
    """Give the files of imported rows their place in the library, and note anew where everything is used."""
    await adoption.take_in_old_files(session, resources.storage)
    await uses.note_all(session)


async def _old_files(storage: Storage, folder: str) -> AsyncIterator[list[str]]:
    """Yield the names of files that have lain there for a day, some at a time."""
    batch: list[str] = []
    async for found in storage.list(folder):
        if _is_old(found):
            batch.append(found.name)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _is_old(found: ListedFile) -> bool:
    return found.modified_at < clock.now() - STRAY_AFTER
