"""How the old paths of version 2 answer: compact JSON with the methods in Allow, and errors under `detail`."""

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from cms.core.errors import CMSError, NotAuthenticated, PermissionDenied
from cms.core.integrity import explained
from cms.downloads.services import ONE_BUTTON
from public_site.api.legacy.writing import WHOLE, WrongInput
from public_site.errors import FAILED, RETRY_AFTER, UNAVAILABLE, request_id, status_of
from public_site.urls import requested_path

JSON = "application/json"
NO_CONTENT = 204
ALLOW = "allow"
"""The `opt` of a handler that names the methods for the header of this name."""

NOT_ALLOWED = "You do not have permission to perform this action."
NOT_UNIQUE = "The fields os, release must make a unique set."
SOMEBODY_WAS_QUICKER = "Somebody else has changed this at the same moment. Please try again."
FAILURE = "A server error occurred."

log = structlog.get_logger(__name__)


class Refused(CMSError):
    """The request cannot be answered, for a reason that lies in how it was made."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def answer(
    request: Request[Any, Any, State], data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[Any]:
    """Answer with JSON as short as it can be, which may stand in a script as well."""
    body = msgspec.json.encode(data).replace(b"\xe2\x80\xa8", rb"\u2028").replace(b"\xe2\x80\xa9", rb"\u2029")
    return Response(body, status_code=status, media_type=JSON, headers={**_allow(request), **(headers or {})})


def empty(request: Request[Any, Any, State], status: int) -> Response[Any]:
    """Answer with nothing but the status."""
    return Response(None if status == NO_CONTENT else b"", status_code=status, headers=_allow(request))


def answer_error(request: Request[Any, Any, State], error: Exception) -> Response[Any]:
    """Answer any error as clients of version 2 expect it; never with a trace."""
    status, body, headers = _told(request, error)
    return answer(request, body, status=status, headers=headers)


def _told(request: Request[Any, Any, State], error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return the status, the body and the headers of an error."""
    match error:
        case WrongInput():
            return 400, _in_old_places(error.errors), {}
        case Refused():
            return error.status, {"detail": error.message}, {}
        case NotAuthenticated():
            return 401, {"detail": error.message}, {"WWW-Authenticate": "Token"}
        case PermissionDenied():
            return 403, {"detail": NOT_ALLOWED}, {}
        case StaleDataError():
            return 409, {"detail": SOMEBODY_WAS_QUICKER}, {}
        case IntegrityError():
            return 409, {"detail": explained(error).message}, {}
        case CMSError() if error.status_code < FAILED:
            return error.status_code, {"detail": error.message}, {}
        case HTTPException() if error.status_code < FAILED:
            return error.status_code, {"detail": error.detail}, dict(error.headers or {})
    status = status_of(error)
    log.error("request_failed", status=status, path=requested_path(request.scope), exc_info=error)
    headers = {"Retry-After": RETRY_AFTER} if status == UNAVAILABLE else {}
    return status, {"detail": FAILURE, "request_id": request_id(request)}, headers


def _in_old_places(errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the errors with a second download button told where and as the old site told it."""
    if ONE_BUTTON not in errors.get("download_button", ()):
        return dict(errors)
    return {name: found for name, found in errors.items() if name != "download_button"} | {WHOLE: [NOT_UNIQUE]}


def _allow(request: Request[Any, Any, State]) -> dict[str, str]:
    methods: str | None = request.route_handler.opt.get(ALLOW)
    return {"Allow": methods} if methods else {}
