"""Previews: what a row will look like to its readers, made by the very functions and templates that answer them.

A preview is of a row that no session holds, so that nothing of it can be written; it is never cached, and says of
itself that it is one.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from html import escape
from typing import Any, TypeVar
from urllib.parse import urljoin

from litestar import Litestar, Request, Response
from litestar.datastructures import State
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from cms.banners.models import Banner
from cms.boxes import placement
from cms.boxes.models import Box
from cms.codesamples import queries as code_samples
from cms.codesamples.models import CodeSample
from cms.core.cache import one_or_404
from cms.core.errors import NotFound
from cms.downloads import queries as downloads
from cms.downloads.models import OperatingSystem, Release
from cms.downloads.versions import PythonVersion
from cms.pages import queries as pages
from cms.pages.models import Page
from public_site.controllers.downloads import DOWNLOADS_TEMPLATE, downloads_answer, release_answer, system_answer
from public_site.controllers.home import HOME_TEMPLATE, home_answer
from public_site.controllers.pages import HTML_TYPE, page_answer
from public_site.templating import Renderer, static

HEADERS: Mapping[str, str] = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""What every answer with a preview says: it is for nobody's cache, for no search engine, and its address for nobody."""

HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
RELATIVE = re.compile(r"""(\s(?:href|src)\s*=\s*)(["'])(?![a-z][a-z0-9+.-]*:|[/#"'])([^"']*)\2""", re.IGNORECASE)
"""A relative address in an attribute: a preview does not stand where its page will."""

Show = Callable[[Any, AsyncSession, Renderer], Awaitable[Response[Any]]]
Shows = TypeVar("Shows", bound=Show)

_shows: dict[type[Any], Show] = {}
_pages: dict[str, Show] = {}


def preview_of(model: type[Any]) -> Callable[[Shows], Shows]:
    """Register how a row of `model` is shown to its readers: `show(row, session, render)`; the row is in no session."""

    def register(show: Shows) -> Shows:
        _shows[model] = show
        return show

    return register


def page_preview(prefix: str) -> Callable[[Shows], Shows]:
    """Register what shows the page at a path, and with a longer prefix than "/" those below it, given the path."""

    def register(show: Shows) -> Shows:
        _pages[prefix] = show
        return show

    return register


class Previews:
    """Shows rows as the site would; the back office is handed one, because it knows nothing of the site."""

    headers = HEADERS

    def __init__(self) -> None:
        self._site: Litestar | None = None

    def connect(self, site: Litestar) -> None:
        """Use the templates and menus of this site, which could not be there before its back office."""
        self._site = site

    def has(self, model: type[Any]) -> bool:
        """Return whether there is a public page on which rows of `model` are seen."""
        return model in _shows

    async def page_of(self, session: AsyncSession, row: Any, *, ribbon: str) -> str:
        """Return the page that readers would be given if the row, which no session may hold, were live."""
        assert self._site is not None  # noqa: S101 - the composition root connects it before the first request
        row.is_published = True
        await self._site.state.menus.refresh()
        render = Renderer(_visit(self._site, row.public_path), session, self._site.state.environment)
        with session.no_autoflush:
            answer = await _shows[type(row)](row, session, render)
        is_html = (answer.media_type or HTML_TYPE) == HTML_TYPE
        page = str(answer.content) if is_html else _as_text(str(answer.content))
        return _marked(_rebased(page, row.public_path), ribbon)

    def has_page(self, path: str) -> bool:
        """Return whether the page at a path can be shown as it would be after a change."""
        return _page_at(path) is not None

    async def page_at(self, session: AsyncSession, path: str, *, ribbon: str) -> str:
        """Return the page at a path as readers would be given it if what the session wrote were committed.

        Raises NotFound where there is no such page.
        """
        assert self._site is not None  # noqa: S101 - the composition root connects it before the first request
        show = _page_at(path)
        if show is None:
            message = "There is no preview of this page."
            raise NotFound(message)
        await self._site.state.menus.refresh()
        answer = await show(path, session, Renderer(_visit(self._site, path), session, self._site.state.environment))
        return _marked(_rebased(str(answer.content), path), ribbon)


@page_preview("/")
async def show_home(_path: str, session: AsyncSession, render: Renderer) -> Response[Any]:
    return await home_answer((await session.scalars(code_samples.shown())).all(), session, render)


@page_preview("/downloads/")
async def show_downloads(path: str, session: AsyncSession, render: Renderer) -> Response[Any]:
    """Show the page of all downloads, or that of one operating system below it."""
    slug = path.removeprefix("/downloads/").strip("/")
    if not slug:
        return await downloads_answer(session, render)
    system = await one_or_404(session, downloads.operating_systems().where(OperatingSystem.slug == slug))
    return await system_answer(system, session, render)


@preview_of(Page)
async def show_page(page: Page, session: AsyncSession, render: Renderer) -> Response[Any]:
    return await page_answer(page, session, render)


@preview_of(Release)
async def show_release(release: Release, session: AsyncSession, render: Renderer) -> Response[Any]:
    """Show a release with what the database would add to it when it is written."""
    version = PythonVersion.from_name(release.name)
    set_committed_value(release, "series", version.series if version else None)
    set_committed_value(release, "page", await session.get(Page, release.page_id) if release.page_id else None)
    wanted = {file.operating_system_id for file in release.files}
    systems = await session.scalars(select(OperatingSystem).where(OperatingSystem.id.in_(wanted)))
    by_id = {system.id: system for system in systems}
    set_committed_value(release, "files", [file for file in release.files if file.operating_system_id in by_id])
    for file in release.files:
        set_committed_value(file, "release_id", release.id or 0)
        set_committed_value(file, "operating_system", by_id[file.operating_system_id])
    return await release_answer(release, session, render)


@preview_of(Box)
async def show_box(box: Box, session: AsyncSession, render: Renderer) -> Response[Any]:
    """Show a box in the first of the pages that have a place for it; one that other sites include, on its own."""
    render = replace(render, boxes_instead={box.label: box.content_html})
    if box.label in placement.labels_in(HOME_TEMPLATE):
        return await home_answer((await session.scalars(code_samples.shown())).all(), session, render)
    if box.label in placement.labels_in(DOWNLOADS_TEMPLATE):
        return await downloads_answer(session, render)
    return await render("previews/box.html", previewed=box)


@preview_of(Banner)
async def show_banner(banner: Banner, session: AsyncSession, render: Renderer) -> Response[Any]:
    """Show a banner on the first of the pages that it is meant for; on the home page, where that is no page of ours."""
    render = replace(render, banner_instead=banner)
    page = await session.scalar(pages.live().where(pages.is_at(banner.public_path)))
    if page is not None:
        return await page_answer(page, session, render)
    return await home_answer((await session.scalars(code_samples.shown())).all(), session, render)


@preview_of(CodeSample)
async def show_code_sample(sample: CodeSample, session: AsyncSession, render: Renderer) -> Response[Any]:
    """Show a code sample, opened, in its place among the others, also where the home page has no room for it yet."""
    others = [other for other in await session.scalars(code_samples.shown()) if other.id != sample.id]
    others = others[: code_samples.SHOWN - 1]
    samples = sorted([*others, sample], key=lambda found: (found.id is None, found.position, found.id))
    return await home_answer(samples, session, render, opened=sample)


def _page_at(path: str) -> Show | None:
    found = (show for prefix, show in _pages.items() if path == prefix or (prefix != "/" and path.startswith(prefix)))
    return next(found, None)


def _visit(site: Litestar, path: str) -> Request[Any, Any, State]:
    """Return a visit of nobody in particular to the row's own address."""
    scope: Any = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [],
        "state": {},
        "litestar_app": site,
    }
    return Request(scope)


def _as_text(text: str) -> str:
    """Return a page that shows what readers get as it is, such as a text file."""
    return f"<!doctype html><html><head></head><body><pre>{escape(text)}</pre></body></html>"


def _rebased(page: str, path: str) -> str:
    """Return the page with its relative addresses written out from where it will stand."""
    return RELATIVE.sub(lambda found: f"{found[1]}{found[2]}{urljoin(path, found[3])}{found[2]}", page)


def _marked(page: str, ribbon: str) -> str:
    """Return the page with the ribbon on top of it, and with links that do not lead away from it."""
    head = f'<meta charset="utf-8"><base target="_blank"><link rel="stylesheet" href="{static("preview.css")}">'
    mark = f'<p class="preview-ribbon" role="note">{escape(ribbon)}</p>'
    if not BODY.search(page):
        page = f"<!doctype html><html><head></head><body>{page}</body></html>"
    if not HEAD.search(page):
        page = BODY.sub(lambda found: f"<head></head>{found[0]}", page, count=1)
    page = HEAD.sub(lambda found: found[0] + head, page, count=1)
    return BODY.sub(lambda found: found[0] + mark, page, count=1)
