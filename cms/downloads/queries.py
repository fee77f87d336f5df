"""Which releases, files and operating systems there are for whom."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, Select, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import contains_eager, defer, joinedload, selectinload

from cms.core.permissions import Actor, Permission, row_scope, scope_condition
from cms.core.publishing import is_live
from cms.downloads.models import (
    OpenPGPKey,
    OperatingSystem,
    Release,
    ReleaseFile,
    ReleaseSeries,
    ReleaseVersion,
    SigningIdentity,
)
from cms.pages.models import Page

Releases = Select[Release]

LINES = {
    "python2": ReleaseVersion.PYTHON_2,
    "python3": ReleaseVersion.PYTHON_3,
    "pymanager": ReleaseVersion.INSTALL_MANAGER,
}
SERIES_LINE = re.compile(r"python(?P<series>3\.[0-9]{1,3})")


def live() -> Releases:
    """Releases that the public may see, newest first."""
    return select(Release).where(is_live(Release)).order_by(Release.released_at.desc(), Release.id.desc())


def listed() -> Releases:
    """Final releases that the download page lists, the highest version first."""
    return (
        select(Release)
        .where(is_live(Release), Release.is_shown_on_download_page, ~Release.is_pre_release)
        .order_by(Release.version_key.desc().nulls_last(), Release.released_at.desc(), Release.id.desc())
    )


def numbered() -> Releases:
    """Final releases of Python itself that the public may see, newest first, also those that the list leaves out."""
    return live().where(~Release.is_pre_release, Release.version_key.is_not(None))


def latest(version: ReleaseVersion) -> Releases:
    """The live release of a line that is flagged as its latest: one at most."""
    return live().where(Release.version == version, Release.is_latest)


def newest_of_series(series: str) -> Releases:
    """The live releases of a series such as "3.13", newest first, pre-releases among them."""
    return live().where(Release.series == series, Release.version == ReleaseVersion.PYTHON_3)


def pre_releases() -> Releases:
    """The live pre-releases of Python 3, newest first."""
    return live().where(Release.is_pre_release, Release.version == ReleaseVersion.PYTHON_3)


def successors_of(release: Release) -> Releases:
    """The live releases of the same series that came after this one, newest first.

    A final release is not succeeded by a pre-release; Python 2 and the install manager have no series to follow.
    """
    later = newest_of_series(release.series or "").where(
        Release.released_at > release.released_at, literal(release.version == ReleaseVersion.PYTHON_3)
    )
    return later if release.is_pre_release else later.where(~Release.is_pre_release)


def predecessor_of(release: Release) -> Releases:
    """The live release that shows what this one should have: of the same series and stage, if there is one.

    The first release of a series is compared with the newest of the line, whatever its series.
    """
    earlier = or_(Release.version_key.is_(None), literal(release.version_key is None))
    if release.version_key is not None:
        earlier = or_(earlier, Release.version_key <= release.version_key)
    return (
        select(Release)
        .where(is_live(Release), Release.version == release.version, Release.id != (release.id or 0), earlier)
        .where(Release.files.any(), Release.released_at <= release.released_at)
        .order_by(
            (Release.series == release.series).desc().nulls_last(),
            (Release.is_pre_release == release.is_pre_release).desc(),
            Release.version_key.desc().nulls_last(),
            Release.released_at.desc(),
            Release.id.desc(),
        )
        .limit(1)
    )


def newest_of_line(line: str) -> Releases | None:
    """The newest release of "python2", "python3", "python3.14", "prerelease" or "pymanager"; None for other words."""
    if line == "prerelease":
        return pre_releases().limit(1)
    if line in LINES:
        return latest(LINES[line])
    if found := SERIES_LINE.fullmatch(line):
        return newest_of_series(found["series"]).limit(1)
    return None


def told_by(page: Page) -> Releases:
    """The live release that has no text of its own and is told by this page instead."""
    return live().where(Release.page_id == page.id, Release.content == "").limit(1)


def visible_to(actor: Actor | None) -> Releases:
    """Releases that the public may see, and the drafts that this person may see."""
    return select(Release).where(is_visible_to(actor))


def is_visible_to(actor: Actor | None) -> ColumnElement[bool]:
    """Return the condition under which this person, or the public, may see a release; its files go with it."""
    if actor is None:
        return is_live(Release)
    return or_(is_live(Release), scope_condition(actor, Permission.DOWNLOADS_VIEW, Release))


def files_visible_to(actor: Actor | None) -> Select[ReleaseFile]:
    """Files of the releases that this person, or the public, may see."""
    return select(ReleaseFile).where(ReleaseFile.release_id.in_(visible_to(actor).with_only_columns(Release.id)))


def briefly(releases: Releases) -> Releases:
    """The same releases without their texts, for lists."""
    return releases.options(defer(Release.content, raiseload=True), defer(Release.content_html, raiseload=True))


def with_files(releases: Releases) -> Releases:
    """The same releases together with their files and the operating system of each."""
    return releases.options(selectinload(Release.files).joinedload(ReleaseFile.operating_system))


def with_page(releases: Releases) -> Releases:
    """The same releases together with the page that tells of each."""
    return releases.options(joinedload(Release.page))


def with_files_for(releases: Releases, system: OperatingSystem) -> Releases:
    """The same releases, those that have files for the system, with these files only."""
    return (
        releases.join(Release.files)
        .where(ReleaseFile.operating_system_id == system.id)
        .options(contains_eager(Release.files))
        .order_by(ReleaseFile.name.desc())
        .execution_options(populate_existing=True)
    )


def button_files(releases: Sequence[Release]) -> Select[ReleaseFile]:
    """The files behind the download buttons of these releases, with release and operating system of each."""
    return (
        select(ReleaseFile)
        .where(ReleaseFile.release_id.in_([release.id for release in releases]), ReleaseFile.has_download_button)
        .options(joinedload(ReleaseFile.operating_system), joinedload(ReleaseFile.release))
        .order_by(ReleaseFile.id)
    )


def operating_systems() -> Select[OperatingSystem]:
    """Every operating system, by name."""
    return select(OperatingSystem).order_by(OperatingSystem.name)


def series() -> Select[ReleaseSeries]:
    """Every series, the highest first."""
    return select(ReleaseSeries).order_by(_by_number(ReleaseSeries.series).desc())


def series_of(release: Release) -> Select[ReleaseSeries]:
    """What the release cycle says of the series of a release; nothing of the install manager."""
    is_python = literal(release.version != ReleaseVersion.INSTALL_MANAGER)
    return select(ReleaseSeries).where(ReleaseSeries.series == (release.series or ""), is_python)


def series_with_newest() -> Select[ReleaseSeries, Release]:
    """The series of which there is a live release, the highest first, with its newest: a final one if there is any."""
    newest = (
        select(Release.id, Release.series)
        .where(is_live(Release), Release.version != ReleaseVersion.INSTALL_MANAGER)
        .order_by(Release.series, Release.is_pre_release, Release.released_at.desc(), Release.id.desc())
        .ext(distinct_on(Release.series))
        .subquery()
    )
    return (
        select(ReleaseSeries, Release)
        .join(newest, newest.c.series == ReleaseSeries.series)
        .join(Release, Release.id == newest.c.id)
        .options(defer(Release.content, raiseload=True), defer(Release.content_html, raiseload=True))
        .order_by(_by_number(ReleaseSeries.series).desc())
    )


def signing_identities() -> Select[SigningIdentity]:
    """Whose signatures by Sigstore count, series by series."""
    return select(SigningIdentity).order_by(_by_number(SigningIdentity.series), SigningIdentity.email)


def identities_for(release: Release) -> Select[SigningIdentity]:
    """Whose signature by Sigstore counts for the files of this release."""
    return signing_identities().where(SigningIdentity.series == (release.series or ""))


def openpgp_keys() -> Select[OpenPGPKey]:
    """Every OpenPGP key, those of supported series first, then by owner."""
    return select(OpenPGPKey).order_by(OpenPGPKey.is_retired, OpenPGPKey.owner, OpenPGPKey.fingerprint)


def newest_with_sbom() -> Releases:
    """The newest live release of each series whose files come with a bill of materials, the highest series first."""
    described = select(ReleaseFile.release_id).where(ReleaseFile.sbom_spdx_url != "")
    newest = (
        select(Release.id)
        .where(is_live(Release), Release.id.in_(described), Release.series.is_not(None))
        .order_by(Release.series, Release.is_pre_release, Release.released_at.desc(), Release.id.desc())
        .ext(distinct_on(Release.series))
    )
    return briefly(select(Release).where(Release.id.in_(newest)).order_by(_by_number(Release.series).desc()))


@row_scope("series", Release)
def of_series(series: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a release belongs to one of the series."""
    return Release.series.in_(series)


@row_scope("series", ReleaseFile)
def files_of_series(series: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a file's release belongs to one of the series."""
    return ReleaseFile.release_id.in_(select(Release.id).where(of_series(series)))


@row_scope("series", SigningIdentity)
def identities_of_series(series: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that an identity signs one of the series."""
    return SigningIdentity.series.in_(series)


def _by_number(series: Any) -> ColumnElement[Any]:
    """Return what sorts "3.10" after "3.9"."""
    return cast(func.string_to_array(series, "."), ARRAY(Integer))
