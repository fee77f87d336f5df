"""Pages for tests."""

from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.pages.models import Page

_numbers = count(1)


async def make_page(session: AsyncSession, **values: Any) -> Page:
    """Return a live page."""
    number = next(_numbers)
    defaults = {"title": f"Page {number}", "path": f"page-{number}", "content": "Some *text*.", "is_published": True}
    page = Page(**{**defaults, **values})
    session.add(page)
    await session.commit()
    return page
