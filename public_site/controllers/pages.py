"""Redirects and pages at paths that editors choose; the page fallback asks here wherever no route answers."""

import re
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.cache import one_or_404
from cms.core.errors import NotFound
from cms.core.resources import Resources
from cms.downloads import queries as downloads
from cms.downloads.models import Release
from cms.pages import queries
from cms.pages.models import DEFAULT_TEMPLATE, TEMPLATES, Page
from cms.redirects import queries as redirects
from cms.redirects.services import old_address
from cms.users.models import User
from public_site.answer_counts import REDIRECT_KEY
from public_site.caching.tags import surrogate_keys
from public_site.controllers.default_pages import default_page
from public_site.dependencies import CACHED, SLASHLESS
from public_site.menus import shown_menus
from public_site.page_fallback import PAGE_ROUTE, is_text
from public_site.section import section_around
from public_site.templating import Renderer
from public_site.urls import requested_path, with_query

OLD_RELEASE_PATH = re.compile(r"/download/releases/(?P<number>\d{1,3}(?:\.\d{1,3}){1,3})/?")
LONGEST_PATH = 500
HTML_TYPE = "text/html"
SERVED_AS_WRITTEN = frozenset({"text/plain", "text/csv", "text/markdown", "application/json"})
"""Types that no browser runs, so that the text may leave as the editor wrote it, without the sanitiser."""

GONE = 410


class PagesController(Controller):
    opt = CACHED | SLASHLESS

    @get(PAGE_ROUTE)
    async def show_page(
        self,
        request: Request[Any, Any, State],
        session: NamedDependency[AsyncSession],
        render: NamedDependency[Renderer],
        user: NamedDependency[User | None],
        resources: NamedDependency[Resources],
    ) -> Response[Any]:
        """Answer with what comes first: a redirect, a page, an address of the past."""
        path, query = requested_path(request.scope), request.scope["query_string"]
        if path == PAGE_ROUTE or len(path) > LONGEST_PATH or not is_text(path):
            message = "There is no page at this address."
            raise NotFound(message)
        if target := await _new_address(session, request, path, query):
            return Redirect(target, status_code=301)
        if target := await _address_of_old_release(session, path):
            return Redirect(target, status_code=301)
        try:
            page = await one_or_404(session, queries.visible_to(user).where(queries.is_at(path)))
        except NotFound:
            if (default := await default_page(path, session, render)) is not None:
                return default
            old = await old_address(session, path, query.decode("latin-1"))
            if old is None:
                raise
            return Redirect(old.at(resources.settings.site_url), status_code=old.status_code)
        if not path.endswith("/"):
            return Redirect(with_query(page.public_path, query), status_code=301)
        if release := await session.scalar(downloads.briefly(downloads.told_by(page))):
            return Redirect(release.public_path, status_code=301)
        return await page_answer(page, session, render)


async def _new_address(session: AsyncSession, request: Request[Any, Any, State], path: str, query: bytes) -> str | None:
    """Return where an editor's redirect leads, with the visitor's query."""
    redirect = await session.scalar(redirects.from_path(path).limit(1))
    if redirect is None:
        return None
    surrogate_keys(request.scope).add(f"{REDIRECT_KEY}{redirect.id}")
    if not redirect.new_path:
        raise HTTPException(status_code=GONE)
    separator = "&" if "?" in redirect.new_path else "?"
    return redirect.new_path + (separator + query.decode("latin-1") if query else "")


async def _address_of_old_release(session: AsyncSession, path: str) -> str | None:
    """Return where /download/releases/2.7.1/ is now, if the release tells of itself."""
    found = OLD_RELEASE_PATH.fullmatch(path)
    if not found:
        return None
    slug = f"python-{found['number'].replace('.', '')}"
    own = downloads.briefly(downloads.live()).where(Release.slug == slug, Release.page_id.is_(None))
    release = await session.scalar(own)
    return release.public_path if release else None


async def page_answer(page: Page, session: AsyncSession, render: Renderer) -> Response[str]:
    """Return what the page looks like to its readers."""
    if page.content_type != HTML_TYPE:
        text = page.content if page.content_type in SERVED_AS_WRITTEN else page.content_html
        return Response(text, media_type=page.content_type)
    section = await section_around(session, page, shown_menus(render.request))
    template = page.template_name if page.template_name in TEMPLATES else DEFAULT_TEMPLATE
    return await render(template, page=page, section=section)
