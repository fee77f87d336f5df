"""Everything under /downloads/, and once more under /getit/ for places where the first name is blocked."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.cache import one_or_404
from cms.core.errors import NotFound
from cms.core.resources import Resources
from cms.downloads import queries, support
from cms.downloads.index import index_of_releases
from cms.downloads.instructions import Instructions
from cms.downloads.models import OperatingSystem, Release, ReleaseFile, ReleaseVersion
from cms.downloads.publications import FEED_LENGTH
from cms.downloads.verification.queries import told_to_the_public
from cms.downloads.verification.verdicts import Verdicts
from cms.downloads.versions import PythonVersion
from cms.users.models import User
from public_site.dependencies import CACHED, SLASHLESS
from public_site.feeds.downloads import RSS, release_feed
from public_site.templating import Renderer

HOME = "/downloads/"
DOWNLOADS_TEMPLATE = "downloads/index.html"
OFFERED = frozenset({ReleaseVersion.PYTHON_3, ReleaseVersion.INSTALL_MANAGER})
FIRST_CARDS = ("macos", "windows", "source")
INSTALLED_BY_MANAGER = (3, 5)
"""The first version that the install manager offers."""

FOR_ANY_SITE = {"Access-Control-Allow-Origin": "*"}
"""Says to browsers that programs on other sites may read an answer."""

WINDOWS_ORDER = ("installer (64-bit)", "installer (32-bit)", "installer (ARM64)", "installer", "embeddable")


class DownloadsController(Controller):
    path = "/downloads"
    opt = CACHED

    @get("/")
    async def show_downloads(
        self, session: NamedDependency[AsyncSession], render: NamedDependency[Renderer]
    ) -> Response[str]:
        return await downloads_answer(session, render)

    @get("/operating-systems/")
    async def show_operating_systems(
        self, session: NamedDependency[AsyncSession], render: NamedDependency[Renderer]
    ) -> Response[str]:
        systems = (await session.scalars(queries.operating_systems())).all()
        return await render("downloads/operating_systems.html", operating_systems=systems)

    @get("/{system_slug:str}/")
    async def show_operating_system(
        self,
        session: NamedDependency[AsyncSession],
        render: NamedDependency[Renderer],
        system_slug: FromPath[str],
    ) -> Response[str]:
        system = await one_or_404(session, queries.operating_systems().where(OperatingSystem.slug == system_slug))
        return await system_answer(system, session, render)

    @get("/release/{release_slug:str}/")
    async def show_release(
        self,
        session: NamedDependency[AsyncSession],
        render: NamedDependency[Renderer],
        user: NamedDependency[User | None],
        release_slug: FromPath[str],
    ) -> Response[str]:
        visible = queries.with_files(queries.with_page(queries.visible_to(user)))
        release = await one_or_404(session, visible.where(Release.slug == release_slug))
        return await release_answer(release, session, render)

    @get("/latest/", opt=SLASHLESS)
    async def redirect_to_latest(self, session: NamedDependency[AsyncSession]) -> Redirect:
        return await _redirect_to_newest(session, "python3")

    @get("/latest/{line:str}/", opt=SLASHLESS)
    async def redirect_to_latest_of_line(self, session: NamedDependency[AsyncSession], line: FromPath[str]) -> Redirect:
        """Redirect to the newest of "python2", "python3", "python3.14", "prerelease" or "pymanager"."""
        return await _redirect_to_newest(session, line)

    @get("/index.json", opt=SLASHLESS)
    async def show_index(
        self, session: NamedDependency[AsyncSession], resources: NamedDependency[Resources]
    ) -> Response[bytes]:
        index = await index_of_releases(session, site_url=resources.settings.site_url)
        content = await asyncio.to_thread(json.dumps, index, ensure_ascii=False, separators=(",", ":"))
        return Response(content.encode(), media_type="application/json", headers=FOR_ANY_SITE)

    @get("/metadata/pgp/keys.asc", opt=SLASHLESS)
    async def show_keys(self, session: NamedDependency[AsyncSession]) -> Response[str]:
        """Give every public key that is kept here, to be imported at once."""
        keys = [key.public_key for key in await session.scalars(queries.openpgp_keys()) if key.public_key]
        if not keys:
            message = "No public key is kept here."
            raise NotFound(message)
        return Response("\n\n".join(keys) + "\n", media_type="application/pgp-keys")

    @get("/feed.rss", opt=SLASHLESS)
    async def show_feed(
        self, session: NamedDependency[AsyncSession], resources: NamedDependency[Resources]
    ) -> Response[bytes]:
        releases = (await session.scalars(queries.briefly(queries.live()).limit(FEED_LENGTH))).all()
        return Response(release_feed(releases, site_url=resources.settings.site_url), media_type=RSS)


class MirroredDownloadsController(DownloadsController):
    path = "/getit"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns the table of files has: only those that at least one file fills."""

    sigstore: bool
    sbom: bool
    gpg: bool
    sha256: bool
    md5: bool

    @classmethod
    def of(cls, files: Sequence[ReleaseFile]) -> Self:
        """MD5 is shown where a file has nothing better."""
        return cls(
            sigstore=any(file.sigstore_bundle_url or file.sigstore_signature_url for file in files),
            sbom=any(file.sbom_spdx_url for file in files),
            gpg=any(file.gpg_signature_url for file in files),
            sha256=any(file.sha256 for file in files),
            md5=any(file.md5 and not file.sha256 for file in files),
        )


async def downloads_answer(session: AsyncSession, render: Renderer) -> Response[str]:
    """Return the page of all downloads as everybody sees it."""
    releases = (await session.scalars(queries.briefly(queries.listed()))).all()
    series = (await session.execute(queries.series_with_newest())).all()
    offered = [release for release in releases if release.is_latest and release.version in OFFERED]
    return await render(
        DOWNLOADS_TEMPLATE,
        releases=releases,
        latest=next((release for release in offered if release.version == ReleaseVersion.PYTHON_3), None),
        buttons=await buttons_of(session, offered),
        active_series=support.active(series),
        pre_release=await session.scalar(queries.briefly(queries.pre_releases()).limit(1)),
    )


async def system_answer(system: OperatingSystem, session: AsyncSession, render: Renderer) -> Response[str]:
    """Return the page of what there is for one operating system."""
    releases = (await session.scalars(queries.with_files_for(queries.briefly(queries.live()), system))).unique().all()
    return await render(
        "downloads/operating_system.html",
        operating_system=system,
        latest=_latest(releases, ReleaseVersion.PYTHON_3),
        install_manager=_latest(releases, ReleaseVersion.INSTALL_MANAGER),
        stable=[release for release in releases if not release.is_pre_release],
        pre_releases=[release for release in releases if release.is_pre_release],
    )


async def release_answer(release: Release, session: AsyncSession, render: Renderer) -> Response[str]:
    """Return what the release looks like to its readers; its page and its files with their systems are loaded."""
    files = sorted(release.files, key=_place_in_table)
    series = await session.scalar(queries.series_of(release))
    identities = (await session.scalars(queries.identities_for(release))).all() if release.series else ()
    verdicts = Verdicts(await session.scalars(told_to_the_public(release)))
    return await render(
        "downloads/release.html",
        release=release,
        content=release.content_html or (release.page.content_html if release.page else ""),
        series=series,
        is_out_of_support=support.is_out_of_support(release, series),
        superseded_by=await session.scalar(queries.successors_of(release).limit(1)),
        files=files,
        buttons=sorted((file for file in files if file.has_download_button), key=_place_of_card),
        install_manager=await _install_manager_for(release, session),
        columns=Columns.of(files),
        instructions=Instructions.of(release, files, identities),
        proofs=verdicts.proofs(files),
    )


async def latest_releases(session: AsyncSession) -> Sequence[Release]:
    """Return the newest Python 3 and the newest install manager, as far as there are any."""
    latest = queries.briefly(queries.live()).where(Release.is_latest, Release.version.in_(OFFERED))
    return (await session.scalars(latest.order_by(None).order_by(Release.version))).all()


async def buttons_of(session: AsyncSession, releases: Sequence[Release]) -> list[ReleaseFile]:
    """Return the files behind the download buttons of these releases, system by system."""
    return sorted((await session.scalars(queries.button_files(releases))).all(), key=_place_of_button)


async def _install_manager_for(release: Release, session: AsyncSession) -> Release | None:
    """Return what else installs this release on Windows, if it does."""
    version = PythonVersion.from_name(release.name)
    on_windows = any(file.has_download_button and file.operating_system.slug == "windows" for file in release.files)
    if not on_windows or version is None or not version.is_at_least(*INSTALLED_BY_MANAGER):
        return None
    return await session.scalar(queries.briefly(queries.latest(ReleaseVersion.INSTALL_MANAGER)).limit(1))


async def _redirect_to_newest(session: AsyncSession, line: str) -> Redirect:
    newest = queries.newest_of_line(line)
    if newest is None:
        message = "There is no such line of releases."
        raise NotFound(message)
    release = await session.scalar(queries.briefly(newest))
    return Redirect(release.public_path if release else HOME, status_code=302)


def _latest(releases: Sequence[Release], version: ReleaseVersion) -> Release | None:
    return next((release for release in releases if release.is_latest and release.version == version), None)


def _place_of_button(file: ReleaseFile) -> tuple[int, int]:
    return file.operating_system_id, file.release_id


def _place_of_card(file: ReleaseFile) -> tuple[int, str]:
    slug = file.operating_system.slug
    return FIRST_CARDS.index(slug) if slug in FIRST_CARDS else len(FIRST_CARDS), slug


def _place_in_table(file: ReleaseFile) -> tuple[bool, str, int, str]:
    """Sources first, then system by system; on Windows the installers that most people need come first."""
    place = next((number for number, words in enumerate(WINDOWS_ORDER) if words in file.name), len(WINDOWS_ORDER))
    is_for_windows = file.operating_system.slug == "windows"
    return not file.is_source, file.operating_system.slug, place if is_for_windows else 0, file.name
