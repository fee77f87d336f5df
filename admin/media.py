"""The pages of the media library beside its list and its form: uploading, choosing for a text, replacing a file."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from admin.authorization import require_somewhere
from admin.base import AdminView
from admin.forms import read_form
from admin.lists import page_of
from admin.media_shown import card_of
from admin.rendering import NEVER_CACHED, go_to, render
from admin.requests import office_of, resources_of, user_of
from admin.urls import url_to
from cms.core.errors import CMSError, Conflict, Invalid, PermissionDenied
from cms.core.permissions import Permission
from cms.core.storage import MAX_SIZE
from cms.media import services
from cms.media.models import MediaItem
from cms.media.services import AlreadyThere

DESCRIBED = ("title", "alternative_text", "credit", "tags")
STALE = "Somebody else changed this meanwhile. Load the page again and look before you replace the file."


async def upload(request: Request) -> Response:
    """Show the page for uploading, or take one file; scripts send several of them one by one and read JSON."""
    require_somewhere(request, Permission.MEDIA_EDIT)
    if request.method == "GET":
        return await _show_upload(request, {})
    posted = await read_form(request)
    item = MediaItem(is_decorative=bool(posted.get("is_decorative")))
    for name in DESCRIBED:
        setattr(item, name, str(posted.get(name, "")))
    try:
        async with resources_of(request).sessionmaker() as session:
            await _take(session, request, item, posted)
            await session.commit()
    except (Invalid, AlreadyThere) as refusal:
        return await _refuse(request, posted, refusal)
    if _wants_json(request):
        return JSONResponse({"item": card_of(item)}, status_code=201, headers=NEVER_CACHED)
    told = f"“{item}” is in the library now."
    return go_to(request, url_to("edit", identity="media", pk=item.id), saying=told)


async def choose(request: Request) -> Response:
    """Answer a page of the library for the dialog of a text field."""
    user = require_somewhere(request, Permission.MEDIA_VIEW)
    view = _library(request)
    async with resources_of(request).sessionmaker() as session:
        page = await page_of(session, view, request, user)
    cards = [card_of(found.row) for found in page.rows]
    return JSONResponse({"items": cards, "next": page.next_url}, headers=NEVER_CACHED)


async def replace(request: Request) -> Response:
    """Put another file under the address of an item."""
    view = _library(request)
    user = require_somewhere(request, Permission.MEDIA_REPLACE)
    posted = await read_form(request)
    back = url_to("edit", identity="media", pk=request.path_params["pk"])
    async with resources_of(request).sessionmaker() as session:
        reached = await view.find(session, user, request.path_params["pk"], lock=True)
        if not reached.may_edit:
            raise PermissionDenied(f"You may look at “{reached.row}”, but not change it.")
        if str(posted.get("lock_version", "")) != str(reached.row.lock_version):
            raise Conflict(STALE)
        try:
            content, filename = await _file_in(posted)
            await services.replace_file(
                session, resources_of(request).storage, reached.row, content=content, filename=filename, by=user
            )
        except Invalid as refusal:
            return go_to(request, back, saying=f"Nothing was replaced. {refusal.message}", tone="danger")
        await session.commit()
    told = "The file was replaced. Its address is the same, and caches have been told; browsers ask again in an hour."
    return go_to(request, back, saying=told)


async def _take(session: AsyncSession, request: Request, item: MediaItem, posted: FormData) -> None:
    content, filename = await _file_in(posted)
    await services.add_item(
        session,
        resources_of(request).storage,
        item,
        content=content,
        filename=filename,
        by=user_of(request),
        may_repeat=bool(posted.get("may_repeat")),
    )


async def _file_in(posted: FormData) -> tuple[bytes, str]:
    """Return the uploaded file and its name; raises Invalid where none was chosen."""
    given = posted.get("upload")
    if not isinstance(given, UploadFile) or not given.filename:
        raise Invalid.in_fields({"upload": ["Choose a file."]})
    return await given.read(MAX_SIZE + 1), given.filename


async def _refuse(request: Request, posted: FormData, refusal: CMSError) -> Response:
    errors = refusal.errors if isinstance(refusal, Invalid) else {"upload": [refusal.message]}
    same = refusal.item if isinstance(refusal, AlreadyThere) else None
    if _wants_json(request):
        told = {"errors": errors, "same": card_of(same) if same else None}
        return JSONResponse(told, status_code=refusal.status_code, headers=NEVER_CACHED)
    typed = {name: posted.get(name, "") for name in (*DESCRIBED, "is_decorative")}
    return await _show_upload(request, typed, errors=errors, same=same, status_code=refusal.status_code)


async def _show_upload(
    request: Request,
    typed: dict[str, Any],
    *,
    errors: dict[str, list[str]] | None = None,
    same: MediaItem | None = None,
    status_code: int = 200,
) -> Response:
    context = {
        "title": "Upload files",
        "view": _library(request),
        "typed": typed,
        "errors": errors or {},
        "same": card_of(same) if same else None,
    }
    return await render(request, "media_upload.html", context, status_code=status_code)


def _library(request: Request) -> AdminView:
    return office_of(request).view_called("media")


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


routes = [
    Route("/media/upload", upload, methods=["GET", "POST"]),
    Route("/media/choose", choose),
    Route("/media/replace/{pk}", replace, methods=["POST"]),
]
