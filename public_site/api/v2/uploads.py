"""Uploads of release files by scripts: whole by PUT, or in parts that can be gone on with, by the tus protocol 1.0."""

import base64
import binascii
import re
from typing import Any

import structlog
from litestar import Controller, Request, Response, delete, get, patch, post, put, route
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from sqlalchemy.exc import IntegrityError

from cms.core.errors import CMSError, Invalid
from cms.core.integrity import explained
from cms.core.resources import Resources
from cms.downloads.models import ReleaseFile
from cms.downloads.uploads import services
from cms.downloads.uploads.models import ReleaseUpload
from cms.downloads.uploads.services import LARGEST, WrongPiece
from public_site.api.caller import caller_of
from public_site.api.v2 import upload_operations as operations
from public_site.api.v2.lists import parameters_of
from public_site.api.v2.refusals import BadRequest
from public_site.api.v2.releases import RELEASES
from public_site.api.v2.rows import row_of
from public_site.dependencies import SLASHLESS
from public_site.errors import headers_of, status_of

VERSION = "1.0.0"
TUS = {"Tus-Resumable": VERSION, "Cache-Control": "private, no-store"}
WHAT_IS_SPOKEN = {
    **TUS,
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,checksum,termination,expiration",
    "Tus-Checksum-Algorithm": "sha256",
    "Tus-Max-Size": str(LARGEST),
}
PART = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460
SERVER_ERROR = 500
DIGITS = re.compile(r"\d{1,15}")
SHA256_BYTES = 32
DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):")

log = structlog.get_logger(__name__)
Asked = Request[Any, Any, State]
Outside = NamedDependency[Resources]


class NotUnderstood(Invalid):
    """The request is not as the protocol wants it."""

    status_code = 400


class LengthRequired(CMSError):
    """Nobody can tell whether a file is whole whose length was not announced."""

    status_code = 411


class OtherVersion(CMSError):
    """The client speaks another version of the protocol."""

    status_code = 412


class WrongMediaType(CMSError):
    """What was sent is not marked as a part of a file."""

    status_code = 415


def answer_refusal(request: Asked, error: Exception) -> Response[Any]:
    """Answer an error in the form of the modern API."""
    refusal = explained(error) if isinstance(error, IntegrityError) else error
    status = CHECKSUM_MISMATCH if isinstance(refusal, WrongPiece) else status_of(refusal)
    if status >= SERVER_ERROR:
        log.error("upload_failed", path=request.scope["path"], exc_info=error)
    told = "The upload failed; what has arrived is kept. Ask how far it is, and go on from there."
    if isinstance(refusal, CMSError):
        told = refusal.message
    elif isinstance(refusal, HTTPException) and status < SERVER_ERROR:
        told = refusal.detail
    extra = refusal.errors if isinstance(refusal, Invalid) else {}
    headers = {**headers_of(refusal, status), **TUS}
    return Response({"detail": told, "status_code": status, "extra": extra}, status_code=status, headers=headers)


class UploadsController(Controller):
    path = "/api/v2"
    opt = SLASHLESS
    exception_handlers = {Exception: answer_refusal}  # noqa: RUF012 - Litestar declares it for instances.

    @put(
        "/releases/{release_slug:str}/uploads/{file_name:str}",
        status_code=201,
        request_max_body_size=LARGEST,
        operation_class=operations.PUTTING,
        include_in_schema=True,
    )
    async def put_file(self, request: Asked, resources: Outside, file_name: FromPath[str]) -> Response[Any]:
        """Take in a whole file; one that broke off before is begun anew."""
        person = caller_of(request.scope).person
        said = _parameters(request)
        async with resources.sessionmaker() as session:
            upload = await services.begin(
                session,
                await row_of(RELEASES, request, session, person),
                name=file_name,
                size=_number(request, "Content-Length", missing=LengthRequired("Say how long the file is.")),
                sha256=said.get("sha256") or _digest(request.headers.get("Repr-Digest", "")),
                may_replace=said.get("replace") == "yes",
                by=person,
                is_anew=True,
            )
            await session.commit()
        outside = resources.sessionmaker, resources.storage, upload.id
        await services.receive(*outside, offset=0, content=request.stream(), by=person)
        file = await services.complete(*outside, by=person)
        async with resources.sessionmaker() as session:
            done, _ = await services.find(session, upload.id, by=person)
        return Response({"data": _shown(done, file)}, status_code=201)

    @route(
        "/uploads",
        http_method=HttpMethod.OPTIONS,
        status_code=204,
        operation_class=operations.SPEAKING,
        include_in_schema=True,
    )
    async def say_what_is_spoken(self) -> Response[None]:
        return Response(None, status_code=204, headers=WHAT_IS_SPOKEN)

    @post(
        "/releases/{release_slug:str}/uploads",
        status_code=201,
        operation_class=operations.BEGINNING,
        include_in_schema=True,
    )
    async def begin(self, request: Asked, resources: Outside) -> Response[bytes]:
        """Begin an upload, or find the one that this person has begun of the same file."""
        person = caller_of(request.scope).person
        _require_version(request)
        said = _metadata(request.headers.get("Upload-Metadata", ""))
        async with resources.sessionmaker() as session:
            upload = await services.begin(
                session,
                await row_of(RELEASES, request, session, person),
                name=said.get("filename", ""),
                size=_number(request, "Upload-Length"),
                sha256=said.get("sha256", ""),
                may_replace=said.get("replace") == "yes",
                by=person,
            )
            await session.commit()
        return Response(b"", status_code=201, headers={"Location": f"/api/v2/uploads/{upload.id}", **_state(upload)})

    @get("/uploads/{upload_id:int}", operation_class=operations.SHOWING, include_in_schema=True)
    async def show(self, request: Asked, resources: Outside, upload_id: FromPath[int]) -> Response[Any]:
        """Tell how far an upload is: to HEAD in the headers of the protocol, to GET also in words that need none."""
        person = caller_of(request.scope).person
        async with resources.sessionmaker() as session:
            upload, release = await services.find(session, _key(upload_id), by=person)
        told = {
            "id": upload.id,
            "release": release.slug,
            "name": upload.name,
            "size": upload.size,
            "received": upload.received,
            "status": upload.status.value,
            "sha256": upload.sha256,
            "expires_at": upload.expires_at.isoformat(),
            "remark": upload.remark,
        }
        return Response({"data": told}, headers=_state(upload))

    @patch(
        "/uploads/{upload_id:int}",
        status_code=204,
        request_max_body_size=LARGEST,
        operation_class=operations.GOING_ON,
        include_in_schema=True,
    )
    async def go_on(self, request: Asked, resources: Outside, upload_id: FromPath[int]) -> Response[None]:
        """Take in the next part; after the last one the file is at its place. An empty part tries that again."""
        person = caller_of(request.scope).person
        _require_version(request)
        if request.headers.get("Content-Type", "").partition(";")[0].strip() != PART:
            raise WrongMediaType(f"A part of a file has the Content-Type {PART}.")
        offset = _number(request, "Upload-Offset")
        checksum = _checksum(request.headers.get("Upload-Checksum", ""))
        outside = resources.sessionmaker, resources.storage, _key(upload_id)
        content = request.stream()
        upload = await services.receive(*outside, offset=offset, content=content, by=person, checksum=checksum)
        if upload.is_whole:
            await services.complete(*outside, by=person)
        return Response(None, status_code=204, headers=_state(upload))

    @delete("/uploads/{upload_id:int}", status_code=204, operation_class=operations.GIVING_UP, include_in_schema=True)
    async def give_up(self, request: Asked, resources: Outside, upload_id: FromPath[int]) -> Response[None]:
        person = caller_of(request.scope).person
        _require_version(request)
        async with resources.sessionmaker() as session:
            upload, _ = await services.find(session, _key(upload_id), by=person)
            await services.discard(session, upload, by=person)
            await session.commit()
        return Response(None, status_code=204, headers=TUS)


def _parameters(request: Asked) -> dict[str, str]:
    """Return what the address asks for. Raises BadRequest: a typing error must not do without the check of a sum."""
    said = parameters_of(request.scope["query_string"])
    errors = {name: ["There is no such parameter here."] for name in said if name not in {"sha256", "replace"}}
    if not said.get("sha256", "-").strip():
        errors["sha256"] = ["The checksum is missing."]
    if said.get("replace", "no") not in {"yes", "no"}:
        errors["replace"] = ["Say yes or no."]
    if errors:
        raise BadRequest.in_fields(errors)
    return said


def _shown(upload: ReleaseUpload, file: ReleaseFile | None) -> dict[str, Any]:
    """Tell what became of a file; one that vouches for a file yet to come has no row of its own."""
    if file is None:
        return {"name": upload.name, "file": None, "remark": upload.remark}
    shown = {"id": file.id, "name": file.name, "url": file.url, "size": file.size, "sha256": file.sha256}
    return {"name": upload.name, "file": shown, "remark": upload.remark}


def _state(upload: ReleaseUpload) -> dict[str, str]:
    return {
        **TUS,
        "Upload-Offset": str(upload.received),
        "Upload-Length": str(upload.size),
        "Upload-Expires": upload.expires_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }


def _require_version(request: Asked) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise OtherVersion(f"Say “Tus-Resumable: {VERSION}”.")


def _key(key: int) -> int:
    """Return the key of an upload, as far as the database can count."""
    return min(key, 2**31 - 1)


def _number(request: Asked, name: str, *, missing: CMSError | None = None) -> int:
    given = request.headers.get(name, "")
    if not DIGITS.fullmatch(given):
        raise missing or NotUnderstood(f"The header {name} must be a number of bytes.")
    return int(given)


def _metadata(header: str) -> dict[str, str]:
    """Read `Upload-Metadata`: names, each with a value in base 64, separated by commas."""
    pairs = [pair.split() for pair in header.split(",") if pair.strip()]
    return {pair[0]: _decoded(pair[1]).decode(errors="replace") if len(pair) == 2 else "" for pair in pairs}


def _checksum(header: str) -> str:
    """Read `Upload-Checksum: sha256 …`; "" where nothing is said."""
    if not header:
        return ""
    algorithm, _, value = header.strip().partition(" ")
    digest = _decoded(value)
    if algorithm != "sha256" or len(digest) != SHA256_BYTES:
        raise NotUnderstood("The checksum of a part is its SHA-256: “Upload-Checksum: sha256 …”.")
    return digest.hex()


def _digest(header: str) -> str:
    """Read the SHA-256 of `Repr-Digest`, as RFC 9530 has it; "" where there are sums of other kinds only."""
    found = DIGEST.search(header)
    if found is None and "sha-256" in header.lower():
        raise NotUnderstood("The checksum of a file is its SHA-256 in base 64: “Repr-Digest: sha-256=:…:”.")
    return _decoded(found[1]).hex() if found else ""


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotUnderstood("A value that should be in base 64 is not.") from error
