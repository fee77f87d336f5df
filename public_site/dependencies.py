"""What handlers ask for by name, and what every answer of the site says about caches."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import NamedDependency
from litestar.types import Message, Scope
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import cache
from cms.core.cdn import ALL_PAGES
from cms.core.resources import Resources
from cms.users.models import User
from public_site.caching import policy
from public_site.caching.tags import surrogate_keys
from public_site.streams import Streams
from public_site.templating import Renderer
from public_site.urls import first_segment, requested_path

OK = 200
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_KEY = 200

CACHED: dict[str, Any] = {"cached": True}
"""The `opt` of handlers whose answers to visitors are the same for every visitor, and for every query."""

SLASHLESS: dict[str, Any] = {"slashless": True}
"""The `opt` of handlers whose address is complete without a slash at its end."""


async def provide_session(request: Request[Any, Any, State]) -> AsyncGenerator[AsyncSession, None]:
    """One unit of work per request: committed when the answer is ready, rolled back when it failed.

    A request that only reads is rolled back as well, so that no GET ever changes a row.
    """
    resources: Resources = request.app.state.resources
    async with resources.sessionmaker() as session:
        try:
            yield session
            if request.method not in SAFE_METHODS:
                await session.commit()
        finally:
            surrogate_keys(request.scope).update(cache.tags(session))


async def provide_render(request: Request[Any, Any, State], session: NamedDependency[AsyncSession]) -> Renderer:
    """Return what renders pages, also the one that says that nothing was found, with the menus as they are now."""
    await request.app.state.menus.refresh()
    return Renderer(request, session, request.app.state.environment)


async def provide_resources(state: State) -> Resources:
    resources: Resources = state.resources
    return resources


def site_url_of(request: Request[Any, Any, State]) -> str:
    """Return what absolute addresses begin with: what the settings say, whatever the request calls the host."""
    resources: Resources = request.app.state.resources
    return resources.settings.site_url


async def provide_streams(state: State) -> Streams:
    streams: Streams = state.streams
    return streams


async def provide_user(request: Request[Any, Any, State]) -> User | None:
    """Return who is signed in, with the roles that they hold."""
    return visitor(request.scope)


def visitor(scope: Scope) -> User | None:
    user: User | None = scope.get("state", {}).get("user")
    return user


async def add_cache_headers(message: Message, scope: Scope) -> None:
    """Name what the answer was made of, and say who may keep it: nobody, unless the handler is CACHED."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    segment = first_segment(requested_path(scope))
    own = headers.get("Surrogate-Key", "").split()
    keys = {key for key in (segment, *own) if key} | surrogate_keys(scope)
    headers["Surrogate-Key"] = " ".join([ALL_PAGES, *sorted(_as_header(key) for key in keys - {ALL_PAGES})])
    if "Cache-Control" not in headers:
        for name, value in _policy(message["status"], scope).items():
            headers[name] = value.decode()


def _policy(status: int, scope: Scope) -> dict[str, bytes]:
    handler: Any = scope.get("route_handler")
    is_same_for_all = visitor(scope) is None and handler is not None and handler.opt.get("cached")
    if not is_same_for_all or status not in policy.STORABLE:
        return {"Cache-Control": policy.PRIVATE}
    if status in policy.MISSING:
        return {"Cache-Control": policy.MISSING_IN_BROWSERS, "Surrogate-Control": policy.CDN_MISSING}
    scope.setdefault("state", {})[policy.FOR_ANY_QUERY] = status == OK  # A redirect keeps the query.
    return {"Cache-Control": policy.BROWSERS_ASK_AGAIN, "Surrogate-Control": policy.CDN_PAGE}


def _as_header(key: str) -> str:
    """Return a key as it can stand in a header between spaces; strangers may have invented it."""
    return "".join(character if "!" <= character <= "~" else "-" for character in key[:LONGEST_KEY])
