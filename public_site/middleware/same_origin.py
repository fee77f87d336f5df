"""Refuses what another site makes a browser send here: one check for the site and the back office.

Whatever is not a plain reading must come from a page of ours, by the word of the browser, and carry the token of
that page. Requests under /api/ are exempt: there no cookie counts, so there is nothing that another site could use.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from cms.core.settings import Settings
from public_site.caching.policy import as_private
from public_site.middleware import short_answers
from public_site.middleware.csrf import Token, csrf_token
from public_site.middleware.form_body import read_field

__all__ = ["SameOrigin", "csrf_token", "refuse_plainly"]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
EXEMPT = "/api/"
FIELD = "csrf_token"

FROM_ELSEWHERE = "This request came from another site, so it was not carried out."
NO_LONGER_VALID = (
    "This form is no longer valid, perhaps because you signed in or out meanwhile. "
    "Please go back, reload the page and send it again."
)

Refusal = Callable[[Scope, Receive, Send, str], Awaitable[None]]
"""Answers 403 with the sentence, in the frame of the face that was asked."""


async def refuse_plainly(scope: Scope, receive: Receive, send: Send, sentence: str) -> None:
    """Answer 403 with nothing but the sentence."""
    await short_answers.answer(send, 403, sentence.encode())


class SameOrigin:
    """ASGI middleware behind the session's; puts the lazy token into `scope["state"]["csrf_token"]`."""

    def __init__(self, app: ASGIApp, *, settings: Settings, refuse: Refusal = refuse_plainly) -> None:
        self._app = app
        self._refuse = refuse
        self._secret_key = settings.secret_key.get_secret_value().encode()
        self._is_secure = settings.is_production
        self._site_origin = _origin_of(settings.site_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        token = Token(scope, secret_key=self._secret_key, is_secure=self._is_secure)
        scope.setdefault("state", {})["csrf_token"] = token
        send = _with_cookie(token, send)
        if scope["method"] in SAFE or scope["path"].startswith(EXEMPT):
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not self._comes_from_here(scope, headers):
            await self._refuse(scope, receive, send, FROM_ELSEWHERE)
            return
        given = headers.get(b"x-csrf-token")
        if given is None:
            given, receive = await read_field(headers.get(b"content-type", ""), receive, name=FIELD)
        if given is None or not token.matches(given):
            await self._refuse(scope, receive, send, NO_LONGER_VALID)
            return
        await self._app(scope, receive, send)

    def _comes_from_here(self, scope: HTTPScope, headers: dict[bytes, str]) -> bool:
        """Believe what no page can forge: Sec-Fetch-Site, else Origin, else Referer; silence counts as elsewhere."""
        site = headers.get(b"sec-fetch-site")
        if site is not None:
            # "none" means that the reader started it, for example by reloading.
            return site in {"same-origin", "none"}
        source = headers.get(b"origin") or headers.get(b"referer")
        if not source:
            return False
        own = f"{scope['scheme']}://{headers.get(b'host', '').lower()}"
        origin = _origin_of(source)
        return origin is not None and origin in {own, self._site_origin}


def _origin_of(url: str) -> str | None:
    """Return scheme and host of an address, None for anything else, such as the origin `null`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else None


def _with_cookie(token: Token, send: Send) -> Send:
    """Add the token's cookie; a page with somebody's token in it belongs in no cache."""

    async def send_with_cookie(message: Any) -> None:
        if message["type"] == "http.response.start" and token.was_given_out:
            message = {**message, "headers": [*message["headers"], *token.headers()]}
            message = _kept_by_nobody(message)
        await send(message)

    return send_with_cookie


def _kept_by_nobody(start: Any) -> Any:
    headers = [(name, value) for name, value in start["headers"] if name.lower() != b"cache-control"]
    return as_private({**start, "headers": headers})
