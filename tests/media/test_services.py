"""Taking files into the library, describing, replacing and deleting them."""

import hashlib

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from cms.core.audit import AuditEntry
from cms.core.errors import Conflict, Invalid, PermissionDenied
from cms.core.outbox import OutboxMessage
from cms.core.permissions import SYSTEM, Permission
from cms.media import services
from cms.media.models import MediaItem, MediaKind
from tests.factories.media import PDF, SVG, a_picture, make_item
from tests.factories.pages import make_page
from tests.factories.users import make_user


@pytest.fixture
def storage(resources):
    return resources.storage


async def names_in(storage):
    return [found.name async for found in storage.list()]


async def add(session, storage, content, filename, *, by=SYSTEM, may_repeat=False, **values):
    item = MediaItem(**{"title": "", "alternative_text": "A snake", **values})
    await services.add_item(session, storage, item, content=content, filename=filename, by=by, may_repeat=may_repeat)
    await session.commit()
    return item


async def test_an_image_is_known_by_its_content(session, storage):
    content = a_picture((40, 20), image_format="JPEG")

    item = await add(session, storage, content, "My_holiday-photo.PNG")

    assert (item.kind, item.title, item.path) == (MediaKind.IMAGE, "My holiday photo", "library/my_holiday-photo.jpg")
    assert (item.content_type, item.width, item.height, item.size) == ("image/jpeg", 40, 20, len(content))
    assert item.sha256 == hashlib.sha256(content).hexdigest()
    assert await names_in(storage) == [item.file]


async def test_a_picture_taken_upright_is_measured_upright(session, storage):
    exif = Image.Exif()
    exif[0x0112] = 6

    item = await add(session, storage, a_picture((40, 20), image_format="JPEG", exif=exif), "a.jpg")

    assert (item.width, item.height) == (20, 40)


async def test_a_document_needs_no_alternative_text(session, storage):
    item = await add(session, storage, PDF, "Annual Report.PDF", alternative_text="")

    assert (item.kind, item.path, item.content_type) == (
        MediaKind.DOCUMENT,
        "library/annual-report.pdf",
        "application/pdf",
    )
    assert not item.has_variants


async def test_a_drawing_is_an_image_without_what_could_run(session, storage):
    item = await add(session, storage, SVG.replace(b"<path", b"<script>alert(1)</script><path"), "logo.svg")

    stored = b"".join([chunk async for chunk in (await storage.open(item.file)).chunks])
    assert (item.kind, item.content_type, item.width, item.height) == (MediaKind.IMAGE, "image/svg+xml", 40, 20)
    assert b"alert" not in stored
    assert b"<path" in stored


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"alternative_text": ""}, "alternative_text"),
        ({"alternative_text": "  \n "}, "alternative_text"),
        ({"is_decorative": True}, "is_decorative"),
        ({"focal_x": 101}, "focal_x"),
    ],
)
async def test_an_image_says_what_it_shows_or_that_it_is_decoration(session, storage, values, field):
    with pytest.raises(Invalid) as refusal:
        await add(session, storage, a_picture(), "a.png", **values)

    assert list(refusal.value.errors) == [field]
    assert await names_in(storage) == []


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (b"", "a.png"),
        (b"<html><script>alert(1)</script>", "a.png"),
        (b"<html>", "a.pdf"),
        (b"MZ\x90", "a.exe"),
        (b"<svg onload='alert(1)'>", "a.svg"),
        (a_picture()[:200], "a.png"),
        (PDF, "nameless"),
    ],
    ids=["empty", "HTML as PNG", "HTML as PDF", "program", "broken SVG", "cut off", "no ending"],
)
async def test_what_is_refused_leaves_no_file_and_no_row(session, storage, content, filename):
    with pytest.raises(Invalid) as refusal:
        await add(session, storage, content, filename)

    assert refusal.value.errors["upload"][0].endswith(".")
    assert await names_in(storage) == []
    assert await session.scalar(select(MediaItem.id)) is None


async def test_a_file_whose_row_is_refused_by_the_database_is_taken_out_of_the_storage(session, storage):
    await make_item(session, storage, filename="a.png")
    before = await names_in(storage)

    with pytest.raises(DBAPIError, match="value too long"):
        await add(session, storage, a_picture(), "b.png", credit="x" * 400)

    await session.rollback()
    assert await names_in(storage) == before


async def test_the_same_file_is_offered_instead_of_kept_twice(session, storage):
    content = a_picture()
    first = await add(session, storage, content, "a.png")

    with pytest.raises(services.AlreadyThere) as refusal:
        await add(session, storage, content, "b.png")
    second = await add(session, storage, content, "b.png", may_repeat=True)

    assert refusal.value.item is first
    assert second.path == "library/b.png"


async def test_two_files_of_one_name_have_two_addresses(session, storage):
    paths = [(await add(session, storage, a_picture(), "a.png")).path for _ in range(3)]

    assert paths == ["library/a.png", "library/a-2.png", "library/a-3.png"]


async def test_an_address_of_an_older_file_is_not_taken(session, storage):
    await storage.save("library/a.png", a_picture())

    item = await add(session, storage, a_picture(), "a.png")

    assert item.path == "library/a-2.png"


async def test_tags_are_tidied(session, storage):
    item = await add(session, storage, a_picture(), "a.png", tags=" Logo,PyCon ,, logo")

    assert item.tags == "logo, pycon"


async def test_who_may_not_edit_media_adds_nothing(session, storage):
    reader = await make_user(session, permissions=(Permission.MEDIA_VIEW,))

    with pytest.raises(PermissionDenied):
        await add(session, storage, a_picture(), "a.png", by=reader)

    assert await names_in(storage) == []


async def test_a_replaced_file_keeps_its_address_and_is_purged_and_remembered(session, storage):
    item = await make_item(session, storage)
    address, old_file, content = item.public_path, item.file, a_picture((30, 30), image_format="WEBP")

    await services.replace_file(session, storage, item, content=content, filename="new.webp", by=SYSTEM)
    await session.commit()

    assert item.public_path == address
    assert (item.content_type, item.width) == ("image/webp", 30)
    messages = {message.task: message.arguments for message in await session.scalars(select(OutboxMessage))}
    assert f"media_items/{item.id}" in messages["purge_keys"]["keys"]
    assert messages["delete_stored_files"]["file"] == old_file
    entry = await session.scalar(select(AuditEntry).where(AuditEntry.action == "update"))
    assert entry.changes["file"] == [old_file, item.file]


async def test_replacing_takes_a_permission_that_writing_drafts_does_not(session, storage):
    volunteer = await make_user(session, permissions=(Permission.MEDIA_VIEW, Permission.MEDIA_EDIT))
    item = await make_item(session, storage)

    with pytest.raises(PermissionDenied, match="Replace files that pages show"):
        await services.replace_file(session, storage, item, content=b"Hello", filename="a.txt", by=volunteer)


@pytest.mark.parametrize(
    ("content", "filename"),
    [(PDF, "a.pdf"), (b"<html>", "a.png"), (a_picture()[:100], "a.png")],
    ids=["document", "HTML", "broken"],
)
async def test_a_replacement_that_is_refused_changes_nothing(session, storage, content, filename):
    item = await make_item(session, storage)
    before = await names_in(storage)

    with pytest.raises(Invalid):
        await services.replace_file(session, storage, item, content=content, filename=filename, by=SYSTEM)

    assert await names_in(storage) == before


async def test_a_document_keeps_the_ending_of_its_address(session, storage):
    item = await make_item(session, storage, content=PDF, filename="a.pdf")

    with pytest.raises(Invalid, match=r"ends in \.pdf"):
        await services.replace_file(session, storage, item, content=b"Hello", filename="a.txt", by=SYSTEM)


async def test_the_same_file_is_no_replacement(session, storage):
    content = a_picture()
    item = await make_item(session, storage, content=content)

    with pytest.raises(Invalid, match="here already"):
        await services.replace_file(session, storage, item, content=content, filename="a.png", by=SYSTEM)


async def test_what_is_used_is_not_deleted(session, storage):
    item = await make_item(session, storage)
    await make_page(session, title="About snakes", content=f"![A snake]({item.public_path})")

    with pytest.raises(Conflict, match="About snakes"):
        await services.delete_item(session, item, by=SYSTEM)


async def test_what_is_not_used_is_deleted_with_its_file_a_day_later(session, storage):
    item = await make_item(session, storage)

    await services.delete_item(session, item, by=SYSTEM)
    await session.commit()

    message = await session.scalar(select(OutboxMessage).where(OutboxMessage.task == "delete_stored_files"))
    assert message.arguments["file"] == item.file
    assert (message.not_before - message.created_at).total_seconds() > 80_000
    assert await session.scalar(select(MediaItem.id)) is None
