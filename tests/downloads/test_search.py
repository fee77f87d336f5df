"""What the public finds of the releases."""

import pytest

from cms.core.search import index_rows
from tests.factories.downloads import make_release


async def titles(resources, query):
    results = await resources.search.search(query)
    return [hit.title for hit in results.hits]


@pytest.fixture
async def releases(session, resources):
    made = [
        await make_release(session, name, content="Notes about the **garbage collector**.")
        for name in ("Python 3.14.9", "Python 3.14.1", "Python 3.13.9", "Python 3.15.0a2")
    ]
    await index_rows(resources, "releases", [release.id for release in made])
    return {release.name: release for release in made}


@pytest.mark.parametrize(
    "query", ["3.14.9", "Python 3.14.9", "python-3149", "release 3.14.9", "download python 3.14.9"]
)
async def test_a_release_is_found_by_its_number_as_typed(resources, releases, query):
    assert (await titles(resources, query))[0] == "Python 3.14.9"


async def test_a_pre_release_is_found_by_its_number(resources, releases):
    assert await titles(resources, "3.15.0a2") == ["Python 3.15.0a2"]


async def test_a_series_finds_its_releases_only(resources, releases):
    assert set(await titles(resources, "3.14")) == {"Python 3.14.9", "Python 3.14.1"}


async def test_a_release_is_found_by_its_text(resources, releases):
    assert len(await titles(resources, "garbage collector")) == 4


async def test_a_release_taken_down_is_found_no_longer(session, resources, releases):
    release = releases["Python 3.14.9"]
    release.is_published = False
    await session.commit()

    await index_rows(resources, "releases", [release.id])

    assert await titles(resources, "3.14.9") == []
