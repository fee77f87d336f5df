"""The media library in a real browser: several files at once, a dialog for texts, and a point set by hand or by key."""

import pytest
from sqlalchemy import select

from cms.media.models import MediaItem
from tests.admin.browser import Browser
from tests.browser.conftest import violations
from tests.factories.media import PDF, a_picture, make_item

pytestmark = pytest.mark.browser
THEMES = ("light", "dark")


@pytest.fixture
async def editor(client, session, superuser):
    await Browser(client).sign_in(session, superuser)


async def fresh(session, item):
    return await session.scalar(
        select(MediaItem).where(MediaItem.id == item.id).execution_options(populate_existing=True)
    )


@pytest.mark.parametrize("theme", THEMES)
async def test_several_files_are_described_before_they_are_sent(editor, open_page, theme):
    page = await open_page("/admin/media/upload", color_scheme=theme)
    assert await violations(page) == []

    files = [
        {"name": "green-snake.png", "mimeType": "image/png", "buffer": a_picture((60, 40))},
        {"name": "report.pdf", "mimeType": "application/pdf", "buffer": PDF},
    ]
    await page.set_input_files("#uploads-files", files)

    assert await page.input_value(".upload-row:nth-child(1) input[maxlength] >> nth=0") == "Green snake"
    assert await page.locator(".upload-row:nth-child(1) input[placeholder]").count() == 1
    assert await page.locator(".upload-row:nth-child(2) input[placeholder]").count() == 0
    assert await page.inner_text("#uploads > .btn-primary") == "Upload 2 files"
    assert await violations(page) == []


@pytest.mark.parametrize(
    ("kind", "marks"),
    [
        ("markdown", "![A \\[green\\] snake](/media/variants/960.webp/library/snake.png)"),
        ("restructuredtext", ".. image:: /media/variants/960.webp/library/snake.png\n   :alt: A [green] snake"),
        (
            "html",
            '<img src="/media/variants/960.webp/library/snake.png" alt="A [green] snake" width="960" height="480">',
        ),
    ],
)
async def test_an_image_is_put_into_a_text_with_its_alternative_text(
    editor, open_page, session, resources, kind, marks
):
    await make_item(session, resources.storage, alternative_text="A [green] snake")
    page = await open_page("/admin/pages/create")
    await page.select_option("#content_kind", kind)

    await page.click("button[data-media=image]")
    await page.click(".media-dialog .media-link")
    await page.click(".media-chosen [type=submit]")

    assert (await page.input_value("#content")).strip() == marks
    assert await page.locator(".media-dialog").count() == 0
    assert page.errors == []


@pytest.mark.parametrize("theme", THEMES)
async def test_a_document_is_found_by_keyboard_and_linked(editor, open_page, session, resources, theme):
    for title in ("Annual report", "Bylaws"):
        await make_item(session, resources.storage, content=PDF + title.encode(), filename="a.pdf", title=title)
    page = await open_page("/admin/pages/create", color_scheme=theme)

    await page.focus("button[data-media=document]")
    await page.keyboard.press("Enter")
    second = page.locator(".media-dialog .media-card").nth(1)
    await second.wait_for()
    async with page.expect_response("**search=annual"):
        await page.keyboard.type("annual")
    await second.wait_for(state="detached")
    assert await violations(page) == []
    await page.focus(".media-dialog .media-link")
    await page.keyboard.press("Enter")
    await page.locator("#media-text:focus").wait_for()
    await page.keyboard.press("Enter")

    assert await page.input_value("#content") == "[Annual report](/media/library/a.pdf)"


async def test_what_matters_is_pointed_at_and_moved_by_keys(editor, open_page, session, resources):
    item = await make_item(session, resources.storage, content=a_picture((400, 200)))
    page = await open_page(f"/admin/media/edit/{item.id}")

    await page.click(".media-picture", position={"x": 100, "y": 150})
    left, top = [int(await page.input_value(name)) for name in ("#focal_x", "#focal_y")]
    assert (left, top) == (pytest.approx(25, abs=1), pytest.approx(75, abs=1))
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Shift+ArrowUp")
    await page.click(".save-bar .btn-primary")
    await page.wait_for_load_state("networkidle")

    assert ((await fresh(session, item)).focal_x, item.focal_y) == (left + 1, top - 10)


@pytest.mark.parametrize("theme", THEMES)
async def test_axe_finds_nothing_in_the_library(editor, open_page, session, resources, theme):
    item = await make_item(session, resources.storage)
    document = await make_item(session, resources.storage, content=PDF, filename="a.pdf")

    for path in ("list", "list?layout=table", f"edit/{item.id}", f"edit/{document.id}", f"delete?pks={item.id}"):
        page = await open_page(f"/admin/media/{path}", color_scheme=theme)
        assert await violations(page) == [], path
        assert page.errors == []
