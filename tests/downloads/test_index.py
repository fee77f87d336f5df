"""The index of all releases for programs, in the form that docs/api/index-json.md promises."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from tests.factories.downloads import make_file, make_operating_system, make_release, make_series
from tests.site_visits import statements

DOCUMENT = Path(__file__).parents[2] / "docs/api/index-json.md"
INDEX = "/downloads/index.json"


def keys_of(value: Any) -> Any:
    """Return the form of a document: its keys, and that of the first element of each list."""
    if isinstance(value, dict):
        return {key: keys_of(inner) for key, inner in value.items()}
    return [keys_of(value[0])] if isinstance(value, list) else None


async def make_whole_release(session: AsyncSession) -> None:
    await make_series(session, "3.14")
    release = await make_release(session, "Python 3.14.0", is_latest=True)
    system = await make_operating_system(session, "Source release", slug="source")
    url = "https://www.python.org/ftp/python/3.14.0/Python-3.14.0.tgz"
    await make_file(
        session, release, system, url=url, sha256="a" * 64, size=29_000_000, sigstore_bundle_url=f"{url}.sigstore"
    )


async def test_it_has_the_form_that_is_promised(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_whole_release(session)
    promised = json.loads(DOCUMENT.read_text().partition("```json\n")[2].partition("```")[0])

    answer = await client.get(INDEX)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert keys_of(answer.json()) == keys_of(promised)


async def test_it_has_every_live_release_with_its_sums_and_signatures(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_whole_release(session)
    await make_release(session, "Python 3.15.0a1", released_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    await make_release(session, "Python install manager 25.0")
    await make_release(session, "Python 3.14.9", is_published=False)

    releases = (await client.get(INDEX)).json()["releases"]
    by_slug = {release["slug"]: release for release in releases}

    assert releases[0]["version"] == "3.15.0a1"
    assert releases[0]["released_at"] == "2026-01-02T03:04:00Z"
    assert set(by_slug) == {"python-3150a1", "python-3140", "python-install-manager-250"}
    assert (
        by_slug["python-install-manager-250"] | {"version": None, "series": None, "line": 100}
        == (by_slug["python-install-manager-250"])
    )
    file = by_slug["python-3140"]["files"][0]
    assert (file["sha256"], file["size"], file["md5"]) == ("a" * 64, 29_000_000, None)
    assert file["sigstore_bundle_url"] == f"{file['url']}.sigstore"
    assert file["operating_system"] == "source"


async def test_it_says_how_long_each_series_is_looked_after(client: httpx.AsyncClient, session: AsyncSession) -> None:
    for number in ("3.9", "3.14", "3.10"):
        await make_series(session, number)

    series = (await client.get(INDEX)).json()["series"]

    assert [row["series"] for row in series] == ["3.14", "3.10", "3.9"]
    assert series[0]["status"] == "bugfix"


async def test_it_is_kept_until_something_in_it_changes(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_whole_release(session)

    answer = await client.get(INDEX)

    assert {"downloads", "releases", "release_files", "release_series"} <= set(answer.headers["Surrogate-Key"].split())
    assert "public" in answer.headers["Cache-Control"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_its_statements_do_not_grow_with_rows(
    client: httpx.AsyncClient, session: AsyncSession, engine: AsyncEngine
) -> None:
    await make_whole_release(session)
    system = await make_operating_system(session)

    with statements(engine) as with_few:
        await client.get(INDEX)
    for number in range(1, 6):
        await make_file(session, await make_release(session, f"Python 3.13.{number}"), system)
    with statements(engine) as with_many:
        await client.get(INDEX)

    assert len(with_many) == len(with_few) <= 3
