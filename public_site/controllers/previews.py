"""Previews for people without an account, who were sent a link: of anything else, no word."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import previews
from cms.core.errors import NotFound
from cms.core.resources import Resources
from cms.core.session import only_read
from public_site.previews import HEADERS, Previews
from public_site.templating import HTML, Renderer

RIBBON = "Preview, not public yet. This link ends on {ends:%A, %B %-d, %Y, at %H:%M} UTC."


class PreviewsController(Controller):
    path = "/preview"

    @get("/")
    async def show_nothing(self, render: NamedDependency[Renderer]) -> Response[str]:
        return await _ended(render)

    @get("/{token:str}/")
    async def show_preview(
        self,
        request: Request[Any, Any, State],
        session: NamedDependency[AsyncSession],
        render: NamedDependency[Renderer],
        resources: NamedDependency[Resources],
        token: FromPath[str],
    ) -> Response[str]:
        """Show the newest state of what the link was made for."""
        shelf: Previews = request.app.state.previews
        await only_read(session)
        try:
            row, ends = await previews.shown_by(session, token, settings=resources.settings)
        except NotFound:
            return await _ended(render)
        page = await shelf.page_of(session, row, ribbon=RIBBON.format(ends=ends))
        return Response(page, media_type=HTML, headers=HEADERS)


async def _ended(render: Renderer) -> Response[str]:
    answer = await render("previews/ended.html", status_code=404)
    answer.headers.update(HEADERS)
    return answer
