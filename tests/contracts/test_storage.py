"""One contract for every storage: a folder, a bucket of a real S3 server, and the memory that other tests use."""

import asyncio
import hashlib
import subprocess
import sys
from dataclasses import replace
from urllib.parse import quote

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from cms.core import clock
from cms.core import storage as storages
from cms.core.errors import ConfigurationError, Invalid, NotFound, Unavailable
from cms.core.permissions import SYSTEM
from cms.core.settings import Settings
from cms.media import services, tasks
from cms.media.variants import Variant, folder_of, open_variant
from public_site.asgi import build
from tests.factories.media import a_picture, make_item, opened
from tests.fakes import memory_storage

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
BUCKET = "media"
HIDDEN_NAMES = ["a\0.txt", "a\u202egnp.txt", "a\u200b.txt", "a\n.txt", "a\ud800.txt", "a\\b.txt"]
PATHS_OUT = [
    "../a.txt",
    "a/../b.txt",
    "/etc/passwd.txt",
    "a//b.txt",
    "./a.txt",
    ".ssh/a.txt",
    "a/.env.txt",
    "",
    "/",
    "a/",
]
OTHER_NAMES = ["x" * 201 + ".txt", "é" * 101 + ".txt", "a/" * 200 + "b.txt", " a.txt", "a /b.txt", "a.txt#1"]


@pytest.fixture(scope="module")
def s3_settings():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    given = Settings(
        s3_endpoint_url=url,
        s3_bucket=BUCKET,
        s3_access_key_id="key",
        s3_secret_access_key=SecretStr("secret"),
        s3_public_url=f"{url}/{BUCKET}",
    )
    yield given
    server.stop()


@pytest.fixture(params=["folder", "bucket", "memory"])
def storage(request, tmp_path):
    if request.param == "memory":
        return memory_storage()
    if request.param == "folder":
        return storages.from_settings(Settings(home=tmp_path))
    settings = request.getfixturevalue("s3_settings")
    s3 = boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint_url,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    s3.create_bucket(Bucket=BUCKET)
    for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=found["Key"])
    s3.close()
    return storages.from_settings(settings)


async def content_of(opened):
    return b"".join([chunk async for chunk in opened.chunks])


async def names_in(storage, prefix=""):
    return sorted([found.name async for found in storage.list(prefix)])


async def in_pieces(content, size=1000):
    for start in range(0, len(content), size):
        yield content[start : start + size]
        await asyncio.sleep(0)


async def test_what_is_saved_can_be_opened(storage):
    stored = await storage.save("pages/about/Grüße 1 (2).png", PNG)
    opened = await storage.open(stored.name)

    assert stored == storages.StoredFile(
        "pages/about/Grüße 1 (2).png", len(PNG), "image/png", hashlib.sha256(PNG).hexdigest()
    )
    assert await content_of(opened) == PNG
    assert (opened.name, opened.size, opened.content_type) == (stored.name, len(PNG), "image/png")
    assert opened.etag
    assert opened.modified_at.utcoffset().total_seconds() == 0
    assert await storage.exists(stored.name)
    assert await storage.size(stored.name) == len(PNG)


async def test_a_stream_is_saved_like_bytes(storage):
    stored = await storage.save("a.png", in_pieces(PNG))

    assert stored.sha256 == hashlib.sha256(PNG).hexdigest()
    assert await content_of(await storage.open("a.png")) == PNG


async def test_a_stream_that_breaks_leaves_nothing(storage):
    async def broken():
        yield PNG
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await storage.save("half.png", broken())

    assert not await storage.exists("half.png")
    assert await names_in(storage) == []


async def test_a_file_is_never_written_over(storage):
    first = await storage.save("a/b.txt", b"one")
    second = await storage.save("a/b.txt", b"two")

    assert first.name == "a/b.txt"
    assert second.name != first.name
    assert second.name.startswith("a/b-")
    assert second.name.endswith(".txt")
    assert await content_of(await storage.open(first.name)) == b"one"
    assert await content_of(await storage.open(second.name)) == b"two"


async def test_a_large_file_is_written_over_the_old_one_in_pieces_and_read_in_part(storage):
    piece = bytes(range(256)) * 4096
    await storage.write("ftp/python/a.exe", in_pieces(b"old"), content_type="application/octet-stream")

    await storage.write("ftp/python/a.exe", in_pieces(piece * 12, len(piece)), content_type="application/octet-stream")

    assert await storage.size("ftp/python/a.exe") == 12 * len(piece)
    assert b"".join([chunk async for chunk in storage.read("ftp/python/a.exe")]) == piece * 12
    part = storage.read("ftp/python/a.exe", first=len(piece) - 2, last=len(piece) + 1)
    assert b"".join([chunk async for chunk in part]) == piece[-2:] + piece[:2]


async def test_what_is_refused_at_its_very_end_changes_nothing(storage):
    await storage.write("a.exe", in_pieces(b"old"), content_type="application/octet-stream")

    async def refused():
        for _ in range(12):
            yield bytes(1024 * 1024)
        message = "This is not the file that was announced."
        raise Invalid(message)

    with pytest.raises(Invalid, match="announced"):
        await storage.write("a.exe", refused(), content_type="application/octet-stream")

    assert b"".join([chunk async for chunk in storage.read("a.exe")]) == b"old"
    assert await names_in(storage) == ["a.exe"]


async def test_many_at_once_each_get_their_own_name(storage):
    stored = await asyncio.gather(*(storage.save("same.txt", str(number).encode()) for number in range(8)))

    assert len({file.name for file in stored}) == 8
    for number, file in enumerate(stored):
        assert await content_of(await storage.open(file.name)) == str(number).encode()


@pytest.mark.parametrize(
    ("first", "last", "part"), [(0, 3, b"0123"), (4, None, b"456789"), (9, 100, b"9"), (0, None, b"0123456789")]
)
async def test_a_part_of_a_file_can_be_opened(storage, first, last, part):
    await storage.save("digits.txt", b"0123456789")

    opened = await storage.open("digits.txt", first=first, last=last)

    assert await content_of(opened) == part
    assert (opened.first, opened.last, opened.size) == (first, first + len(part) - 1, 10)


@pytest.mark.parametrize(("first", "last"), [(10, None), (-1, None), (5, 4)])
async def test_a_part_that_is_not_there_is_refused(storage, first, last):
    await storage.save("digits.txt", b"0123456789")

    with pytest.raises(Invalid, match="has 10 bytes"):
        await storage.open("digits.txt", first=first, last=last)


async def test_an_empty_file_is_a_file(storage):
    await storage.save("empty.txt", b"")

    assert await content_of(await storage.open("empty.txt")) == b""


async def test_a_deleted_file_is_gone_and_may_be_deleted_again(storage):
    await storage.save("a.txt", b"x")

    await storage.delete("a.txt")
    await storage.delete("a.txt")

    assert not await storage.exists("a.txt")


async def test_a_missing_file_is_said_to_be_missing(storage):
    for ask in (storage.open, storage.size):
        with pytest.raises(NotFound, match=r"There is no file named no/such\.txt\."):
            await ask("no/such.txt")


async def test_files_are_listed_by_folder(storage):
    for name in ("a/1.txt", "a/b/2.txt", "c.txt"):
        await storage.save(name, b"1234")

    assert await names_in(storage) == ["a/1.txt", "a/b/2.txt", "c.txt"]
    assert await names_in(storage, "a") == ["a/1.txt", "a/b/2.txt"]
    assert [found.size async for found in storage.list("c")] == []
    assert {found.size async for found in storage.list()} == {4}


@pytest.mark.parametrize("name", HIDDEN_NAMES + PATHS_OUT + OTHER_NAMES)
async def test_a_name_that_leads_out_or_deceives_is_refused(storage, name):
    with pytest.raises(Invalid):
        await storage.save(name, b"x")
    with pytest.raises(Invalid):
        await storage.open(name)


async def test_a_name_has_one_spelling(storage):
    await storage.save("Cafe\u0301.txt", b"x")

    assert await storage.exists("Caf\u00e9.txt")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b"<script>alert(1)</script>"),
        ("a.jpg", PNG),
        ("a.pdf", b"MZ\x90\x00"),
        ("a.zip", b"%PDF-1.7"),
        ("a.svg", PNG),
        ("a.mp4", b"\0\0\0\x18moov"),
        ("a.txt", b"a\0b"),
        ("a.txt", b"\xff\xfe\xfd" * 10),
        ("a.png", b""),
        ("a.exe", b"MZ"),
        ("a.js", b"alert(1)"),
        ("a.php", b"<?php"),
        ("noending", b"x"),
    ],
)
async def test_the_content_has_to_be_what_the_name_says(storage, name, content):
    with pytest.raises(Invalid) as refusal:
        await storage.save(name, content)

    assert refusal.value.message.endswith(".")
    assert await names_in(storage) == []


async def test_a_file_that_is_too_large_is_refused_before_it_has_arrived(storage):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * storages.MEBIBYTE

    with pytest.raises(Invalid, match="at most 32 MB"):
        await storage.save("large.txt", endless())

    assert sent == 33


async def test_addresses_are_quoted(storage):
    assert storage.url("a b/ü?#.png").endswith("/" + quote("a b/ü?#.png"))


async def test_a_bucket_tells_browsers_the_type(s3_settings):
    s3 = boto3.client(
        "s3",
        endpoint_url=s3_settings.s3_endpoint_url,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    s3.create_bucket(Bucket=BUCKET)
    storage = storages.from_settings(s3_settings)

    stored = await storage.save("typed.png", PNG)

    head = s3.head_object(Bucket=BUCKET, Key=stored.name)
    assert head["ContentType"] == "image/png"
    assert head["CacheControl"] == "public, max-age=86400"
    assert storage.url("typed.png") == f"{s3_settings.s3_public_url}/typed.png"
    s3.close()


async def test_a_bucket_that_is_away_is_explained_without_its_secrets():
    settings = Settings(
        s3_endpoint_url="http://127.0.0.1:1",
        s3_bucket="b",
        s3_access_key_id="AKIDEXAMPLE",
        s3_secret_access_key=SecretStr("hush"),
        s3_public_url="https://media.example.org",
    )

    with pytest.raises(Unavailable) as refusal:
        await storages.from_settings(settings).save("a.txt", b"x")

    assert refusal.value.message == "The storage for uploaded files does not answer or is full. Please try again later."


def test_half_a_bucket_stops_the_start():
    with pytest.raises(ConfigurationError, match="CMS_S3_BUCKET needs"):
        storages.from_settings(Settings(s3_bucket="b"))


def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path):
    (tmp_path / "media").write_text("a file is in the way")

    with pytest.raises(ConfigurationError, match="cannot be made"):
        storages.local_storage(tmp_path / "media")


FULL_DISK = """
import asyncio, pathlib, resource, signal, sys
from cms.core.errors import Unavailable
from cms.core.storage import local_storage

async def main():
    storage = local_storage(pathlib.Path(sys.argv[1]))
    try:
        await storage.save("a/large.txt", b"x" * 1_000_000)
    except Unavailable as error:
        print(error.message)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
asyncio.run(main())
"""


def test_a_full_disk_leaves_no_half_file(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL_DISK, tmp_path], capture_output=True, text=True, check=True)

    assert "is full" in done.stdout
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("pages/a.png", "pages/a.png"),
        ("/pages/a.png/", "pages/a.png"),
        ("../../etc/passwd", "etc/passwd"),
        ("%2e%2e/%2E%2e%2fpages/a.png", "pages/a.png"),
        ("./pages/./a.png", "pages/a.png"),
        ("a%20b.png", "a b.png"),
    ],
)
def test_addresses_of_the_old_site_name_the_same_files(path, name):
    assert storages.legacy_name(path) == name


@pytest.mark.parametrize("path", ["", "/", "..", "%00", "a%5cb", "%2e%2e", "x" * 500])
def test_addresses_that_name_nothing_are_not_found(path):
    with pytest.raises(NotFound):
        storages.legacy_name(path)


async def test_a_listing_tells_size_and_age(storage):
    await storage.save("a/1.txt", b"1234")

    (found,) = [found async for found in storage.list("a")]

    assert (found.name, found.size) == ("a/1.txt", 4)
    assert abs((clock.now() - found.modified_at).total_seconds()) < 60


async def test_the_library_keeps_its_promises_in_every_storage(session, resources, storage):
    item = await make_item(session, storage)
    old_file, old_folder, old_address = item.file, folder_of(item.sha256), item.public_path
    small = await content_of(await open_variant(storage, item, Variant(320, ending="webp")))
    await gather_variants(storage, item)
    await storage.save("originals/ab/stray.txt", b"x")

    await services.replace_file(session, storage, item, content=a_picture((40, 40)), filename="a.png", by=SYSTEM)
    await session.commit()
    square = await content_of(await open_variant(storage, item, Variant(160, is_square=True)))
    with_this_storage = replace(resources, storage=storage)
    await tasks.delete_stored_files(with_this_storage, session, file=old_file, variants=old_folder)
    await tasks.delete_stray_files(with_this_storage, session)

    assert opened(small).size == (320, 160)
    assert opened(square).size == (40, 40)
    assert item.public_path == old_address
    assert await names_in(storage) == sorted(
        ["originals/ab/stray.txt", item.file, f"{folder_of(item.sha256)}/square-160-at-50-50.png"]
    )


async def gather_variants(storage, item):
    """Ask for one copy many times at once, as visitors of a new page do."""
    await asyncio.gather(*(open_variant(storage, item, Variant(640)) for _ in range(4)))
    assert len(await names_in(storage, folder_of(item.sha256))) == 2


async def test_the_library_is_served_by_the_site_wherever_its_files_are(session, resources, s3_settings, storage):
    item = await make_item(session, storage)
    await storage.save("photos/older.png", PNG)
    without_cache = resources.settings.model_copy(update={"page_cache_bytes": 0})
    application = build(replace(resources, storage=storage, settings=without_cache))
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)

    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        whole = await client.get(item.public_path)
        part = await client.get(item.public_path, headers={"Range": "bytes=1-3"})
        small = await client.get(f"/media/variants/320.webp/{item.path}")
        older = await client.get("/media/photos/older.png")

    assert whole.status_code == 200
    assert hashlib.sha256(whole.content).hexdigest() == item.sha256
    assert (part.status_code, part.content) == (206, whole.content[1:4])
    assert (small.status_code, small.headers["Content-Type"]) == (200, "image/webp")
    if storage.url("a.png").startswith("/media/"):
        assert older.content == PNG
    else:
        assert older.headers["Location"] == f"{s3_settings.s3_public_url}/photos/older.png"
