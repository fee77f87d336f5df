"""What the OpenAPI document says of uploads, which follow HTTP and the tus protocol 1.0 rather than our resources."""

import base64
from typing import Any

from public_site.api.v2.operations import JSON, KEY_NEEDED, REFUSALS, documented, refused
from public_site.api.v2.releases import RELEASES, SOURCE_SUM

SECTION = "Uploads"
TUS_VERSION = "1.0.0"
PART = "application/offset+octet-stream"
ANY_BYTES = {"type": "string", "format": "binary"}
SUM_IN_BASE_64 = base64.b64encode(bytes.fromhex(SOURCE_SUM)).decode()
FILE_NAME = "Python-3.14.2.tgz"

WORDS = {
    **REFUSALS,
    409: "Somebody else uploads this file; or it does not fit what has arrived, or what readers have.",
    411: "Nobody said how long the file is.",
    412: "`Tus-Resumable` is missing, or is another version.",
    413: "The file is too large.",
    415: f"A part has the Content-Type {PART}.",
    422: "The file is empty, has no name that a release file can have, or another checksum. Nothing was kept.",
    460: "This part has changed on its way; nothing of it was kept.",
    503: "The storage or the database does not answer just now; what has arrived is kept.",
}
COMMON = (400, 401, 403, 404, 409, 422, 429, 503)


def _header(name: str, description: str, schema: dict[str, Any], *, example: str, is_required: bool = False) -> Any:
    return {
        "name": name,
        "in": "header",
        "required": is_required,
        "description": description,
        "schema": {"type": "string", **schema},
        "example": example,
    }


def _in_path(name: str, description: str, schema: dict[str, Any], *, example: Any) -> Any:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
        "example": example,
    }


def _in_query(name: str, description: str, schema: dict[str, Any], *, example: str) -> Any:
    return {"name": name, "in": "query", "description": description, "schema": schema, "example": example}


def _told(description: str, schema: dict[str, Any], example: Any, **said: Any) -> dict[str, Any]:
    whole = {"type": "object", "required": ["data"], "properties": {"data": schema}, "additionalProperties": False}
    return {"description": description, "content": {JSON: {"schema": whole, "example": {"data": example}}}, **said}


def _body(media_type: str) -> dict[str, Any]:
    return {"required": True, "content": {media_type: {"schema": ANY_BYTES, "example": "the bytes of the file"}}}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in names}


HEADERS = {
    "Location": "Where the upload is.",
    "Tus-Resumable": "The version of the protocol.",
    "Tus-Version": "The versions that are spoken.",
    "Tus-Extension": "The extensions that are spoken.",
    "Tus-Max-Size": "How many bytes a file may have.",
    "Tus-Checksum-Algorithm": "Which checksums a part may have.",
    "Upload-Offset": "How many bytes have arrived.",
    "Upload-Length": "How many bytes the whole file has.",
    "Upload-Expires": "Until when the upload waits for its next part.",
}
STATE = ("Tus-Resumable", "Upload-Offset", "Upload-Length", "Upload-Expires")

RELEASE = _in_path(
    "release_slug", RELEASES.by_name["slug"].description, {"type": "string"}, example=RELEASES.by_name["slug"].example
)
UPLOAD = _in_path("upload_id", "The upload's number.", {"type": "integer"}, example=7)
VERSION = _header(
    "Tus-Resumable",
    "The version of the protocol that you speak.",
    {"enum": [TUS_VERSION]},
    example=TUS_VERSION,
    is_required=True,
)

REMARK = {
    "type": "string",
    "description": "What else has followed, such as that signatures of the content before are no longer attached.",
}
FILE: dict[str, Any] = {
    "type": "object",
    "required": ["name", "file", "remark"],
    "properties": {
        "name": {"type": "string", "description": "What was sent."},
        "file": {
            "description": "The file of the release as it is now; null for what vouches for a file yet to come.",
            "anyOf": [
                {
                    "type": "object",
                    "required": ["id", "name", "url", "size", "sha256"],
                    "properties": {
                        "id": {"type": "integer"},
                        "name": {"type": "string"},
                        "url": {"type": "string"},
                        "size": {"type": "integer"},
                        "sha256": {"type": "string"},
                    },
                    "additionalProperties": False,
                },
                {"type": "null"},
            ],
        },
        "remark": REMARK,
    },
    "additionalProperties": False,
}
FILE_EXAMPLE = {
    "name": FILE_NAME,
    "file": {
        "id": 12,
        "name": "Gzipped source tarball",
        "url": f"https://www.python.org/ftp/python/3.14.2/{FILE_NAME}",
        "size": 30_000_000,
        "sha256": SOURCE_SUM,
    },
    "remark": "",
}

STATUS_EXAMPLE = {
    "id": 7,
    "release": "python-3142",
    "name": FILE_NAME,
    "size": 30_000_000,
    "received": 8_388_608,
    "status": "open",
    "sha256": SOURCE_SUM,
    "expires_at": "2025-12-06T12:00:00+00:00",
    "remark": "",
}
STATUS: dict[str, Any] = {
    "type": "object",
    "required": list(STATUS_EXAMPLE),
    "properties": {
        "id": {"type": "integer"},
        "release": {"type": "string", "description": "The slug of its release."},
        "name": {"type": "string", "description": "The name of the file."},
        "size": {"type": "integer", "description": "How many bytes the whole file has."},
        "received": {"type": "integer", "description": "How many bytes have arrived."},
        "status": {"type": "string", "enum": ["open", "complete"]},
        "sha256": {"type": "string", "description": "What was announced or, of a complete one, what it has."},
        "expires_at": {
            "type": "string",
            "format": "date-time",
            "description": "Until when it waits for its next part.",
        },
        "remark": REMARK,
    },
    "additionalProperties": False,
}

PUTTING = documented(
    summary="Upload a file at once",
    description=(
        "What the file is, its name tells. Signatures and the like are attached to the file that they vouch for. "
        "One that broke off is simply sent again. What is live takes the permission to publish."
    ),
    parameters=[
        RELEASE,
        _in_path("file_name", "The file's name, which tells what it is.", {"type": "string"}, example=FILE_NAME),
        _in_query(
            "sha256",
            "What the SHA-256 of the file must be.",
            {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            example=SOURCE_SUM,
        ),
        _in_query(
            "replace",
            "Whether readers of a live release may get another content than before.",
            {"type": "string", "enum": ["yes", "no"]},
            example="no",
        ),
        _header(
            "Repr-Digest",
            "What the SHA-256 of the file must be, where the address does not say it; as RFC 9530 has it.",
            {},
            example=f"sha-256=:{SUM_IN_BASE_64}:",
        ),
    ],
    request_body=_body("application/octet-stream"),
    responses={
        "201": _told("The file is at its place.", FILE, FILE_EXAMPLE),
        **refused(*COMMON, 411, 413, words=WORDS),
    },
    security=KEY_NEEDED,
    tags=[SECTION],
    operation_id="upload_file",
)

BEGINNING = documented(
    summary="Begin an upload in parts",
    description="By the tus protocol. Sent again, it finds the upload that is on its way already.",
    parameters=[
        RELEASE,
        VERSION,
        _header(
            "Upload-Length",
            "How many bytes the whole file has.",
            {"pattern": "^[0-9]{1,15}$"},
            example="30000000",
            is_required=True,
        ),
        _header(
            "Upload-Metadata",
            "`filename` and, if you like, `sha256` and `replace` (yes), each followed by its value in base 64.",
            {},
            example="filename UHl0aG9uLTMuMTQuMi50Z3o=,replace eWVz",
            is_required=True,
        ),
    ],
    responses={
        "201": {"description": "It can be sent.", "headers": _headers("Location", *STATE)},
        **refused(*COMMON, 412, words=WORDS),
    },
    security=KEY_NEEDED,
    tags=[SECTION],
    operation_id="begin_upload",
)

SHOWING = documented(
    summary="Ask how far an upload is",
    description="HEAD, which tus asks with, answers the same without the body.",
    parameters=[UPLOAD],
    responses={
        "200": _told("How far it is.", STATUS, STATUS_EXAMPLE, headers=_headers(*STATE)),
        **refused(*COMMON, words=WORDS),
    },
    security=KEY_NEEDED,
    tags=[SECTION],
    operation_id="show_upload",
)

GOING_ON = documented(
    summary="Send the next part of a file",
    description="After the last part the file is at its place; an empty part tries that once more.",
    parameters=[
        UPLOAD,
        VERSION,
        _header(
            "Upload-Offset",
            "How many bytes have arrived so far.",
            {"pattern": "^[0-9]{1,15}$"},
            example="8388608",
            is_required=True,
        ),
        _header(
            "Upload-Checksum",
            "The SHA-256 of this part in base 64; the part has at most 8 MiB then.",
            {},
            example=f"sha256 {SUM_IN_BASE_64}",
        ),
    ],
    request_body=_body(PART),
    responses={
        "204": {"description": "The part has arrived.", "headers": _headers(*STATE)},
        **refused(*COMMON, 412, 413, 415, 460, words=WORDS),
    },
    security=KEY_NEEDED,
    tags=[SECTION],
    operation_id="continue_upload",
)

GIVING_UP = documented(
    summary="Give an upload up",
    description="What has arrived is thrown away; a file that is at its place stays.",
    parameters=[UPLOAD, VERSION],
    responses={"204": {"description": "It is gone."}, **refused(*COMMON, 412, words=WORDS)},
    security=KEY_NEEDED,
    tags=[SECTION],
    operation_id="give_up_upload",
)

SPEAKING = documented(
    summary="Ask what the uploads speak",
    description="The version and the extensions of tus, and how large a file may be.",
    responses={
        "204": {
            "description": "It is told in the headers.",
            "headers": _headers(
                "Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Checksum-Algorithm", "Tus-Max-Size"
            ),
        },
        **refused(429, 503, words=WORDS),
    },
    tags=[SECTION],
    operation_id="describe_uploads",
)
