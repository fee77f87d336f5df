"""Conditional requests: what has not changed is not sent again, and what has changed is not overwritten."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import State

from public_site.api.v2.refusals import CHANGED_MEANWHILE, PreconditionFailed, PreconditionRequired

JSON = "application/json"
TAG = re.compile(r'(W/)?"([!\x23-\x7e\x80-\xff]*)"')
DIGITS = 20
READ_FIRST = "Read it first, and send the ETag of what you have read as If-Match; “*” stands for any state."
ANY = "*"
READS = frozenset({"GET", "HEAD"})
CACHING = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
"""A program may keep an answer, and asks each time whether it is still true."""

Asked = Request[Any, Any, State]


def encoded(content: Any) -> bytes:
    return msgspec.json.encode(content)


def tag_of(content: bytes) -> str:
    """Return the entity tag of what is answered; of a row, that of all of its fields."""
    return f'"{hashlib.sha256(content).hexdigest()[:DIGITS]}"'


def answer(
    request: Asked, body: bytes, *, tag: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """Answer with the body, or that it is what the program has already."""
    said = {**CACHING, "ETag": tag, **(headers or {})}
    if request.method in READS and _names(request.headers.get("if-none-match", ""), tag, are_weak_alike=True):
        return Response(b"", status_code=304, headers=said)
    return Response(body, status_code=status, headers=said, media_type=JSON)


def require_match(request: Asked, tag: str, *, is_asked_for: bool = True) -> None:
    """Raise PreconditionFailed where the program has seen another state than the present one.

    Raises PreconditionRequired where it does not say what it has seen, and has to.
    """
    given = request.headers.get("if-match")
    if given is None:
        if is_asked_for:
            raise PreconditionRequired(READ_FIRST)
        return
    if not _names(given, tag, are_weak_alike=False):
        raise PreconditionFailed(CHANGED_MEANWHILE)


def _names(header: str, tag: str, *, are_weak_alike: bool) -> bool:
    if header.strip() == ANY:
        return True
    found = TAG.findall(header)
    return any(f'"{opaque}"' == tag and (are_weak_alike or not weak) for weak, opaque in found)
