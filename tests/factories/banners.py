"""Banners for tests."""

from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.banners.models import Banner

_numbers = count(1)


async def make_banner(session: AsyncSession, **values: Any) -> Banner:
    """Return a live banner that stands on every page."""
    number = next(_numbers)
    defaults = {"title": f"Banner {number}", "message": "Something *happens*.", "link": "/psf/", "is_published": True}
    banner = Banner(**{**defaults, **values})
    session.add(banner)
    await session.commit()
    return banner
