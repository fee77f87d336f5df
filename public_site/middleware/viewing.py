"""While a superuser looks at the back office as another role, nothing is changed."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from cms.users.viewing import READ_ONLY
from public_site.middleware.same_origin import SAFE, Refusal

ALWAYS_OPEN = ("/admin/stop-viewing", "/accounts/logout/")


class ReadOnlyWhileViewing:
    """Stands behind the session: refuses whatever is not a plain reading, but the way out."""

    def __init__(self, app: ASGIApp, *, refuse: Refusal) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and _is_viewing(scope) and _would_change(scope):
            await self._refuse(scope, receive, send, READ_ONLY)
            return
        await self._app(scope, receive, send)


def _is_viewing(scope: Scope) -> bool:
    signed_in = scope["state"].get("user_session")
    return signed_in is not None and signed_in.viewing_as_id is not None


def _would_change(scope: Scope) -> bool:
    return scope.get("method") not in SAFE and scope["path"] not in ALWAYS_OPEN
