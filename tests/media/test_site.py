"""The library as the public reads it: lasting addresses, smaller copies, and nothing beyond what is declared."""

import asyncio
import io

import pytest
from PIL import Image, ImageOps

from cms.core import resizing
from cms.core.permissions import SYSTEM
from cms.media import services, variants
from cms.media.variants import Variant
from tests.factories.media import PDF, SVG, a_picture, make_item, opened

HARMLESS = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"


@pytest.fixture
def storage(resources):
    return resources.storage


async def files_in(storage, folder):
    return sorted([found.name async for found in storage.list(folder)])


async def test_an_image_is_shown_and_purged_by_its_own_key(client, session, storage):
    content = a_picture()
    item = await make_item(session, storage, content=content)

    answer = await client.get(item.public_path)

    assert answer.status_code == 200
    assert answer.content == content
    assert answer.headers["Content-Type"] == "image/png"
    assert f"media_items/{item.id}" in answer.headers["Surrogate-Key"].split()
    assert "media_items" not in answer.headers["Surrogate-Key"].split()
    assert answer.headers["Cache-Control"] == "public, max-age=3600"


async def test_an_address_that_names_the_content_is_kept_for_ever(client, session, storage):
    item = await make_item(session, storage)

    assert "immutable" in (await client.get(variants.address_of(item))).headers["Cache-Control"]
    assert "immutable" not in (await client.get(f"{item.public_path}?v=000000000000")).headers["Cache-Control"]


async def test_after_a_replacement_the_same_address_shows_the_new_file(client, session, storage):
    item = await make_item(session, storage)
    before = await client.get(item.public_path)
    smaller_before = await client.get(f"/media/variants/320/{item.path}")
    content = a_picture((600, 600), image_format="JPEG")

    await services.replace_file(session, storage, item, content=content, filename="b.jpg", by=SYSTEM)
    await session.commit()
    after = await client.get(item.public_path, headers={"If-None-Match": before.headers["ETag"]})
    smaller_after = await client.get(f"/media/variants/320/{item.path}")

    assert after.status_code == 200
    assert after.content == content
    assert after.headers["Content-Type"] == "image/jpeg"
    assert opened(smaller_before.content).size == (320, 160)
    assert opened(smaller_after.content).size == (320, 320)


async def test_what_a_browser_has_is_not_sent_again(client, session, storage):
    item = await make_item(session, storage)
    etag = (await client.get(item.public_path)).headers["ETag"]

    answer = await client.get(item.public_path, headers={"If-None-Match": f'"other", {etag}'})

    assert etag.startswith('"')
    assert answer.status_code == 304
    assert answer.content == b""


async def test_a_drawing_is_shown_where_nothing_runs(client, session, storage):
    item = await make_item(session, storage, content=SVG, filename="logo.svg")

    answer = await client.get(item.public_path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"] == HARMLESS
    assert "Content-Disposition" not in answer.headers


async def test_a_document_is_saved_under_its_name(client, session, storage):
    item = await make_item(session, storage, content=PDF, filename="Annual report.pdf")

    answer = await client.get(item.public_path)

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''annual-report.pdf"


@pytest.mark.parametrize(
    ("name", "size", "image_format"),
    [
        ("320", (320, 160), "PNG"),
        ("640.webp", (640, 320), "WEBP"),
        ("960.avif", (960, 480), "AVIF"),
        ("1920.webp", (1000, 500), "WEBP"),
        ("square-160.webp", (160, 160), "WEBP"),
        ("square-320", (320, 320), "PNG"),
    ],
)
async def test_declared_sizes_are_made_when_asked_for_and_kept(client, session, storage, name, size, image_format):
    item = await make_item(session, storage)

    first, second = [await client.get(f"/media/variants/{name}/{item.path}") for _ in range(2)]

    assert first.status_code == 200
    assert first.headers["Content-Type"] == f"image/{image_format.lower()}"
    assert (opened(first.content).size, opened(first.content).format) == (size, image_format)
    assert second.content == first.content
    assert f"media_items/{item.id}" in first.headers["Surrogate-Key"].split()
    assert len(await files_in(storage, "variants")) == 1


@pytest.mark.parametrize(
    "name",
    ["321", "0320", "32000", "640.png", "640.bmp", "square-640", "square-160.gif", "-320", "320x", "640.webp.webp", ""],
)
async def test_no_other_size_is_made(client, session, storage, name):
    item = await make_item(session, storage)

    answer = await client.get(f"/media/variants/{name}/{item.path}")

    assert answer.status_code == 404
    assert await files_in(storage, "variants") == []


async def test_one_copy_has_one_address(client, session, storage):
    item = await make_item(session, storage)

    for address in (
        f"/media/variants/320/x/{item.path}",
        f"/media/variants/320/{item.path}.webp",
        "/media/variants/320",
    ):
        assert (await client.get(address)).status_code == 404


async def test_a_square_shows_what_matters(client, session, storage):
    item = await make_item(session, storage)

    item.focal_x = 0
    await session.commit()
    left = opened((await client.get(f"/media/variants/square-160/{item.path}")).content).convert("RGB")
    item.focal_x = 100
    await session.commit()
    right = opened((await client.get(f"/media/variants/square-160/{item.path}")).content).convert("RGB")

    assert left.getpixel((150, 80)) == (255, 0, 0)
    assert right.getpixel((10, 80)) == (0, 0, 255)


@pytest.mark.parametrize("kind", ["drawing", "animation"])
async def test_what_has_no_copies_is_shown_as_it_is(client, session, storage, kind):
    frames = {"save_all": True, "append_images": [opened(a_picture((40, 20)))]}
    content = SVG if kind == "drawing" else a_picture((40, 20), image_format="GIF", **frames)
    item = await make_item(session, storage, content=content, filename="a.svg" if kind == "drawing" else "a.gif")

    answer = await client.get(f"/media/variants/640.webp/{item.path}")

    assert answer.status_code == 200
    assert answer.content.startswith(b"<svg" if kind == "drawing" else b"GIF")
    assert await files_in(storage, "variants") == []


@pytest.mark.parametrize(("image_format", "orientation"), [("JPEG", 6), ("JPEG", 3), ("PNG", 8), ("WEBP", 5)])
async def test_a_picture_taken_upright_is_upright_in_every_size(session, storage, image_format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = a_picture((2400, 1200), image_format=image_format, exif=exif)
    upright = ImageOps.exif_transpose(opened(content)).convert("RGB")

    for width in (320, 960):
        smaller = opened(resizing.resized(content, width=width, image_format="PNG")).convert("RGB")
        assert smaller.size == (width, round(upright.height * width / upright.width))
        for x, y in ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)):
            shown, meant = (
                found.getpixel((int(x * found.width), int(y * found.height))) for found in (smaller, upright)
            )
            assert shown == pytest.approx(meant, abs=12)


async def test_transparency_is_white_where_a_format_has_none(client, session, storage):
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    file = io.BytesIO()
    image.save(file, "PNG")

    smaller = opened(resizing.resized(file.getvalue(), width=320, image_format="JPEG"))

    assert smaller.getpixel((10, 10)) == (255, 255, 255)


async def test_many_visitors_at_once_leave_one_copy(session, storage):
    item = await make_item(session, storage)

    await asyncio.gather(*(variants.open_variant(storage, item, Variant(320)) for _ in range(5)))

    assert len(await files_in(storage, "variants")) == 1


async def test_the_folders_of_the_storage_are_no_addresses(client, session, storage):
    item = await make_item(session, storage)

    answer = await client.get(f"/media/{item.file}")

    assert answer.status_code == 404


async def test_a_missing_file_becomes_visible_once_it_is_uploaded(client, session, storage):
    missing = await client.get("/media/library/snake.png")
    item = await make_item(session, storage)

    assert missing.status_code == 404
    assert "media_items" in missing.headers["Surrogate-Key"].split()
    assert (await client.get(item.public_path)).status_code == 200


async def test_a_copy_is_made_to_the_end_although_nobody_waits(session, storage):
    item = await make_item(session, storage)

    asking = asyncio.create_task(variants.open_variant(storage, item, Variant(640, ending="avif")))
    while not variants._under_way:  # noqa: ASYNC110 - it begins within a few turns of the loop, and tells nobody
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(*variants._under_way)

    assert len(await files_in(storage, "variants")) == 1
