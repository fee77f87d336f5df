"""How the site says that something did not work: a page for people, JSON for programs, never a stack trace."""

from collections.abc import Mapping
from typing import Any

import structlog
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap, Receive, Scope, Send
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cms.core.errors import CMSError, Invalid, NotAuthenticated, PermissionDenied, TooManyAttempts
from public_site.caching.policy import STORABLE
from public_site.middleware.same_origin import Refusal
from public_site.templating import HTML
from public_site.urls import API_V2, legacy_url, requested_path

HEADINGS = {
    400: "This request could not be understood",
    401: "Please sign in",
    403: "You may not do this",
    404: "Page not found",
    405: "This is not possible here",
    409: "Somebody was quicker",
    410: "This page is gone",
    413: "That is too much at once",
    422: "Something needs another look",
    429: "Please wait a little",
    500: "Something went wrong",
    503: "Please try again in a moment",
}
SENTENCES = {
    400: "Part of the address or of what was sent is not valid.",
    403: "Your account does not allow this.",
    404: "There is no page at this address. It may have moved, or the address may have a typing error.",
    405: "This address does not answer that kind of request.",
    410: "It has been taken down for good.",
    413: "What was sent is larger than this site accepts.",
    500: "The fault is ours. It has been noted, and we will look at it.",
    503: "A part of the site does not answer just now.",
}
API_SENTENCES = {404: "There is nothing at this address.", 429: "Too many requests."}
JSON = "application/json"
BAD_REQUEST = 400
NOT_FOUND = 404
FAILED = 500
UNAVAILABLE = 503
RETRY_AFTER = "5"

GAVE_UP_STATES = frozenset({"57014", "55P03", "53300", "57P01", "57P02", "57P03", "08000", "08003", "08006"})
"""PostgreSQL's codes for statements ended by time-out, and for a server that is going, gone or full."""

log = structlog.get_logger(__name__)


def answer_error(request: Request[Any, Any, State], error: Exception) -> Response[Any]:
    """Answer any error with its status, a sentence and the number of the request."""
    status = status_of(error)
    if status >= FAILED:
        log.error("request_failed", status=status, path=requested_path(request.scope), exc_info=error)
    message = _sentence(error, status)
    headers = headers_of(error, status)
    if requested_path(request.scope).startswith(API_V2):
        return Response(_told_by_api(error, status, message), status_code=status, headers=headers, media_type=JSON)
    if wants_json(request, status):
        body = {"error": message, "status": status, "request_id": request_id(request)}
        if isinstance(error, Invalid) and error.errors:
            body["errors"] = error.errors
        return Response(body, status_code=status, headers=headers, media_type=JSON)
    return Response(_page(request, status, message), status_code=status, headers=headers, media_type=HTML)


EXCEPTION_HANDLERS: ExceptionHandlersMap = {Exception: answer_error}


def status_of(error: Exception) -> int:
    """Return the status that an error is answered with."""
    if isinstance(error, CMSError | HTTPException):
        return error.status_code
    return UNAVAILABLE if is_outage(error) else FAILED


def is_outage(error: Exception) -> bool:
    """Return whether the error says that the database, or the way to it, does not answer."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout | OSError):
        return True  # TimeoutError is an OSError.
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    return state in GAVE_UP_STATES or (isinstance(error, DBAPIError) and error.connection_invalidated)


def wants_json(request: Request[Any, Any, State], status: int) -> bool:
    """Return whether a program asks: it calls an API, or names JSON and not HTML as what it takes.

    An error that caches keep is the same for everybody, or one program's JSON would be what readers see.
    """
    if requested_path(request.scope).startswith(("/api/", "/health/")):
        return True
    accepted = request.headers.get("accept", "")
    return status not in STORABLE and "application/json" in accepted and "text/html" not in accepted


def request_id(request: Request[Any, Any, State]) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


def _sentence(error: Exception, status: int) -> str:
    """Return what people are told; only our own errors speak for themselves."""
    if isinstance(error, CMSError) and status not in {NOT_FOUND, FAILED}:
        return error.message
    return SENTENCES.get(status) or SENTENCES[_nearest(status)]


def _told_by_api(error: Exception, status: int, message: str) -> dict[str, Any]:
    """Return the body of an error of version 2 of the API; our own errors speak for themselves, also a missing row."""
    is_own = isinstance(error, CMSError) and status < FAILED
    extra = error.errors if isinstance(error, Invalid) else {}
    return {
        "detail": str(error) if is_own else API_SENTENCES.get(status, message),
        "status_code": status,
        "extra": extra,
    }


def headers_of(error: Exception, status: int) -> Mapping[str, str]:
    """Return what an error tells programs besides its status, such as when to come again."""
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.retry_after)
    elif isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Token"
    elif status == UNAVAILABLE:
        headers["Retry-After"] = RETRY_AFTER
    return headers


def _page(request: Request[Any, Any, State], status: int, message: str) -> str:
    is_missing = status == NOT_FOUND
    template = request.app.state.environment.get_template("errors/404.html" if is_missing else "errors/error.html")
    page: str = template.render(
        request=request,
        heading=HEADINGS.get(status) or HEADINGS[_nearest(status)],
        message=message,
        request_id="" if is_missing else request_id(request),
        legacy_url=legacy_url(requested_path(request.scope)),
    )
    return page


def _nearest(status: int) -> int:
    """Return the status whose words fit one that has none of its own."""
    return BAD_REQUEST if status < FAILED else FAILED


def refuse_in_frame(app: Litestar) -> Refusal:
    """Return how a request is refused before it reaches the site: like an error, in the site's own frame."""

    async def refuse(scope: Scope, receive: Receive, send: Send, sentence: str) -> None:
        scope["litestar_app"] = app
        request: Request[Any, Any, State] = Request(scope, receive, send)
        response = answer_error(request, PermissionDenied(sentence))
        response.headers["Cache-Control"] = "private, no-store"
        await response.to_asgi_response(app=None, request=request)(scope, receive, send)

    return refuse
