"""Streams of changes on real processes: they arrive, they stand in nobody's way, and they do not hinder the end."""

import asyncio

import httpx
import psutil
import pytest

from cms.core import live
from cms.users.sessions import start_session
from tests.benchmarks.installation import cms, free_port, process
from tests.factories.users import make_user
from tests.faults.system import System

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]

STREAMS = 6


async def staff_cookie(system: System) -> dict[str, str]:
    async with system.resources.sessionmaker() as session:
        token = await start_session(
            session, await make_user(session, is_staff=True), address="127.0.0.1", user_agent="Tests"
        )
        await session.commit()
    return {"session": token}


async def line_of(stream: httpx.Response, beginning: str) -> str:
    async for line in stream.aiter_lines():
        if line.startswith(beginning):
            return line
    return ""


async def test_open_streams_hear_of_changes_and_end_with_the_server(system, tmp_path):
    port = free_port()
    environment = {**system._environment, "PORT": str(port), "CMS_SITE_URL": f"http://127.0.0.1:{port}"}
    cookies = await staff_cookie(system)
    url = f"http://127.0.0.1:{port}"
    log = tmp_path / "site.log"
    with process(cms("serve"), environment=environment, log=log, answers=f"{url}/health/ready") as server:
        async with httpx.AsyncClient(base_url=url, cookies=cookies, timeout=30) as browser:
            asked = [browser.build_request("GET", "/_changes") for _ in range(STREAMS)]
            streams = [await browser.send(request, stream=True) for request in asked]
            assert {stream.status_code for stream in streams} == {200}
            lines = [asyncio.create_task(line_of(stream, "data: ")) for stream in streams]
            await asyncio.sleep(1)

            await live.announce(system.resources.redis, {"pages"})
            heard = await asyncio.wait_for(asyncio.gather(*lines), 10)
            page = await browser.get("/health/live")
            server.terminate()
            _, alive = await asyncio.to_thread(psutil.wait_procs, [server], 60)
            for stream in streams:
                await stream.aclose()

    assert set(heard) == {'data: {"changed": ["pages"]}'}
    assert page.status_code == 200
    assert alive == []
