"""How version 1 says no: an empty 401, a sentence under `error`, or sentences by field under the resource's name."""

from collections.abc import Mapping
from typing import Any

import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import ClientException, HTTPException
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from cms.core.errors import CMSError, NotAuthenticated, NotFound, PermissionDenied
from cms.core.integrity import explained
from public_site.api.legacy.query import query_of
from public_site.api.legacy.writing import WrongInput
from public_site.api.v1 import formats
from public_site.errors import FAILED, RETRY_AFTER, UNAVAILABLE, request_id, status_of
from public_site.urls import requested_path

SORRY = "Sorry, this request could not be processed. Please try again later."
SOMEBODY_WAS_QUICKER = "Somebody else has changed this at the same moment. Please try again."
HTML = "text/html"
VARY = {"Vary": "Accept"}

log = structlog.get_logger(__name__)


class BadRequest(CMSError):
    """The request cannot be understood; clients are told the sentence under `error`."""

    status_code = 400


class Unreadable(CMSError):
    """The old library had nothing to say about these: an address that is none, or a body of an unknown kind."""

    def __init__(self, status: int) -> None:
        super().__init__(SORRY)
        self.status = status


def answer_error(request: Request[Any, Any, State], error: Exception) -> Response[Any]:
    """Answer any error as clients of version 1 expect it; never with a trace."""
    if isinstance(error, NotAuthenticated | PermissionDenied):
        return Response(b"", status_code=401, media_type=HTML)
    if isinstance(error, NotFound):
        return Response(b"", status_code=404, media_type=HTML, headers=VARY)
    status, body, headers = _told(request, error)
    return answer(request, body, status=status, headers=headers)


def answer(
    request: Request[Any, Any, State],
    data: Any,
    *,
    status: int = 200,
    root: str = "response",
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    """Answer in the format that the client wants."""
    media_type = formats.wanted(_parameters(request), request.headers.get("accept"))
    body = formats.written(data, media_type, root=root)
    shown_type = formats.XML_WITH_CHARSET if media_type == formats.XML else media_type
    return Response(body, status_code=status, media_type=shown_type, headers=headers)


def _parameters(request: Request[Any, Any, State]) -> Mapping[str, str]:
    """Return the parameters of the query; none where there are too many, for that is refused by an answer as well."""
    try:
        return dict(query_of(request.scope))
    except ClientException:
        return {}


def _told(request: Request[Any, Any, State], error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return the status, the body and the headers of an error."""
    match error:
        case WrongInput():
            return 400, {error.resource.path: error.errors}, {}
        case BadRequest():
            return 400, {"error": formats.sanitised(error.message)}, {}
        case Unreadable():
            return error.status, {"error_message": SORRY}, {}
        case StaleDataError():
            return 409, _refusal(SOMEBODY_WAS_QUICKER), {}
        case IntegrityError():
            return 409, _refusal(explained(error).message), {}
        case CMSError() if error.status_code < FAILED:
            return error.status_code, _refusal(error.message), {}
        case HTTPException() if error.status_code < FAILED:
            return error.status_code, {"error": formats.sanitised(error.detail)}, dict(error.headers or {})
    status = status_of(error)
    log.error("request_failed", status=status, path=requested_path(request.scope), exc_info=error)
    headers = {"Retry-After": RETRY_AFTER} if status == UNAVAILABLE else {}
    return status, {"error_message": SORRY, "request_id": request_id(request)}, headers


def _refusal(sentence: str) -> dict[str, str]:
    """Return what a decision was refused by; the script of the release managers prints `error_message`."""
    return {"error": formats.sanitised(sentence), "error_message": sentence}
