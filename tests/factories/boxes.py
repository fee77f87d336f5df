"""Boxes for tests."""

from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.boxes.models import Box

_numbers = count(1)


async def make_box(session: AsyncSession, **values: Any) -> Box:
    """Return a live box."""
    number = next(_numbers)
    box = Box(**{"label": f"box-{number}", "content": "Some *text*.", "is_published": True, **values})
    session.add(box)
    await session.commit()
    return box
