"""Uploads of release files: gone on with, checked, refused, put in place whole, and written down in their release."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cms.core.audit import AuditEntry
from cms.core.errors import Conflict, Invalid, NotFound, PermissionDenied, Unavailable
from cms.core.outbox import OutboxMessage
from cms.core.permissions import Permission
from cms.downloads.models import ReleaseFile
from cms.downloads.uploads import names, services, tasks
from cms.downloads.uploads.models import ReleaseUpload, UploadStatus
from cms.downloads.uploads.services import WrongChecksum
from cms.downloads.verification.verdicts import kinds_of
from tests.factories.downloads import make_file, make_operating_system, make_release, make_verdict
from tests.factories.users import make_user

WRITES = (Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT)
NAME = "Python-3.15.0b1.tgz"
PLACE = f"ftp/python/3.15.0/{NAME}"
URL = f"https://www.python.org/{PLACE}"
CONTENT = bytes(range(256)) * 40
SUM = hashlib.sha256(CONTENT).hexdigest()
REFUSED_NAMES = [
    "",
    "../Python-3.15.0.tgz",
    "a/Python-3.15.0.tgz",
    "a\\Python-3.15.0.tgz",
    ".Python-3.15.0.tgz",
    "Python..3.15.0.tgz",
    "Python-3.15.0.tgz\0.exe",
    "Python-3.15.0\u202egzt.exe",
    "Python-3.15.0.tgz ",
    "Python 3.15.0.tgz",
    "Pythön-3.15.0.tgz",
    "P" * 300 + ".tgz",
    "Python-3.15.0.html",
    "Python-3.15.0.tgz.asc.asc",
    ".asc",
]


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(services, "PIECE", 4096)


@pytest.fixture
async def release(session):
    await make_operating_system(session, "Source release", slug="source")
    await make_operating_system(session, "Windows")
    return await make_release(session, "Python 3.15.0b1", is_published=False)


@pytest.fixture
async def person(session):
    return await make_user(session, permissions=WRITES)


async def stream(content, *, breaks=False):
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]
    if breaks:
        raise ConnectionError


@pytest.fixture
def upload(session, resources, release, person):
    """Upload a whole file at once."""

    async def uploaded(name=NAME, content=CONTENT, *, by=person, into=release, **options):
        begun = await services.begin(session, into, name=name, size=len(content), by=by, **options)
        await session.commit()
        await services.receive(
            resources.sessionmaker, resources.storage, begun.id, offset=0, content=stream(content), by=by
        )
        return await services.complete(resources.sessionmaker, resources.storage, begun.id, by=by)

    return uploaded


async def stored(storage, name):
    return b"".join([chunk async for chunk in storage.read(name)])


async def everything_in(storage):
    return sorted([found.name async for found in storage.list("")])


async def test_a_file_is_put_in_its_place_and_written_down_by_its_name(session, resources, upload):
    written = await upload(sha256=SUM.upper())

    file = (await session.scalars(select(ReleaseFile))).one()
    assert written.id == file.id
    assert (file.name, file.url, file.size, file.sha256) == ("Gzipped source tarball", URL, len(CONTENT), SUM)
    assert (file.slug, file.is_source) == ("3150-b1-Gzipped-source-tarball", True)
    assert await stored(resources.storage, PLACE) == CONTENT
    assert await everything_in(resources.storage) == [PLACE]
    row = (await session.scalars(select(ReleaseUpload).execution_options(populate_existing=True))).one()
    assert (row.status, row.sha256, row.pieces) == (UploadStatus.COMPLETE, SUM, [])


async def test_what_vouches_for_a_file_is_named_in_its_row_whichever_comes_first(session, upload):
    await upload(NAME + ".asc", b"-----BEGIN PGP SIGNATURE-----")
    await upload()
    await upload(NAME + ".sigstore", b"{}")

    file = (await session.scalars(select(ReleaseFile))).one()
    assert (file.gpg_signature_url, file.sigstore_bundle_url) == (URL + ".asc", URL + ".sigstore")
    assert file.sbom_spdx_url == ""


async def test_another_content_loses_what_vouched_for_the_one_before_and_says_so(session, upload):
    await upload()
    await upload(NAME + ".asc", b"-----BEGIN PGP SIGNATURE-----")
    await upload(NAME + ".sigstore", b"{}")

    await upload(content=b"other")

    assert await named(session) == ("", "")
    assert "is no longer attached: .asc, .sigstore." in await remark_on_last(session)
    await upload(content=b"yet another")
    assert await named(session) == ("", "")
    await upload(NAME + ".asc", b"-----BEGIN PGP SIGNATURE-----")
    assert await named(session) == (URL + ".asc", "")


async def test_a_signature_that_came_ahead_of_another_content_stays_named(session, upload):
    await upload()
    await upload(NAME + ".asc", b"-----BEGIN PGP SIGNATURE----- old")
    await upload(NAME + ".asc", b"-----BEGIN PGP SIGNATURE----- new")

    await upload(content=b"other")

    assert await named(session) == (URL + ".asc", "")
    assert await remark_on_last(session) == ""


async def test_the_same_content_once_more_loses_nothing(session, upload):
    await upload(NAME + ".asc", b"-----BEGIN PGP SIGNATURE-----")
    await upload()

    await upload()

    assert await named(session) == (URL + ".asc", "")


async def test_another_signature_at_the_same_address_is_looked_at(session, upload):
    await upload()
    await upload(NAME + ".asc", b"-----BEGIN PGP SIGNATURE----- old")
    asked = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.task == "verify_release_file")
    before = await session.scalar(asked)
    file = (await session.scalars(select(ReleaseFile))).one()
    for kind in kinds_of(file):
        await make_verdict(session, file, kind=kind)

    await upload(NAME + ".asc", b"-----BEGIN PGP SIGNATURE----- new")

    assert await session.scalar(asked) > before


async def named(session):
    """Return where the only file says that its signatures are."""
    fresh = select(ReleaseFile).execution_options(populate_existing=True)
    file = (await session.scalars(fresh)).one()
    return file.gpg_signature_url, file.sigstore_bundle_url


async def remark_on_last(session):
    return await session.scalar(select(ReleaseUpload.remark).order_by(ReleaseUpload.id.desc()).limit(1))


async def test_the_second_installer_takes_no_button_from_the_first(session, upload):
    await upload("python-3.15.0b1-amd64.exe")
    await upload("python-3.15.0b1.msix")

    files = (await session.scalars(select(ReleaseFile).order_by(ReleaseFile.id))).all()
    assert [file.has_download_button for file in files] == [True, False]


@pytest.mark.parametrize("name", REFUSED_NAMES)
async def test_a_name_that_is_no_release_files_is_refused(session, release, person, name):
    with pytest.raises(Invalid) as refusal:
        await services.begin(session, release, name=name, size=1, by=person)

    assert "name" in refusal.value.errors


@pytest.mark.parametrize("size", [0, -1, services.LARGEST + 1])
async def test_an_empty_file_and_one_that_is_too_large_are_refused(session, release, person, size):
    with pytest.raises(Invalid):
        await services.begin(session, release, name=NAME, size=size, by=person)


async def test_a_connection_that_breaks_leaves_what_arrived_to_go_on_from(session, resources, release, person):
    begun = await services.begin(session, release, name=NAME, size=len(CONTENT), by=person)
    await session.commit()
    outside = resources.sessionmaker, resources.storage, begun.id
    with pytest.raises(ConnectionError):
        await services.receive(*outside, offset=0, content=stream(CONTENT[:6000], breaks=True), by=person)

    again = await services.begin(session, release, name=NAME, size=len(CONTENT), by=person)
    await session.refresh(again)

    assert (again.id, again.received) == (begun.id, 4096)
    assert not await resources.storage.exists(PLACE)
    with pytest.raises(Conflict, match="has 4096 of"):
        await services.complete(*outside, by=person)
    await services.receive(*outside, offset=4096, content=stream(CONTENT[4096:]), by=person)
    await services.complete(*outside, by=person)
    assert await stored(resources.storage, PLACE) == CONTENT


async def test_of_two_who_send_the_same_piece_one_is_told_to_look(session, resources, release, person):
    begun = await services.begin(session, release, name=NAME, size=len(CONTENT), by=person)
    await session.commit()
    outside = resources.sessionmaker, resources.storage, begun.id

    async def slow():
        await services.receive(*outside, offset=0, content=stream(CONTENT[:4096]), by=person)
        yield b"x" * 4096

    with pytest.raises(Conflict, match="gone on meanwhile"):
        await services.receive(*outside, offset=0, content=slow(), by=person)

    assert len(await everything_in(resources.storage)) == 1
    await services.receive(*outside, offset=4096, content=stream(CONTENT[4096:]), by=person)
    await services.complete(*outside, by=person)
    assert await stored(resources.storage, PLACE) == CONTENT


async def test_two_people_do_not_upload_the_same_file_at_once(session, release, person):
    other = await make_user(session, permissions=WRITES)
    await services.begin(session, release, name=NAME, size=1, by=person)

    with pytest.raises(Conflict, match="Somebody is uploading"):
        await services.begin(session, release, name=NAME, size=1, by=other)


async def test_a_wrong_checksum_leaves_nothing(session, resources, upload, person):
    with pytest.raises(WrongChecksum, match="upload it again"):
        await upload(sha256="0" * 64)

    assert (await session.scalars(select(ReleaseUpload))).all() == []
    assert (await session.scalars(select(ReleaseFile))).all() == []
    assert not await resources.storage.exists(PLACE)
    assert "discard" in (await session.scalars(select(AuditEntry.action))).all()


async def test_more_than_was_announced_is_refused(session, resources, release, person):
    begun = await services.begin(session, release, name=NAME, size=10, by=person)
    await session.commit()

    with pytest.raises(Invalid, match="10 bytes"):
        await services.receive(
            resources.sessionmaker, resources.storage, begun.id, offset=0, content=stream(CONTENT), by=person
        )


async def test_a_full_disk_is_told_and_the_file_can_be_completed_afterwards(
    session, resources, release, person, monkeypatch
):
    begun = await services.begin(session, release, name=NAME, size=len(CONTENT), by=person)
    await session.commit()
    outside = resources.sessionmaker, resources.storage, begun.id
    await services.receive(*outside, offset=0, content=stream(CONTENT), by=person)

    async def full(*_arguments, **_options):
        message = "The storage is full."
        raise Unavailable(message)

    with monkeypatch.context() as patch:
        patch.setattr(type(resources.storage), "write", full)
        with pytest.raises(Unavailable):
            await services.complete(*outside, by=person)
    assert (await session.scalars(select(ReleaseFile))).all() == []

    assert (await services.complete(*outside, by=person)).sha256 == SUM


async def test_what_readers_of_a_live_release_get_is_changed_only_where_that_is_said(session, resources, upload):
    release = await make_release(session, "Python 3.15.0a1")
    publisher = await make_user(session, permissions=(*WRITES, Permission.DOWNLOADS_PUBLISH))
    name = "Python-3.15.0a1.tgz"
    await upload(name, into=release, by=publisher)

    with pytest.raises(Conflict, match="is live"):
        await upload(name, b"other", into=release, by=publisher)
    held = await stored(resources.storage, f"ftp/python/3.15.0/{name}")
    await session.execute(select(ReleaseUpload))
    begun = (await session.scalars(services.open_uploads(release))).one()
    await services.discard(session, begun, by=publisher)
    await session.commit()
    await upload(name, b"other", into=release, by=publisher, may_replace=True)

    assert held == CONTENT
    file = (await session.scalars(select(ReleaseFile).execution_options(populate_existing=True))).one()
    assert (file.size, file.sha256) == (5, hashlib.sha256(b"other").hexdigest())


async def test_a_release_takes_no_file_of_another(session, release, person):
    other = await make_release(session, "Python 3.15.0a1", is_published=False)
    await make_file(session, other, await make_operating_system(session, "macOS"), url=URL)

    with pytest.raises(Conflict, match="belongs to another release"):
        await services.begin(session, release, name=NAME, size=1, by=person)


async def test_uploading_asks_for_the_permission_to_write_the_release(session, release):
    live = await make_release(session, "Python 3.15.0a1")
    writer = await make_user(session, permissions=WRITES)
    reader = await make_user(session, permissions=(Permission.DOWNLOADS_VIEW,))
    of_a_series = await make_user(session, permissions=WRITES, scope_kind="series", scope_values=("3.14",))

    for who, which in ((reader, release), (of_a_series, release), (writer, live)):
        with pytest.raises(PermissionDenied):
            await services.begin(session, which, name=NAME, size=1, by=who)


async def test_a_release_whose_name_tells_no_place_takes_no_files(session, person):
    nameless = await make_release(session, "Some release", is_published=False, version=3)
    manager = await make_release(session, "Python install manager 26.0", is_published=False, version=100)

    with pytest.raises(Invalid, match="cannot be told from its name"):
        await services.begin(session, nameless, name=NAME, size=1, by=person)
    assert names.folder_of(manager) == "pymanager"


async def test_an_upload_that_nobody_goes_on_with_is_forgotten(session, resources, release, person, clock):
    begun = await services.begin(session, release, name=NAME, size=len(CONTENT), by=person)
    await session.commit()
    outside = resources.sessionmaker, resources.storage, begun.id
    await services.receive(*outside, offset=0, content=stream(CONTENT[:5000]), by=person)

    await tasks.forget_abandoned_uploads(resources, session)
    assert len(await everything_in(resources.storage)) == 2
    clock.move(hours=services.KEPT / timedelta(hours=1) + 1)
    await tasks.forget_abandoned_uploads(resources, session)

    assert await everything_in(resources.storage) == []
    with pytest.raises(NotFound):
        await services.find(session, begun.id, by=person)
