"""Files that came before the library, or past it: each gets an item under the very address that it has."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import Select, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.errors import Invalid, NotFound
from cms.core.storage import Storage, content_of
from cms.media.files import Examined, document, examine_now
from cms.media.models import SVG_TYPE, MediaItem
from cms.media.uses import Naming, namings


async def take_in_old_files(session: AsyncSession, storage: Storage) -> int:
    """Make an item of every file that a row names and the library does not know; return how many there were.

    A file stays where it is. One that is missing, or that would not be accepted today, is left out: it goes on being
    served as it was. A drawing becomes a document, for nobody has looked at what is in it.
    """
    taken = 0
    for naming in namings():
        async for path, title, alternative_text, created_at in _unknown(session, naming):
            examined = await _examined(storage, path)
            if examined is None or await session.scalar(select(MediaItem.id).where(MediaItem.path == path)):
                continue
            item = MediaItem(path=path, file=path, title=title or _title_of(path), created_at=created_at)
            item.alternative_text = alternative_text if examined.kind.value == "image" else ""
            examined.describe(item)
            session.add(item)
            await session.flush()
            session.expunge(item)
            taken += 1
    return taken


async def _unknown(session: AsyncSession, naming: Naming) -> AsyncIterator[tuple[str, str, str, datetime]]:
    """Yield the path, title, alternative text and time of each file that has no item yet."""
    model: Any = naming.model
    path = getattr(model, naming.column)
    columns = [getattr(model, name) if name else literal("") for name in (naming.title, naming.alternative_text)]
    known = select(MediaItem.id).where(MediaItem.path == path).exists()
    statement: Select[Any] = select(path, *columns, model.created_at).where(~known, path != "").order_by(model.id)
    for found_path, title, alternative_text, created_at in await session.execute(statement):
        yield found_path, title, alternative_text, created_at


async def _examined(storage: Storage, path: str) -> Examined | None:
    try:
        content = await content_of(await storage.open(path))
        return await asyncio.to_thread(_examine_as_it_is, content, path)
    except (NotFound, Invalid):
        return None


def _examine_as_it_is(content: bytes, path: str) -> Examined:
    """Examine without changing anything, so that what is known of the file is true of it."""
    try:
        found = examine_now(content, filename=path)
    except Invalid:
        return document(content, filename=path)
    return document(content, filename=path) if found.content_type == SVG_TYPE else found


def _title_of(path: str) -> str:
    return PurePosixPath(path).name
