"""Uploading the files of a release: dropped onto a page, sent in parts, gone on with after a break."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from admin.authorization import require_somewhere
from admin.base import AdminView, Reached, row_key
from admin.forms import read_form
from admin.rendering import NEVER_CACHED, go_to, render
from admin.requests import number_in, office_of, resources_of
from admin.urls import url_to
from cms.core.errors import CMSError, Invalid, PermissionDenied
from cms.core.integrity import explained
from cms.core.permissions import Permission
from cms.core.storage import MEBIBYTE
from cms.downloads import turns
from cms.downloads.models import Release, ReleaseFile
from cms.downloads.uploads import names, services
from cms.downloads.uploads.models import ReleaseUpload
from cms.users.models import User

CHUNK = 256 * 1024
CREATED = 201


async def show_or_begin(request: Request) -> Response:
    """Show the page for uploading. POST begins an upload for a script, or takes a whole file from a plain form."""
    user = require_somewhere(request, Permission.DOWNLOADS_EDIT)
    posted = await read_form(request) if request.method == "POST" else None
    async with resources_of(request).sessionmaker() as session:
        reached = await _view(request).find(session, user, request.path_params["pk"])
        if not reached.may_edit:
            raise PermissionDenied(f"You may read “{reached.row}”, but not change it.")
        if posted is None:
            return await _show(session, request, user, reached)
        release = reached.row
    given = posted.get("upload")
    may_replace = bool(posted.get("may_replace"))
    if isinstance(given, UploadFile):
        return await _take_whole(request, release, given, may_replace=may_replace, by=user)
    try:
        async with resources_of(request).sessionmaker() as session:
            name, size = str(posted.get("name", "")), _size(posted.get("size"))
            upload = await services.begin(session, release, name=name, size=size, may_replace=may_replace, by=user)
            await session.commit()
    except (CMSError, IntegrityError) as error:
        return _refuse(error)
    address = url_to("upload-part", pk=upload.id)
    return JSONResponse({"url": address, "received": upload.received}, status_code=CREATED, headers=NEVER_CACHED)


async def take_part(request: Request) -> Response:
    """Take in the part that follows `offset`; after the last one the file is at its place."""
    user = require_somewhere(request, Permission.DOWNLOADS_EDIT)
    resources, key = resources_of(request), row_key(request.path_params["pk"])
    outside = resources.sessionmaker, resources.storage, key
    offset, checksum = number_in(request, "offset") or 0, request.query_params.get("sha256", "")
    try:
        upload = await services.receive(*outside, offset=offset, content=request.stream(), by=user, checksum=checksum)
        if upload.is_whole:
            await services.complete(*outside, by=user)
    except (CMSError, IntegrityError) as error:
        return _refuse(error)
    told = {"received": upload.received, "is_complete": upload.is_whole, "remark": await _remark_on(request, upload)}
    return JSONResponse(told, headers=NEVER_CACHED)


async def discard(request: Request) -> Response:
    """Give an upload up, with all that has arrived of it."""
    user = require_somewhere(request, Permission.DOWNLOADS_EDIT)
    async with resources_of(request).sessionmaker() as session:
        upload, release = await services.find(session, row_key(request.path_params["pk"]), by=user)
        await services.discard(session, upload, by=user)
        await session.commit()
    return go_to(request, url_to("uploads", pk=release.id), saying=f"The upload of “{upload}” was discarded.")


async def _show(session: AsyncSession, request: Request, user: User, reached: Reached) -> Response:
    release: Release = reached.row
    run = await turns.active_run(session, release)
    is_occupied = run is not None and run.user_id != user.id
    hindrance = turns.occupied_by(run) if run and is_occupied else _hindrance(release)
    begun = await session.execute(
        services.open_uploads(release).add_columns(User.username).join(User, User.id == ReleaseUpload.person_id)
    )
    files = select(ReleaseFile).where(ReleaseFile.release_id == release.id).order_by(ReleaseFile.url)
    context = {
        "view": _view(request),
        "row": release,
        "title": f"Upload files of {release}",
        "hindrance": hindrance,
        "folder": "" if _hindrance(release) else names.url_of(names.folder_of(release), ""),
        "begun": begun.all(),
        "files": (await session.scalars(files)).all(),
        "piece": services.PIECE,
        "largest": services.LARGEST // MEBIBYTE,
    }
    return await render(request, "release_uploads.html", context)


def _hindrance(release: Release) -> str:
    """Say why nothing can be uploaded now; "" where it can."""
    try:
        names.folder_of(release)
        services.refuse_beside_draft(release)
    except CMSError as error:
        return error.message
    return ""


async def _take_whole(
    request: Request, release: Release, given: UploadFile, *, may_replace: bool, by: User
) -> Response:
    """Take a file from a browser without scripts, as far as it is no larger than a form may be."""
    resources, back = resources_of(request), url_to("uploads", pk=release.id)
    try:
        async with resources.sessionmaker() as session:
            upload = await services.begin(
                session,
                release,
                name=given.filename or "",
                size=given.size or 0,
                may_replace=may_replace,
                by=by,
                is_anew=True,
            )
            await session.commit()
        outside = resources.sessionmaker, resources.storage, upload.id
        await services.receive(*outside, offset=0, content=_chunks(given), by=by)
        await services.complete(*outside, by=by)
    except (CMSError, IntegrityError) as error:
        refusal = explained(error) if isinstance(error, IntegrityError) else error
        return go_to(request, back, saying=f"The file was not taken. {refusal.message}", tone="danger")
    remark = await _remark_on(request, upload)
    tone = "warning" if remark else "success"
    return go_to(request, back, saying=f"“{upload}” is at its place. {remark}".strip(), tone=tone)


async def _remark_on(request: Request, upload: ReleaseUpload) -> str:
    """Return what is to be told of an upload that is complete by now."""
    async with resources_of(request).sessionmaker() as session:
        written = select(ReleaseUpload.remark).where(ReleaseUpload.id == upload.id)
        return await session.scalar(written) or ""


async def _chunks(given: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await given.read(CHUNK):
        yield chunk


def _size(given: Any) -> int:
    if not isinstance(given, str) or not given.isdecimal() or len(given) > len(str(services.LARGEST)):
        raise Invalid.in_fields({"size": [f"A release file has at most {services.LARGEST // MEBIBYTE} MB."]})
    return int(given)


def _refuse(error: CMSError | IntegrityError) -> JSONResponse:
    refusal = explained(error) if isinstance(error, IntegrityError) else error
    return JSONResponse({"error": refusal.message}, status_code=refusal.status_code, headers=NEVER_CACHED)


def _view(request: Request) -> AdminView:
    return office_of(request).view_called("releases")


routes = [
    Route("/releases/uploads/{pk}", show_or_begin, methods=["GET", "POST"]),
    Route("/releases/upload-part/{pk}", take_part, methods=["POST"]),
    Route("/releases/discard-upload/{pk}", discard, methods=["POST"]),
]
