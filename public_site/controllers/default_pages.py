"""Pages that the program shows at addresses of the editors while these have neither page nor redirect there.

The old site had pages written by hand at these addresses. One that was imported, or is written anew, is shown
instead, so that nothing that an editor publishes is ever hidden by the program.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from cms.downloads import queries as downloads
from cms.downloads.models import ReleaseVersion
from public_site.templating import Renderer

Show = Callable[[AsyncSession, Renderer], Awaitable[Response[Any]]]


async def show_metadata(_session: AsyncSession, render: Renderer) -> Response[Any]:
    return await render("downloads/metadata/index.html")


async def show_sigstore(session: AsyncSession, render: Renderer) -> Response[Any]:
    """Show whose signatures by Sigstore count; the first table of the page is read by programs."""
    identities = (await session.scalars(downloads.signing_identities())).all()
    latest = await session.scalar(downloads.briefly(downloads.latest(ReleaseVersion.PYTHON_3)).limit(1))
    example = next((identity for identity in identities if latest and identity.series == latest.series), None)
    return await render("downloads/metadata/sigstore.html", identities=identities, latest=latest, example=example)


async def show_openpgp_keys(session: AsyncSession, render: Renderer) -> Response[Any]:
    """Show the keys of those who sign, and of those who did."""
    keys = (await session.scalars(downloads.openpgp_keys())).all()
    return await render(
        "downloads/metadata/pgp.html",
        current=[key for key in keys if not key.is_retired],
        retired=[key for key in keys if key.is_retired],
        example=next((key for key in keys if key.is_whole), None),
        may_be_imported=any(key.public_key for key in keys),
    )


async def show_verification(_session: AsyncSession, render: Renderer) -> Response[Any]:
    """Show how to make sure of a file, to which the page of every release leads."""
    return await render("downloads/metadata/verify.html")


async def show_sbom(session: AsyncSession, render: Renderer) -> Response[Any]:
    releases = (await session.scalars(downloads.newest_with_sbom())).all()
    return await render("downloads/metadata/sbom.html", releases=releases)


DEFAULT_PAGES: dict[str, Show] = {
    "/downloads/metadata/": show_metadata,
    "/downloads/metadata/sigstore/": show_sigstore,
    "/downloads/metadata/pgp/": show_openpgp_keys,
    "/downloads/metadata/sbom/": show_sbom,
    "/downloads/verify/": show_verification,
}


async def default_page(path: str, session: AsyncSession, render: Renderer) -> Response[Any] | None:
    """Return what the program shows at a path where the editors have nothing; None where it has nothing either."""
    complete = path if path.endswith("/") else f"{path}/"
    show = DEFAULT_PAGES.get(complete)
    if show is None:
        return None
    return await show(session, render) if path == complete else Redirect(complete, status_code=301)
