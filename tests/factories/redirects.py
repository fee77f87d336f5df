"""Redirects for tests."""

from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.redirects.models import Redirect

_numbers = count(1)


async def make_redirect(session: AsyncSession, **values: Any) -> Redirect:
    """Return a redirect from a path that nothing else has."""
    redirect = Redirect(**{"old_path": f"/old-{next(_numbers)}/", "new_path": "/about/", **values})
    session.add(redirect)
    await session.commit()
    return redirect
