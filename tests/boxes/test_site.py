"""Boxes in pages and by their label."""

from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.boxes import make_box
from tests.factories.downloads import make_file, make_operating_system, make_release


async def test_a_box_is_served_as_a_fragment(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_box(session, label="greeting", content="Hello *there*.")

    answer = await client.get("/box/greeting/")

    assert answer.status_code == 200
    assert answer.text.strip() == "<p>Hello <em>there</em>.</p>"


async def test_an_unknown_box_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get("/box/nothing/")

    assert answer.status_code == 404


async def test_a_template_shows_its_boxes_and_is_tagged_with_them(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_box(session, label="homepage-introduction", content="Welcome to *our* home.")

    page = await client.get("/")

    assert "Welcome to <em>our</em> home." in page.text
    assert "boxes" in page.headers["Surrogate-Key"].split()


@pytest.mark.parametrize("label", ["supernav-python-downloads", "homepage-downloads", "download-sources"])
async def test_the_boxes_of_releases_need_no_release(client: httpx.AsyncClient, label: str) -> None:
    answer = await client.get(f"/box/{label}/")

    assert answer.status_code == 200
    assert '<a href="/downloads/">all downloads</a>' in answer.text


@pytest.mark.parametrize("label", ["supernav-python-downloads", "download-sources"])
async def test_the_boxes_of_releases_hold_the_newest_source(
    client: httpx.AsyncClient, session: AsyncSession, label: str
) -> None:
    system = await make_operating_system(session, "Source release", slug="source")
    release = await make_release(session, "Python 3.14.4", is_latest=True, released_at=datetime(2026, 4, 7, tzinfo=UTC))
    url = "https://www.python.org/ftp/python/3.14.4/Python-3.14.4.tar.xz"
    await make_file(session, release, system, url=url, is_source=True, has_download_button=True)

    answer = await client.get(f"/box/{label}/")

    assert f'href="{url}"' in answer.text
    assert "<html" not in answer.text


async def test_the_box_of_the_home_page_needs_no_release_of_python_2(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_release(session, "Python 3.14.4", is_latest=True)

    answer = await client.get("/box/homepage-downloads/")

    assert '<a href="/downloads/release/python-3144/">Python 3.14.4</a>' in answer.text


async def test_a_box_that_is_not_live_shows_nothing(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_box(session, label="homepage-jobs", content="Work for us.", is_published=False)

    home, fragment = await client.get("/"), await client.get("/box/homepage-jobs/")

    assert "Work for us." not in home.text
    assert fragment.status_code == 404
