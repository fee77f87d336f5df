"""The one cookie of site and back office: it is read here, before anything else asks who the visitor is."""

from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cms.core.resources import Resources
from cms.core.settings import Settings
from cms.users import sessions
from cms.users.models import User, UserSession
from public_site.middleware import short_answers

PATHS_WITHOUT_SESSION = ("/api/", "/static/", "/admin/static", "/health/", "/_health")
"""The API knows its callers by their keys and is therefore spared the same-origin check: no cookie must count there."""

ASKED_BY_PAGES = ("/_changes", "/admin/panels")
"""What an open page asks for by itself, which is no sign of a person: it does not keep a forgotten session alive."""

LONGEST_TOKEN = 128
UNAVAILABLE = b"The site cannot reach its database at this moment. Please try again in a few seconds."


class SessionMiddleware:
    """Puts `user` and `user_session` into the scope's state; both are None for visitors.

    Without the cookie no connection is taken. A cookie whose session has ended is deleted in the browser, so that
    the page cache serves that visitor again.
    """

    def __init__(self, app: ASGIApp, *, resources: Resources) -> None:
        self._app = app
        self._sessionmaker = resources.sessionmaker
        self._settings = resources.settings
        self._cookie = cookie_name(resources.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state |= {"user": None, "user_session": None}
        token = None if scope["path"].startswith(PATHS_WITHOUT_SESSION) else _token_in(scope, self._cookie)
        if token is None:
            await self._app(scope, receive, send)
            return
        try:
            found = await self._find(token, is_asked_by_page=scope["path"].startswith(ASKED_BY_PAGES))
        except (DBAPIError, PoolTimeout, OSError):
            await short_answers.answer(send, 503, UNAVAILABLE, headers=[short_answers.SOON_AGAIN])
            return
        if found is None:
            await self._app(scope, receive, self._deleting_cookie(send))
            return
        state |= {"user": found.user, "user_session": found}
        await self._app(scope, receive, send)

    async def _find(self, token: str, *, is_asked_by_page: bool) -> UserSession | None:
        async with self._sessionmaker() as session:
            found = await sessions.find(session, token)
            if found is not None and not is_asked_by_page and await sessions.touch(session, found):
                await session.commit()
            return found

    def _deleting_cookie(self, send: Send) -> Send:
        ended = ended_cookie(self._settings).to_encoded_header()

        async def send_with_deletion(message: Message) -> None:
            if message["type"] == "http.response.start" and not _sets_cookie(message, self._cookie):
                message["headers"] = [*message["headers"], ended]
            await send(message)

        return send_with_deletion


def cookie_name(settings: Settings) -> str:
    """Return what the cookie is called.

    Browsers take a `__Host-` cookie from the very host over TLS only: no other site under python.org, of which
    there are many in other hands, can plant a session of its own here.
    """
    return "__Host-session" if settings.is_production else "session"


def session_cookie(token: str, user: User, settings: Settings) -> Cookie:
    """Return the cookie that signs a browser in; how long it counts is decided by the row, not by the browser."""
    lifetime = sessions.lifetime_for(user).absolute
    return _cookie(token, settings, max_age=int(lifetime.total_seconds()))


def ended_cookie(settings: Settings) -> Cookie:
    """Return the cookie that makes a browser forget its session."""
    return _cookie("", settings, max_age=0)


def token_of(scope: Scope, settings: Settings) -> str | None:
    """Return the token that came with a request."""
    return _token_in(scope, cookie_name(settings))


def _cookie(value: str, settings: Settings, *, max_age: int) -> Cookie:
    return Cookie(
        key=cookie_name(settings),
        value=value,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.is_production,
    )


def _token_in(scope: Scope, name: str) -> str | None:
    for header, value in scope["headers"]:
        if header == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, token = part.strip().partition("=")
                if key == name and 0 < len(token) <= LONGEST_TOKEN:
                    return token
    return None


def _sets_cookie(message: Message, name: str) -> bool:
    started = f"{name}=".encode()
    headers: list[tuple[bytes, bytes]] = message.get("headers", [])  # type: ignore[assignment]  # a start message has them
    return any(key.lower() == b"set-cookie" and value.startswith(started) for key, value in headers)
