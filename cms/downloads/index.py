"""The index of all releases for programs: one document, whose form is promised in docs/api/index-json.md."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.publishing import is_live
from cms.downloads import queries
from cms.downloads.models import OperatingSystem, Release, ReleaseFile, ReleaseSeries
from cms.downloads.versions import PythonVersion

FORM = 1
"""Raised when a key goes or changes its meaning; new keys may come at any time."""

RELEASE_COLUMNS = (
    Release.id,
    Release.name,
    Release.slug,
    Release.series,
    Release.version.label("line"),
    Release.is_latest,
    Release.is_pre_release,
    Release.released_at,
    Release.release_notes_url,
)
FILE_COLUMNS = (
    ReleaseFile.release_id,
    ReleaseFile.name,
    OperatingSystem.slug.label("operating_system"),
    ReleaseFile.is_source,
    ReleaseFile.description,
    ReleaseFile.url,
    ReleaseFile.size,
    ReleaseFile.md5,
    ReleaseFile.sha256,
    ReleaseFile.gpg_signature_url,
    ReleaseFile.sigstore_bundle_url,
    ReleaseFile.sigstore_signature_url,
    ReleaseFile.sigstore_certificate_url,
    ReleaseFile.sbom_spdx_url,
    ReleaseFile.has_download_button,
)
SERIES_KEYS = ("series", "status", "first_release", "end_of_life", "release_manager", "pep", "branch")


async def index_of_releases(session: AsyncSession, *, site_url: str) -> dict[str, Any]:
    """Return every live release with its files, and every series; three statements, however many there are."""
    series = (await session.scalars(queries.series())).all()
    releases = [dict(row) for row in (await session.execute(_releases())).mappings()]
    files: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in (await session.execute(_files())).mappings():
        file = _known(dict(row))
        files[file.pop("release_id")].append(file)
    return {
        "form": FORM,
        "series": [_series(row) for row in series],
        "releases": _told(releases, files, site_url),
    }


def _releases() -> Select[*tuple[Any, ...]]:
    newest_first = (Release.released_at.desc(), Release.id.desc())
    return select(*RELEASE_COLUMNS).where(is_live(Release)).order_by(*newest_first)


def _files() -> Select[*tuple[Any, ...]]:
    return (
        select(*FILE_COLUMNS)
        .join(ReleaseFile.release)
        .join(ReleaseFile.operating_system)
        .where(is_live(Release))
        .order_by(ReleaseFile.id)
    )


def _series(row: ReleaseSeries) -> dict[str, Any]:
    return _known({key: getattr(row, key) for key in SERIES_KEYS}) | {"status": row.status.value}


def _told(
    releases: Iterable[Mapping[str, Any]], files: Mapping[int, list[dict[str, Any]]], site_url: str
) -> list[dict[str, Any]]:
    found = []
    for row in releases:
        release = _known(row)
        release_id, released_at = release.pop("id"), release.pop("released_at")
        version = PythonVersion.from_name(row["name"])
        found.append(
            release
            | {
                "version": str(version) if version else None,
                "released_at": _moment(released_at),
                "url": f"{site_url}/downloads/release/{row['slug']}/",
                "files": files.get(release_id, []),
            }
        )
    return found


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with null where nothing is known; an empty text or a size of nothing says just that."""
    return {key: None if value == "" or (key == "size" and not value) else value for key, value in row.items()}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
