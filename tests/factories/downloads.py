"""Operating systems, releases and release files for tests."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.text import slugify
from cms.downloads.models import (
    OpenPGPKey,
    OperatingSystem,
    Release,
    ReleaseFile,
    ReleaseSeries,
    SeriesStatus,
    SigningIdentity,
)
from cms.downloads.verification.models import Kind, Outcome, Verdict, subject_of
from cms.downloads.versions import PythonVersion

_numbers = count(1)


async def make_operating_system(session: AsyncSession, name: str = "Windows", **values: Any) -> OperatingSystem:
    """Return an operating system."""
    system = OperatingSystem(**{"name": name, "slug": slugify(name), **values})
    session.add(system)
    await session.commit()
    return system


async def make_release(session: AsyncSession, name: str = "Python 3.14.0", **values: Any) -> Release:
    """Return a live release; its name tells whether it is a pre-release."""
    version = PythonVersion.from_name(name)
    defaults = {
        "name": name,
        "slug": slugify(name),
        "version": version.numbers[0] if version else 100,
        "is_pre_release": bool(version and version.is_pre_release),
        "is_published": True,
        "released_at": datetime(2025, 10, 7, tzinfo=UTC),
    }
    release = Release(**{**defaults, **values})
    session.add(release)
    await session.commit()
    return release


async def make_file(
    session: AsyncSession, release: Release, operating_system: OperatingSystem, **values: Any
) -> ReleaseFile:
    """Return a file of a release."""
    number = next(_numbers)
    defaults = {
        "name": f"File {number}",
        "slug": f"{release.slug}-file-{number}",
        "url": f"https://www.python.org/ftp/python/file-{number}.tgz",
        "size": 1000,
    }
    file = ReleaseFile(**{**defaults, "release_id": release.id, "operating_system_id": operating_system.id, **values})
    session.add(file)
    await session.commit()
    return file


async def make_identity(session: AsyncSession, series: str = "3.14", **values: Any) -> SigningIdentity:
    """Return whose signature counts for a series."""
    defaults = {"email": "hugo@python.org", "issuer": "https://github.com/login/oauth", "pep": 745}
    identity = SigningIdentity(**{"series": series, **defaults, **values})
    session.add(identity)
    await session.commit()
    return identity


async def make_key(session: AsyncSession, owner: str = "Pablo Galindo Salgado", **values: Any) -> OpenPGPKey:
    """Return a key that signs release files."""
    defaults = {"fingerprint": "A035C8C19219BA821ECEA86B64E628F8D684696D", "signs": "source files of 3.10 and 3.11"}
    key = OpenPGPKey(**{"owner": owner, **defaults, **values})
    session.add(key)
    await session.commit()
    return key


async def make_series(session: AsyncSession, series: str = "3.14", **values: Any) -> ReleaseSeries:
    """Return a series that gets fixes."""
    defaults = {
        "status": SeriesStatus.BUGFIX,
        "first_release": "2025-10-07",
        "end_of_life": "2030-10",
        "pep": 745,
        "release_manager": "Hugo van Kemenade",
        "branch": series,
    }
    row = ReleaseSeries(**{"series": series, **defaults, **values})
    session.add(row)
    await session.commit()
    return row


async def make_verdict(
    session: AsyncSession, row: Release | ReleaseFile, kind: Kind, outcome: Outcome = Outcome.VERIFIED, **values: Any
) -> Verdict:
    """Return a verdict on a file or on a link of a release, as it is now."""
    place = {"release_id": row.id} if isinstance(row, Release) else {"release_id": row.release_id, "file_id": row.id}
    defaults = {"sentence": f"The sentence on {kind}.", "checked_against": dict(subject_of(kind, row))}
    verdict = Verdict(**{**place, **defaults, "kind": kind, "outcome": outcome, **values})
    session.add(verdict)
    await session.commit()
    return verdict
