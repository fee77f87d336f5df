"""Missed paths for tests."""

from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.missed_paths.models import MissedPath

_numbers = count(1)


async def make_missed_path(session: AsyncSession, **values: Any) -> MissedPath:
    """Return a path that visitors asked for twice."""
    missed = MissedPath(**{"path": f"/missed-{next(_numbers)}/", "count": 2, **values})
    session.add(missed)
    await session.commit()
    return missed
