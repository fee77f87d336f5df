"""Boxes by their label, as other sites of the foundation include them; three of them are made of the releases."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from cms.boxes import queries
from cms.boxes.placement import MADE_BY_THE_SITE
from cms.core.cache import one_or_404
from cms.downloads.models import ReleaseVersion
from public_site.controllers.downloads import buttons_of, latest_releases
from public_site.dependencies import CACHED
from public_site.templating import HTML, Renderer


class BoxesController(Controller):
    path = "/box"
    opt = CACHED

    @get("/{label:str}/")
    async def show_box(
        self,
        session: NamedDependency[AsyncSession],
        render: NamedDependency[Renderer],
        label: FromPath[str],
    ) -> Response[str]:
        if label in MADE_BY_THE_SITE:
            offered = await latest_releases(session)
            latest = next((release for release in offered if release.version == ReleaseVersion.PYTHON_3), None)
            buttons = await buttons_of(session, offered)
            return await render(f"boxes/{label}.html", latest=latest, buttons=buttons)
        box = await one_or_404(session, queries.shown([label]))
        return Response(box.content_html, media_type=HTML)
