"""The home page."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from cms.downloads import queries as downloads
from cms.downloads.models import ReleaseVersion
from public_site.dependencies import CACHED
from public_site.templating import Renderer

RECENT_RELEASES = 5


class HomeController(Controller):
    opt = CACHED

    @get("/")
    async def show_home(
        self, session: NamedDependency[AsyncSession], render: NamedDependency[Renderer]
    ) -> Response[str]:
        latest = await session.scalar(downloads.briefly(downloads.latest(ReleaseVersion.PYTHON_3)))
        recent = (await session.scalars(downloads.briefly(downloads.live()).limit(RECENT_RELEASES))).all()
        return await render("home/index.html", latest=latest, recent=recent)
