"""Code samples for tests."""

from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.codesamples.models import CodeSample

_numbers = count(1)


async def make_sample(session: AsyncSession, **values: Any) -> CodeSample:
    """Return a live code sample that comes after those made before it."""
    number = next(_numbers)
    defaults = {
        "title": f"Sample {number}",
        "code": f">>> {number} + {number}",
        "copy": "It *adds*.",
        "position": number,
        "is_published": True,
    }
    sample = CodeSample(**{**defaults, **values})
    session.add(sample)
    await session.commit()
    return sample
