"""Images and documents of a page, uploaded with its form."""

import io

import pytest
from PIL import Image
from sqlalchemy import select

from cms.media import uses
from cms.media.models import MediaItem
from cms.pages.models import Page, PageDocument, PageImage
from tests.admin.browser import text_of
from tests.factories.media import make_item
from tests.factories.pages import make_page

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def png(size=(3, 2)):
    file = io.BytesIO()
    Image.new("RGB", size, "yellow").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
async def page(session):
    return await make_page(session, path="about/logos", is_published=False)


async def upload(browser, page, relation, name, content, **fields):
    """Send the form of the page with one new row of `relation`."""
    path = f"/admin/pages/edit/{page.id}"
    row = {f"{relation}-0-row_id": "", **{f"{relation}-0-{field}": value for field, value in fields.items()}}
    file = {f"{relation}-0-upload": (name, content, "application/octet-stream")}
    return await browser.post(path, {**await browser.form(path), "press": "save", **row}, files=file)


async def stored(resources):
    return [found.name async for found in resources.storage.list()]


async def test_an_image_is_stored_under_the_path_of_its_page_and_shown_to_everybody(browser, session, resources, page):
    answer = await upload(browser, page, "images", "Snake & Co.png", png(), alternative_text="A snake")

    assert answer.status_code == 303
    image = await session.scalar(select(PageImage))
    assert (image.page_id, image.alternative_text) == (page.id, "A snake")
    assert image.file.startswith("about/logos/")
    browser.client.cookies.clear()
    shown = await browser.client.get(f"/media/{image.file}")
    assert (shown.status_code, shown.headers["content-type"], shown.content) == (200, "image/png", png())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("snake.png", b"<html><script>alert(1)</script>"),
        ("snake.svg", b"<svg onload='alert(1)'>"),
        ("snake.pdf", PDF),
        ("snake.png", b""),
    ],
    ids=["HTML", "broken SVG", "document", "nothing"],
)
async def test_what_is_no_image_is_refused_in_words_and_leaves_nothing(
    browser, session, resources, page, name, content
):
    answer = await upload(browser, page, "images", name, content, alternative_text="A snake")

    assert answer.status_code == 422
    assert "A snake" in answer.text
    assert await session.scalar(select(PageImage.id)) is None
    assert await stored(resources) == []


async def test_an_image_is_named_after_what_it_is(browser, session, page):
    await upload(browser, page, "images", "snake.exe", png(), alternative_text="A snake")

    assert (await session.scalar(select(PageImage.file))).endswith(".png")


async def test_a_document_is_stored_and_offered_as_a_download(browser, session, page):
    answer = await upload(browser, page, "documents", "Annual Report.PDF", PDF, title="Annual report")

    assert answer.status_code == 303
    document = await session.scalar(select(PageDocument))
    assert document.file == "files/annual-report.pdf"
    offered = await browser.client.get(f"/media/{document.file}")
    assert offered.headers["content-disposition"].startswith("attachment")
    assert offered.headers["x-content-type-options"] == "nosniff"


async def test_a_name_that_climbs_out_of_its_folder_does_not(browser, session, page):
    await upload(browser, page, "documents", "../../../etc/passwd.pdf", PDF, title="Passwords")

    assert (await session.scalar(select(PageDocument.file))).startswith("files/")


async def test_a_row_without_a_file_is_told_so(browser, page):
    path = f"/admin/pages/edit/{page.id}"
    row = {"images-0-row_id": "", "images-0-alternative_text": "A snake"}

    answer = await browser.post(path, {**await browser.form(path), "press": "save", **row})

    assert answer.status_code == 422
    assert "Choose a file." in text_of(answer.text)


async def test_an_image_says_what_it_shows(browser, session, resources, page):
    answer = await upload(browser, page, "images", "snake.png", png(), alternative_text="")

    assert answer.status_code == 422
    assert "Say what the image shows" in text_of(answer.text)
    assert await stored(resources) == []


async def test_what_a_page_brings_is_in_the_library_and_known_to_be_used(browser, session, page):
    await upload(browser, page, "images", "snake.png", png(), alternative_text="A snake")

    item = await session.scalar(select(MediaItem))
    used = await uses.used_by(session, item)
    assert (item.path, item.alternative_text) == ("about/logos/snake.png", "A snake")
    assert [(found.model, found.rows) for found in used] == [(Page, [page])]


async def test_a_file_that_is_in_the_library_is_not_stored_again(browser, session, resources, page):
    item = await make_item(session, resources.storage, content=png())

    await upload(browser, page, "images", "snake.png", png(), alternative_text="A snake")

    assert await session.scalar(select(PageImage.file)) == item.path
    assert len(await stored(resources)) == 1


async def test_an_image_of_a_draft_beside_a_live_page_is_in_the_library(browser, session, resources):
    live = await make_page(session, path="about/live")

    answer = await upload(browser, live, "images", "snake.png", png(), alternative_text="A snake")

    assert answer.status_code == 303
    assert await session.scalar(select(PageImage.id)) is None
    assert await session.scalar(select(MediaItem.path)) == "about/live/snake.png"
    assert (await browser.client.get("/media/about/live/snake.png")).status_code == 200


async def test_a_path_in_place_of_a_file_is_no_file(browser, session, page):
    path = f"/admin/pages/edit/{page.id}"
    row = {"images-0-row_id": "", "images-0-alternative_text": "A", "images-0-upload": "secret/file.png"}

    answer = await browser.post(path, {**await browser.form(path), "press": "save", **row})

    assert answer.status_code == 422
    assert await session.scalar(select(PageImage.id)) is None
