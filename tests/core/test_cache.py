"""What an answer was made of: surrogate keys of all that a session has read."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from cms.core import cache
from cms.core.errors import NotFound
from cms.downloads.models import Release, ReleaseFile
from cms.pages.models import Page
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page


async def test_a_list_is_tagged_with_its_table(sessionmaker):
    async with sessionmaker() as session:
        await session.scalars(select(Page))

        assert cache.tags(session) == {"pages"}


async def test_joins_subqueries_and_loaded_relations_are_tagged(session, sessionmaker):
    release = await make_release(session)
    await make_file(session, release, await make_operating_system(session))
    with_files = select(Release.id).where(Release.id.in_(select(ReleaseFile.release_id)))

    async with sessionmaker() as reading:
        await reading.execute(with_files)
        assert cache.tags(reading) == {"releases", "release_files"}

    async with sessionmaker() as reading:
        await reading.scalars(select(Release).options(selectinload(Release.files)))
        assert cache.tags(reading) == {"releases", "release_files"}


async def test_one_row_is_tagged_instead_of_its_table(session, sessionmaker):
    page = await make_page(session)

    async with sessionmaker() as reading:
        await cache.one_or_404(reading, select(Page).where(Page.id == page.id))

        assert cache.tags(reading) == {f"pages/{page.id}"}


async def test_a_missing_row_is_tagged_with_the_table_so_that_making_it_ends_the_404(sessionmaker):
    async with sessionmaker() as session:
        with pytest.raises(NotFound):
            await cache.one_or_404(session, select(Page).where(Page.id == 0))

        assert cache.tags(session) == {"pages"}
