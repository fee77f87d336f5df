"""What the back office says when something goes wrong: always a page in its own frame, with the request's number."""

from http import HTTPStatus

import structlog
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin.rendering import render
from cms.core.errors import CMSError

log = structlog.get_logger(__name__)

SENTENCES = {
    400: "The request could not be understood.",
    403: "You may not do this.",
    404: "There is nothing here, or nothing that you may see.",
    405: "This address does not answer this kind of request.",
    409: "Somebody else changed this in the meantime. Load the page again and repeat your change.",
    413: "This is more than the back office accepts at once.",
    500: "Something went wrong on our side. Nothing was saved.",
    503: "A service that this page needs does not answer. Try again in a moment.",
}


async def page(request: Request, status_code: int, message: str = "") -> Response:
    """Return the error page of `status_code`, saying `message` or the status's own sentence."""
    context = {
        "status_code": status_code,
        "title": HTTPStatus(status_code).phrase,
        "message": message
        or SENTENCES.get(status_code, SENTENCES[400 if status_code < HTTPStatus.INTERNAL_SERVER_ERROR else 500]),
    }
    return await render(request, "error.html", context, status_code=status_code)


async def explain_http(request: Request, error: Exception) -> Response:
    """Answer Starlette's own refusals; their details are for programmers and are not shown."""
    status_code = error.status_code if isinstance(error, HTTPException) else 500
    if status_code == HTTPStatus.BAD_REQUEST and "Too many" in str(getattr(error, "detail", "")):
        status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return await page(request, status_code)


async def explain_refusal(request: Request, error: Exception) -> Response:
    """Answer a refusal of the domain in its own words."""
    assert isinstance(error, CMSError)  # noqa: S101 - registered for this class alone
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("back office refused", error=error.message, exc_info=error)
    return await page(request, error.status_code, error.message)


async def explain_conflict(request: Request, error: Exception) -> Response:
    """Answer two writers who met at the same row within one transaction."""
    log.info("back office conflict", error=str(error))
    return await page(request, HTTPStatus.CONFLICT)


HANDLERS = {
    HTTPException: explain_http,
    CMSError: explain_refusal,
    StaleDataError: explain_conflict,
}


class ErrorPages:
    """Turns whatever nobody else answered into the numbered page 500, and logs it under that number."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def watch(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            log.exception("back office failed", path=scope.get("path"))
            if has_started:
                raise
            await (await page(Request(scope, receive), 500))(scope, receive, send)
