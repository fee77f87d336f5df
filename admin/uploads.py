"""Images and documents that are uploaded with a page: taken into the media library, and named by the page's rows."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile
from starlette.requests import Request
from wtforms import Form

from admin.fields import UploadField
from admin.inlines import InlineWork, staying
from admin.requests import resources_of
from cms.core.errors import Invalid
from cms.core.storage import MAX_SIZE
from cms.media import services
from cms.media.models import MediaItem, MediaKind
from cms.media.services import AlreadyThere
from cms.users.models import User

DOCUMENTS_FOLDER = "files"
"""Where the old site kept the documents of its pages."""

SAY_WHAT_IT_SHOWS = "Say what the image shows, for those who do not see it. Mere decoration is uploaded under Media."


def upload(label: str, description: str) -> Any:
    """Return a field that takes a file; left empty, the file that is there stays."""
    return UploadField(label, description=description, render_kw={"class": "form-control"})


async def take_in_images(request: Request, form: Form, user: User) -> None:
    """Take the images of a page into the library, under the path of their page."""
    folder = str(form["path"].data or "").strip("/") or services.FOLDER
    for number, row_form in enumerate(staying(form, "images")):
        item = MediaItem(title="", alternative_text=str(row_form["alternative_text"].data or ""))
        only = MediaKind.IMAGE
        await _take_in(request, row_form, item, name=f"images.{number}", folder=folder, only=only, user=user)


async def take_in_documents(request: Request, form: Form, user: User) -> None:
    """Take the documents of a page into the library, in the folder that the old site kept them in."""
    for number, row_form in enumerate(staying(form, "documents")):
        item = MediaItem(title=str(row_form["title"].data or ""), is_decorative=True)
        await _take_in(request, row_form, item, name=f"documents.{number}", folder=DOCUMENTS_FOLDER, user=user)


async def keep_images(session: AsyncSession, work: InlineWork) -> None:
    """Name the images that were taken in."""
    _name(work, "images")
    session.add_all(work.children)


async def keep_documents(session: AsyncSession, work: InlineWork) -> None:
    """Name the documents that were taken in."""
    _name(work, "documents")
    session.add_all(work.children)


async def _take_in(
    request: Request,
    row_form: Form,
    item: MediaItem,
    *,
    name: str,
    folder: str,
    user: User,
    only: MediaKind | None = None,
) -> None:
    """Take in the file of one row, in a transaction of its own.

    The form around it may still be refused, or be kept as a draft: then the file is in the library all the same, and
    uploading it once more finds it there.
    """
    field: Any = row_form["upload"]
    if not isinstance(field.data, UploadFile) or not field.is_filled:
        return
    content, filename = await field.data.read(MAX_SIZE + 1), field.data.filename or ""
    resources = resources_of(request)
    try:
        async with resources.sessionmaker() as session:
            await services.add_item(
                session,
                resources.storage,
                item,
                content=content,
                filename=filename,
                by=user,
                folder=folder,
                only=only,
            )
            await session.commit()
        field.taken_in = item.path
    except AlreadyThere as found:
        field.taken_in = found.item.path
    except Invalid as refusal:
        raise Invalid.in_fields({f"{name}.{field}": told for field, told in _told(refusal).items()}) from refusal


def _told(refusal: Invalid) -> dict[str, list[str]]:
    return {
        field: [SAY_WHAT_IT_SHOWS] if field == "alternative_text" else told for field, told in refusal.errors.items()
    }


def _name(work: InlineWork, relation: str) -> None:
    for number, (child, row_form) in enumerate(work.kept):
        field: Any = row_form["upload"]
        child.file = field.taken_in or child.file
        if not child.file:
            raise Invalid.in_fields({f"{relation}.{number}.upload": ["Choose a file."]})
