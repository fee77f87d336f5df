"""What happens when no route knows an address: a redirect or a page of the editors may be there.

This wraps the application instead of being its last route, because a route that matches an address in part, such
as /downloads/release/<slug>/, would keep a page below it from ever being found.
"""

from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from public_site.urls import REQUESTED_PATH

PAGE_ROUTE = "/_page"
"""Where the application looks for the page at the requested path; nobody else can ask for it."""

WITHOUT_PAGES = ("/admin/", "/api/", "/static/", "/media/", "/m/", "/preview/")
NOWHERE = "/_nowhere"
"""An address that no route has."""

NOT_FOUND = 404


def page_fallback(app: ASGIApp) -> ASGIApp:
    """Return `app`, asked a second time for the editors' page wherever it answers 404 to a GET."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        path = scope["path"]
        scope.setdefault("state", {})[REQUESTED_PATH] = path
        if is_way_round_the_gate(path):
            await app(_copy_of(scope, path=NOWHERE), receive, send)
            return
        if scope["method"] not in {"GET", "HEAD"} or path.startswith(WITHOUT_PAGES):
            await app(scope, receive, send)
            return
        first = _UnlessNotFound(send)
        if is_text(path):
            await app(_copy_of(scope), receive, first)
        if not first.has_answered:
            await app(_copy_of(scope, path=PAGE_ROUTE), receive, send)

    return answer


def is_way_round_the_gate(path: str) -> bool:
    """Return whether a path leads to the API only because the routes overlook slashes that stand side by side.

    Whoever asks for //api/v2/ has not been asked for a key, nor has anybody counted the request.
    """
    segments = [segment for segment in path.split("/") if segment]
    return "//" in path and segments[:1] == ["api"]


def is_text(path: str) -> bool:
    """Return whether a path can be compared with what is in the database at all."""
    return "\0" not in path and not any("\ud800" <= character <= "\udfff" for character in path)


class _UnlessNotFound:
    """A `send` that swallows a 404 and passes on every other answer."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_answered = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_answered = message["status"] != NOT_FOUND
        if self.has_answered:
            await self._send(message)


def _copy_of(scope: Scope, **changes: Any) -> Any:
    """Return the scope for one pass; what the passes find out about the request they share under `state`."""
    return {**scope, **changes}
