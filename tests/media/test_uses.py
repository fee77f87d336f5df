"""Where media are used, noted with every save and read when somebody asks."""

import pytest
from sqlalchemy import delete, insert, select

from cms.core import publishing
from cms.core.changes import AS_HANDLED
from cms.core.markup import MarkupKind
from cms.core.permissions import SYSTEM, Permission
from cms.media import uses
from cms.media.models import MediaUse
from cms.pages import services
from cms.pages.models import Page, PageImage
from tests.factories.boxes import make_box
from tests.factories.media import make_item
from tests.factories.pages import make_page


@pytest.fixture
async def item(session, resources):
    return await make_item(session, resources.storage, filename="Grüße und mehr.png")


async def rows_using(session, item):
    return sorted((used.model.__name__, str(row)) for used in await uses.used_by(session, item) for row in used.rows)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (MarkupKind.MARKDOWN, "![A]({address})"),
        (MarkupKind.MARKDOWN, "[A](https://www.python.org{address}?v=1#x)"),
        (MarkupKind.MARKDOWN, "![A](/media/variants/square-160.webp/{path})"),
        (MarkupKind.RESTRUCTUREDTEXT, ".. image:: {address}\n   :alt: A"),
        (MarkupKind.HTML, '<p><img src="{address}" alt="A"></p>'),
        (MarkupKind.HTML_TRUSTED, "<video poster='{address}'></video>"),
    ],
)
async def test_each_kind_of_text_tells_what_it_uses(session, item, kind, content):
    text = content.format(address=item.public_path, path=item.path)

    await make_page(session, title="About", content=text, content_kind=kind)

    assert await rows_using(session, item) == [("Page", "About")]


async def test_uses_follow_what_is_saved(session, item):
    page = await make_page(session, title="About", content="Nothing.")
    box = await make_box(session, label="a-box", content=f"![A]({item.public_path})")

    page.content = f"![A]({item.public_path}) ![B]({item.public_path})"
    await session.commit()
    assert await rows_using(session, item) == [("Box", "a-box"), ("Page", "About")]

    page.content = "Nothing."
    await session.delete(box)
    await session.commit()
    assert await rows_using(session, item) == []


async def test_an_image_among_those_of_a_page_is_a_use_by_the_page(session, item):
    page = await make_page(session, title="About", content=f"![A]({item.public_path})")
    image = PageImage(page_id=page.id, file=item.path)
    session.add(image)
    await session.commit()

    assert await rows_using(session, item) == [("Page", "About")]

    page.content = ""
    await session.delete(image)
    await session.commit()
    assert await rows_using(session, item) == []


async def test_a_draft_beside_a_live_page_is_a_use(session, item):
    page = await make_page(session, title="About", content="Nothing.")

    async def write():
        page.content = f"![A]({item.public_path})"
        await session.flush()

    await publishing.keep_draft(session, page, write, by=SYSTEM)
    await session.commit()
    assert await rows_using(session, item) == [("Page", "About")]

    await publishing.discard_draft(session, page, permission=Permission.PAGES_EDIT, by=SYSTEM)
    await session.commit()
    assert await rows_using(session, item) == []


async def test_a_deleted_page_uses_nothing(session, item):
    page = await make_page(session, content=f"![A]({item.public_path})")
    session.add(PageImage(page_id=page.id, file=item.path))
    await session.commit()

    await services.delete_page(session, page, by=SYSTEM)
    await session.commit()

    assert await session.scalar(select(MediaUse.id)) is None


async def test_another_address_that_begins_alike_is_no_use(session, item):
    await make_page(session, content=f"![A]({item.public_path}x) ![B](/media/x/{item.path})")

    assert await rows_using(session, item) == []


async def test_rows_written_in_bulk_are_noted_anew(session, item):
    page = await make_page(session, title="About", content=f"![A]({item.public_path})")
    await session.execute(delete(MediaUse), execution_options=AS_HANDLED)
    values = {"page_id": page.id, "file": item.path}
    await session.execute(insert(PageImage).values(values), execution_options=AS_HANDLED)
    await make_box(session, label="a-box", content=f"![A]({item.public_path})")

    await uses.note_all(session)
    await session.commit()

    assert await rows_using(session, item) == [("Box", "a-box"), ("Page", "About")]
    assert len((await session.scalars(select(MediaUse))).all()) == 3
    assert Page.__tablename__ in {use.table_name for use in await session.scalars(select(MediaUse))}
