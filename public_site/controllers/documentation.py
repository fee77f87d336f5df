"""Where the documentation of every version of Python lies."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from cms.downloads import queries
from cms.downloads.documentation import documented
from public_site.dependencies import CACHED
from public_site.templating import Renderer


class DocumentationController(Controller):
    path = "/doc"
    opt = CACHED

    @get("/versions/")
    async def show_versions(
        self, session: NamedDependency[AsyncSession], render: NamedDependency[Renderer]
    ) -> Response[str]:
        releases = (await session.scalars(queries.briefly(queries.numbered()))).all()
        return await render("downloads/documentation.html", series=documented(releases))
