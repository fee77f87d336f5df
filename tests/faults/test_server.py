"""What the server itself refuses before the application hears of it."""

import httpx
import pytest

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]


async def test_endless_headers_are_refused(system):
    async with httpx.AsyncClient(base_url=system.url) as client:
        answer = await client.get("/_health", headers={"X-Padding": "a" * 100_000})
        ordinary = await client.get("/_health", headers={"X-Padding": "a" * 10_000})

    assert answer.status_code == 431
    assert ordinary.status_code == 200
