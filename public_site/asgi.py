"""Where the site, the back office and everything around them become one application."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from admin.app import build_admin
from cms.core import logs
from cms.core.errors import NotFound
from cms.core.resources import Resources
from cms.core.settings import Settings
from public_site.answer_counts import AnswerCounts
from public_site.api.gate import ApiGate
from public_site.app import create_app
from public_site.errors import refuse_in_frame
from public_site.middleware.access_log import AccessLog
from public_site.middleware.current_user import CurrentUserMiddleware
from public_site.middleware.limits import Limits
from public_site.middleware.request_id import LogContext, RequestId
from public_site.middleware.same_origin import SameOrigin
from public_site.middleware.security_headers import SecurityHeaders
from public_site.middleware.session import SessionMiddleware
from public_site.middleware.viewing import ReadOnlyWhileViewing
from public_site.page_cache import PageCache
from public_site.page_fallback import page_fallback
from public_site.previews import Previews
from public_site.urls import BACK_OFFICE, is_back_office, requested_path


def create() -> ASGIApp:
    """Return the application of this process; the server calls this once in each of its workers."""
    settings = Settings.load()
    logs.configure(settings)
    app = build(Resources.from_settings(settings))
    _leave_what_stays_alone()
    return app


def build(resources: Resources) -> ASGIApp:
    """Return the application that ships, from the inside out: the site, its pages, and what stands around them."""
    settings = resources.settings
    access_log = AccessLog(as_json=settings.is_production)
    counts = AnswerCounts(resources.redis)

    @asynccontextmanager
    async def running(_app: Litestar) -> AsyncIterator[None]:
        async with page_cache.listening(resources.redis), counts.flushing():
            yield
        access_log.flush()
        await resources.aclose()

    previews = Previews()
    back_office = _back_office(resources, previews)
    site = create_app(resources, previews=previews, mounts=[back_office], lifespan=[running])
    refuse = refuse_in_frame(site)
    same_origin = SameOrigin(page_fallback(site), settings=settings, refuse=refuse)
    read_only = ReadOnlyWhileViewing(same_origin, refuse=refuse)
    person = ApiGate(CurrentUserMiddleware(read_only), resources=resources)
    session = SessionMiddleware(person, resources=resources)
    guarded = LogContext(SecurityHeaders(Limits(session), settings=settings))
    page_cache = PageCache(guarded, max_bytes=settings.page_cache_bytes, also_purged=site.state.menus.purge)
    return RequestId(
        page_cache,
        settings=settings,
        access_log=access_log,
        ready_answer=page_cache.ready_answer,
        tell=counts.note,
    )


def _leave_what_stays_alone() -> None:
    """Spare the garbage collector what was loaded so far, for it stays to the end.

    Looking through all of it again and again took a fifth of the time in which cached pages are answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _back_office(resources: Resources, previews: Previews) -> ASGIRouteHandler:
    # Starlette and Litestar name the parts of an ASGI application differently.
    office: Any = build_admin(resources, previews=previews)

    @asgi(BACK_OFFICE, is_mount=True, copy_scope=True)
    async def serve_back_office(scope: Scope, receive: Receive, send: Send) -> None:
        path = requested_path(scope)
        if not is_back_office(path):
            # Litestar mounts by the letters that a path begins with: /admin-guide/ may well be a page.
            message = "There is no page at this address."
            raise NotFound(message)
        scope["path"] = path
        await office(scope, receive, send)

    return serve_back_office
