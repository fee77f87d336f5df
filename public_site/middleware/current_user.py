"""In whose name a request writes, and that no cache keeps what a signed-in person was shown."""

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from cms.core.audit import acting_as

PRIVATE = "private, no-store"


class CurrentUserMiddleware:
    """Stands behind the session: every row that the request writes names its user and the request's id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        user = state.get("user")
        with acting_as(user, request_id=state.get("request_id")):
            await self._app(scope, receive, _private(send) if user else send)


def _private(send: Send) -> Send:
    """Forbid caches to keep the answer, unless it says itself who may."""

    async def send_as_private(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableScopeHeaders.from_message(message).setdefault("Cache-Control", PRIVATE)
        await send(message)

    return send_as_private
