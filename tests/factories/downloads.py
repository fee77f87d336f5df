"""Operating systems, releases and release files for tests."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.text import slugify
from cms.downloads.models import OperatingSystem, Release, ReleaseFile
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
