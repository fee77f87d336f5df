"""Images and documents that are uploaded with a page: checked, stored, and named by their rows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile

from admin.fields import UploadField
from admin.inlines import InlineWork
from admin.requests import resources_of
from cms.core import images
from cms.core.errors import Invalid
from cms.core.storage import MAX_SIZE
from cms.core.text import slugify

DOCUMENTS_FOLDER = "files"


def upload(label: str, description: str) -> Any:
    """Return a field that takes a file; left empty, the file that is there stays."""
    return UploadField(label, description=description, render_kw={"class": "form-control"})


async def keep_images(session: AsyncSession, work: InlineWork) -> None:
    """Store new images under the path of their page, after decoding them once."""

    async def name_of(filename: str, content: bytes) -> str:
        facts = await asyncio.to_thread(images.inspect, content, filename=filename)
        return f"{work.parent.path}/{facts.name}"

    await _keep(session, work, "images", name_of)


async def keep_documents(session: AsyncSession, work: InlineWork) -> None:
    """Store new documents in the folder that the old site kept them in."""

    async def name_of(filename: str, _content: bytes) -> str:
        stem, dot, ending = filename.replace("\\", "/").rsplit("/", 1)[-1].rpartition(".")
        return f"{DOCUMENTS_FOLDER}/{slugify(stem) or 'document'}{dot}{ending.lower()}"

    await _keep(session, work, "documents", name_of)


async def _keep(
    session: AsyncSession, work: InlineWork, relation: str, name_of: Callable[[str, bytes], Awaitable[str]]
) -> None:
    storage = resources_of(work.request).storage
    for number, (child, row_form) in enumerate(work.kept):
        given: Any = row_form["upload"]
        try:
            if isinstance(given.data, UploadFile) and given.is_filled:
                content = await given.data.read(MAX_SIZE + 1)
                name = await name_of(given.data.filename or "", content)
                child.file = (await storage.save(name, content)).name
            elif not child.file:
                raise Invalid("Choose a file.")
        except Invalid as refusal:
            raise Invalid.in_fields({f"{relation}.{number}.upload": [refusal.message]}) from refusal
    session.add_all(work.children)
