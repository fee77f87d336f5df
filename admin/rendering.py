"""How a page of the back office is rendered: what every template may use, and the sentences carried over a redirect."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.menu import count_waiting
from admin.requests import csrf_token_of, office_of, request_id_of
from admin.urls import url_to

FLASH_COOKIE = "back_office_flash"
FLASH_SECONDS = 300
NEVER_CACHED = {"Cache-Control": "private, no-store"}


async def render(
    request: Request, template: str, context: Mapping[str, Any] | None = None, *, status_code: int = 200
) -> Response:
    """Return the page that `template` makes of `context`, showing the sentences that wait to be shown."""
    office = office_of(request)
    flashes = _waiting_flashes(request)
    if status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        await count_waiting(request)
    everything = {
        "request": request,
        "user": request.scope.get("state", {}).get("user"),
        "csrf_token": csrf_token_of(request),
        "request_id": request_id_of(request),
        "flashes": flashes,
        **(context or {}),
    }
    response = await office.templates.TemplateResponse(request, template, everything, status_code=status_code)
    response.headers.update(NEVER_CACHED)
    if flashes:
        response.delete_cookie(FLASH_COOKIE, path=url_to("index"))
    return response


def go_to(
    request: Request, url: str, *, saying: str = "", link: tuple[str, str] | None = None, tone: str = "success"
) -> Response:
    """Return a redirect to `url` whose page begins with the sentence `saying` and, if given, a (label, url) link."""
    response = RedirectResponse(url, status_code=303, headers=NEVER_CACHED)
    if saying:
        value = _signer(request).dumps([{"text": saying, "link": link, "tone": tone}])
        secure = office_of(request).resources.settings.is_production
        response.set_cookie(
            FLASH_COOKIE,
            value,
            max_age=FLASH_SECONDS,
            path=url_to("index"),
            secure=secure,
            httponly=True,
            samesite="lax",
        )
    return response


def _waiting_flashes(request: Request) -> list[dict[str, Any]]:
    try:
        flashes: list[dict[str, Any]] = _signer(request).loads(
            request.cookies.get(FLASH_COOKIE, ""), max_age=FLASH_SECONDS
        )
    except BadSignature:
        return []
    return flashes


def _signer(request: Request) -> URLSafeTimedSerializer:
    key = office_of(request).resources.settings.secret_key.get_secret_value()
    return URLSafeTimedSerializer(key, salt="back-office-flash")
