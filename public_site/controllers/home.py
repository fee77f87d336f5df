"""The home page."""

from collections.abc import Sequence

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from cms.codesamples import queries as code_samples
from cms.codesamples.models import CodeSample
from cms.downloads import queries as downloads
from cms.downloads.models import ReleaseVersion
from public_site.dependencies import CACHED
from public_site.templating import Renderer

HOME_TEMPLATE = "home/index.html"
RECENT_RELEASES = 5


class HomeController(Controller):
    opt = CACHED

    @get("/")
    async def show_home(
        self, session: NamedDependency[AsyncSession], render: NamedDependency[Renderer]
    ) -> Response[str]:
        return await home_answer((await session.scalars(code_samples.shown())).all(), session, render)


async def home_answer(
    samples: Sequence[CodeSample], session: AsyncSession, render: Renderer, *, opened: CodeSample | None = None
) -> Response[str]:
    """Return the home page with these code samples, of which one is `opened`, as a rule the first."""
    latest = await session.scalar(downloads.briefly(downloads.latest(ReleaseVersion.PYTHON_3)))
    recent = (await session.scalars(downloads.briefly(downloads.live()).limit(RECENT_RELEASES))).all()
    return await render(
        HOME_TEMPLATE, latest=latest, recent=recent, samples=samples, opened=opened or next(iter(samples), None)
    )
