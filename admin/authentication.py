"""Who may enter: the back office knows the site's session, sends visitors to sign in and refuses who is no staff."""

from urllib.parse import quote

from sqladmin.authentication import AuthenticationBackend
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from admin import errors
from admin.forms import OPENED, close_forms
from cms.users.models import User

SIGN_IN_PATH = "/accounts/login/"
OPEN_TO_ALL = ("/admin/statics/", "/admin/static/")
"""Style sheets and scripts, which the refusal itself needs."""


def is_staff(user: User) -> bool:
    return user.is_active and (user.is_staff or user.is_superuser)


class StaffOnly:
    """Stands before every page of the back office, so that none can forget to ask."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OPEN_TO_ALL):
            await self.app(scope, receive, send)
            return
        answer = await self._answer(Request(scope, receive))
        scope[OPENED] = []
        try:
            await (answer or self.app)(scope, receive, send)
        finally:
            await close_forms(scope)

    async def _answer(self, request: Request) -> Response | None:
        user = request.scope.get("state", {}).get("user")
        if user is None:
            return _to_sign_in(request)
        if not is_staff(user):
            return await errors.page(request, 403, "The back office is for staff of python.org. Your account is not.")
        return None


class SiteSession(AuthenticationBackend):
    """Tells SQLAdmin that the session is the site's; signing in and out happens there."""

    def __init__(self) -> None:
        self.middlewares = [Middleware(errors.ErrorPages), Middleware(StaffOnly)]

    async def authenticate(self, request: Request) -> Response | bool:
        user = request.scope.get("state", {}).get("user")
        return user is not None and is_staff(user)


def _to_sign_in(request: Request) -> Response:
    if request.method not in {"GET", "HEAD"} or request.headers.get("accept", "").startswith("application/json"):
        return RedirectResponse(f"{SIGN_IN_PATH}?next={quote('/admin/')}", status_code=303)
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{SIGN_IN_PATH}?next={quote(target)}", status_code=303)
