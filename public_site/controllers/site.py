"""Small addresses of the site itself: what crawlers read, and what staff see on cached pages."""

import json
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import Permission, allows, scope_condition
from cms.downloads import queries as downloads
from cms.downloads.models import Release
from cms.pages import queries as pages
from cms.pages.models import Page
from cms.users.models import User
from public_site.controllers.default_pages import DEFAULT_PAGES
from public_site.dependencies import CACHED, SLASHLESS
from public_site.templating import HTML, STATIC, Renderer

TEXT = "text/plain"
XML = "application/xml; charset=utf-8"
LARGEST_ID = 2**31 - 1
MOST_ADDRESSES = 45_000
"""A sitemap may name 50,000 addresses; the newest releases and pages come first."""


class CrawlersController(Controller):
    opt = CACHED | SLASHLESS

    @get("/robots.txt")
    async def show_robots(self, render: NamedDependency[Renderer]) -> Response[str]:
        return await render("robots.txt", media_type=TEXT)

    @get("/humans.txt")
    async def show_humans(self, render: NamedDependency[Renderer]) -> Response[str]:
        return await render("humans.txt", media_type=TEXT)

    @get("/funding.json")
    async def show_funding(self) -> Response[Any]:
        return Response(_funding(), media_type="application/json")

    @get("/favicon.ico")
    async def show_icon(self) -> Redirect:
        return Redirect("/static/mark.svg", status_code=301)

    @get("/sitemap.xml")
    async def show_sitemap(
        self, session: NamedDependency[AsyncSession], render: NamedDependency[Renderer]
    ) -> Response[str]:
        entries: list[tuple[str, datetime | None]] = [("/", None), ("/downloads/", None), ("/doc/versions/", None)]
        systems = (await session.scalars(downloads.operating_systems())).all()
        entries += [(system.public_path, None) for system in systems]
        releases = (await session.scalars(downloads.briefly(downloads.live()))).all()
        entries += [(release.public_path, release.updated_at) for release in releases]
        found = (await session.scalars(pages.briefly(pages.live()).limit(MOST_ADDRESSES - len(entries)))).all()
        entries += [(page.public_path, page.updated_at) for page in found]
        written = {page.public_path for page in found}
        entries += [(path, None) for path in DEFAULT_PAGES if path not in written]
        return await render("sitemap.xml", media_type=XML, entries=entries)


class FragmentsController(Controller):
    """What depends on the visitor and is therefore fetched apart from the page, and never kept."""

    opt = SLASHLESS

    @get("/release-edit-button/{release_id:int}")
    async def show_edit_button(
        self,
        session: NamedDependency[AsyncSession],
        render: NamedDependency[Renderer],
        user: NamedDependency[User | None],
        release_id: Annotated[int, PathParameter(ge=0, le=LARGEST_ID)],
    ) -> Response[str]:
        if user is None or not allows(user, Permission.DOWNLOADS_EDIT):
            return Response("", media_type=HTML)
        editable = scope_condition(user, Permission.DOWNLOADS_EDIT, Release)
        found = await session.scalar(
            downloads.briefly(downloads.visible_to(user)).where(Release.id == release_id, editable)
        )
        return await render("downloads/edit_button.html", release=found)

    @get("/page-edit-button/{page_id:int}")
    async def show_page_edit_button(
        self,
        session: NamedDependency[AsyncSession],
        render: NamedDependency[Renderer],
        user: NamedDependency[User | None],
        page_id: Annotated[int, PathParameter(ge=0, le=LARGEST_ID)],
    ) -> Response[str]:
        if user is None or not allows(user, Permission.PAGES_EDIT):
            return Response("", media_type=HTML)
        editable = scope_condition(user, Permission.PAGES_EDIT, Page)
        found = await session.scalar(pages.briefly(pages.visible_to(user)).where(Page.id == page_id, editable))
        return await render("pages/edit_button.html", page=found)


@cache
def _funding() -> Any:
    return json.loads((STATIC / "funding.json").read_text())
