"""What is done for the library in the background."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from cms.core import clock
from cms.core.changes import AS_HANDLED
from cms.media import tasks
from cms.media.models import MediaItem, MediaKind
from cms.media.variants import Variant, folder_of, open_variant
from cms.pages.models import PageDocument, PageImage
from tests.factories.media import PDF, SVG, a_picture, make_item
from tests.factories.pages import make_page


@pytest.fixture
def storage(resources):
    return resources.storage


@pytest.fixture
def tomorrow(monkeypatch):
    later = clock.now() + timedelta(days=1, hours=1)
    monkeypatch.setattr("cms.core.clock._read", lambda: later)


async def names_in(storage):
    return sorted([found.name async for found in storage.list()])


async def test_a_file_that_nothing_names_any_more_is_removed_with_its_copies(resources, session, storage):
    item = await make_item(session, storage)
    await open_variant(storage, item, Variant(320))
    file, folder = item.file, folder_of(item.sha256)
    await session.delete(item)
    await session.commit()

    for _ in range(2):
        await tasks.delete_stored_files(resources, session, file=file, variants=folder)

    assert await names_in(storage) == []


async def test_a_file_that_an_item_holds_is_left_alone(resources, session, storage):
    item = await make_item(session, storage)
    await open_variant(storage, item, Variant(320))
    before = await names_in(storage)

    await tasks.delete_stored_files(resources, session, file=item.file, variants=folder_of(item.sha256))

    assert await names_in(storage) == before


async def test_strays_are_removed_after_a_day(resources, session, storage, tomorrow):
    item = await make_item(session, storage)
    await open_variant(storage, item, Variant(320))
    before = await names_in(storage)
    await storage.save("originals/ab/stray.png", a_picture())
    await storage.save(f"{folder_of('f' * 64)}/320.png", a_picture())
    await storage.save("photos/older-than-the-library.png", a_picture())

    await tasks.delete_stray_files(resources, session)

    assert await names_in(storage) == sorted([*before, "photos/older-than-the-library.png"])


async def test_an_upload_that_is_on_its_way_is_no_stray(resources, session, storage):
    await storage.save("originals/ab/just-now.png", a_picture())

    await tasks.delete_stray_files(resources, session)

    assert await names_in(storage) == ["originals/ab/just-now.png"]


async def make_old_rows(session, storage):
    """Write rows as the import does, in bulk, with their files at the addresses of the old site."""
    page = await make_page(session, path="about/logos")
    files = {"about/logos/snake.png": a_picture((30, 20)), "about/logos/logo.svg": SVG, "files/report.pdf": PDF}
    for name, content in files.items():
        await storage.save(name, content)
    images = [("about/logos/snake.png", "A snake"), ("about/logos/logo.svg", ""), ("about/logos/lost.png", "Lost")]
    rows = [{"page_id": page.id, "file": file, "alternative_text": text} for file, text in images]
    await session.execute(insert(PageImage), rows, execution_options=AS_HANDLED)
    row = {"page_id": page.id, "file": "files/report.pdf", "title": "Annual report"}
    await session.execute(insert(PageDocument), [row], execution_options=AS_HANDLED)
    await session.commit()


async def test_old_files_are_taken_in_where_they_are(client, resources, session, storage):
    await make_old_rows(session, storage)
    before = await names_in(storage)

    for _ in range(2):
        await tasks.take_in_old_files(resources, session)
        await session.commit()

    items = {item.path: item for item in await session.scalars(select(MediaItem))}
    assert sorted(items) == ["about/logos/logo.svg", "about/logos/snake.png", "files/report.pdf"]
    snake, drawing, report = items["about/logos/snake.png"], items["about/logos/logo.svg"], items["files/report.pdf"]
    assert (snake.kind, snake.alternative_text, snake.width, snake.file) == (
        MediaKind.IMAGE,
        "A snake",
        30,
        snake.path,
    )
    assert (report.kind, report.title) == (MediaKind.DOCUMENT, "Annual report")
    assert drawing.kind is MediaKind.DOCUMENT
    assert await names_in(storage) == before
    assert (await client.get("/media/about/logos/snake.png")).status_code == 200


async def test_an_old_drawing_that_nobody_looked_into_is_still_a_download(client, resources, session, storage):
    await make_old_rows(session, storage)
    await tasks.take_in_old_files(resources, session)
    await session.commit()

    answer = await client.get("/media/about/logos/logo.svg")

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
