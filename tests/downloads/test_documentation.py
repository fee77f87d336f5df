"""The page that leads to the documentation of every version."""

from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cms.downloads.documentation import WITHOUT_DOCUMENTATION, documented
from cms.downloads.models import Release
from tests.factories.downloads import make_release


def final(number: str, day: int = 1) -> Release:
    key = [int(part) for part in number.split(".")]
    return Release(name=f"Python {number}", version_key=key, released_at=datetime(2026, 1, day, tzinfo=UTC))


def shown(*releases: Release) -> dict[str, list[str]]:
    return {one.name: [version.number for version in one.versions] for one in documented(releases)}


def test_series_come_by_number_and_their_versions_by_date() -> None:
    found = shown(final("3.9.1", 2), final("3.10.0", 1), final("3.9.20", 3), final("3.14.0", 1))

    assert [*found] == ["3.14", "3.10", "3.9", "2.2", "2.1", "2.0", "1.6", "1.5", "1.4"]
    assert found["3.9"] == ["3.9.20", "3.9.1"]


@pytest.mark.parametrize(
    ("number", "written"), [("2.7.0", "2.7"), ("3.2.0", "3.2"), ("3.2.1", "3.2.1"), ("3.3.0", "3.3.0")]
)
def test_early_documentation_lies_under_a_number_without_zero(number: str, written: str) -> None:
    (version,) = documented([final(number)])[0].versions

    assert version.number == written
    assert version.url == f"https://docs.python.org/release/{written}/"


def test_releases_without_documentation_are_left_out() -> None:
    assert shown(*(final(number) for number in WITHOUT_DOCUMENTATION)) == shown()


def test_an_early_version_that_was_entered_is_there_once() -> None:
    assert shown(final("2.1.0"), final("2.1.3"))["2.1"].count("2.1") == 1


async def test_the_page_has_final_releases_also_those_that_the_list_of_downloads_leaves_out(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_release(session, "Python 3.14.0", is_shown_on_download_page=False)
    await make_release(session, "Python 3.15.0a1")
    await make_release(session, "Python 3.13.9", is_published=False)
    await make_release(session, "Python install manager 25.0")

    answer = await client.get("/doc/versions/")

    assert answer.status_code == 200
    assert '<a href="https://docs.python.org/release/3.14.0/">Python 3.14.0</a>' in answer.text
    assert "Oct. 7, 2025" in answer.text
    for absent in ("release/3.15", "3.13.9", "25.0"):
        assert absent not in answer.text
    assert {"doc", "releases"} <= set(answer.headers["Surrogate-Key"].split())


async def test_before_any_release_the_earliest_versions_are_there(client: httpx.AsyncClient) -> None:
    page = (await client.get("/doc/versions/")).text

    assert '<a href="https://docs.python.org/release/1.5.2p2/">' in page


async def test_the_slash_is_added_to_the_page_of_versions(client: httpx.AsyncClient) -> None:
    answer = await client.get("/doc/versions?x=1")

    assert (answer.status_code, answer.headers["Location"]) == (301, "/doc/versions/?x=1")
