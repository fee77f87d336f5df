"""Which migration the database is at and which the code brings, told without Alembic.

Every process of the site asks this when it starts; to load Alembic and all migrations for it took a tenth of the time.
"""

import re
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"

_REVISION = re.compile(r"^revision\b.*= [\"'](\w+)[\"']", re.MULTILINE)
_DOWN_REVISION = re.compile(r"^down_revision\b.*= [\"'](\w+)[\"']", re.MULTILINE)


def newest() -> str | None:
    """Return the name of the newest migration that the code brings: the one that no other follows."""
    sources = [file.read_text() for file in VERSIONS.glob("*.py")]
    names = {found[1] for source in sources if (found := _REVISION.search(source))}
    followed = {found[1] for source in sources if (found := _DOWN_REVISION.search(source))}
    return max(names - followed, default=None)


async def current(session: AsyncSession) -> str | None:
    """Return the name of the migration that the database is at, None where it has none at all."""
    try:
        found = await session.scalar(text("SELECT version_num FROM alembic_version"))
    except ProgrammingError:
        return None
    return str(found) if found else None
