"""Uploads by scripts: a file at once by PUT, or in parts by the tus protocol, with a key and nothing else."""

import base64
import hashlib

import pytest
from sqlalchemy import false, select

from cms.core.permissions import Permission
from cms.downloads.models import ReleaseFile
from cms.downloads.uploads import services
from cms.downloads.uploads.models import ReleaseUpload
from cms.users import api_keys
from tests.factories.downloads import make_operating_system, make_release
from tests.factories.users import make_user

NAME = "Python-3.15.0b1.tgz"
AT = "/api/v2/releases/python-3150b1/uploads"
SERVED = f"/ftp/python/3.15.0/{NAME}"
CONTENT = bytes(range(256)) * 40
SUM = hashlib.sha256(CONTENT)
TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}


@pytest.fixture
async def release(session):
    await make_operating_system(session, "Source release", slug="source")
    return await make_release(session, "Python 3.15.0b1", slug="python-3150b1", is_published=False)


@pytest.fixture
async def script(client, session, release):
    """The client of a release manager's script."""
    person = await make_user(session, permissions=(Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT))
    _, secret = await api_keys.create(session, person, name="script", by=await make_user(session, is_superuser=True))
    await session.commit()
    client.headers["Authorization"] = f"Token {secret}"
    return client


def said(**values):
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items())


async def begin(script, **values):
    headers = {**TUS, "Upload-Length": str(len(CONTENT)), "Upload-Metadata": said(**{"filename": NAME, **values})}
    return await script.post(AT, headers=headers)


async def test_a_file_is_put_at_once_and_then_sent_to_everybody_as_it_came(script, session):
    answer = await script.put(f"{AT}/{NAME}", params={"sha256": SUM.hexdigest()}, content=CONTENT)

    assert answer.status_code == 201, answer.text
    file = (await session.scalars(select(ReleaseFile))).one()
    assert answer.json()["data"]["file"] == {
        "id": file.id,
        "name": "Gzipped source tarball",
        "url": f"https://www.python.org{SERVED}",
        "size": len(CONTENT),
        "sha256": SUM.hexdigest(),
    }
    whole = await script.get(SERVED)
    part = await script.get(SERVED, headers={"Range": "bytes=10-19"})
    assert whole.content == CONTENT
    assert whole.headers["content-type"] == "application/gzip"
    assert whole.headers["content-disposition"].startswith("attachment")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert (part.status_code, part.content) == (206, CONTENT[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(CONTENT)}"


async def test_a_file_arrives_in_parts_and_is_gone_on_with(script, session):
    address = (await begin(script, sha256=SUM.hexdigest())).headers["location"]

    first = await script.patch(address, headers={**PART, "Upload-Offset": "0"}, content=CONTENT[:4000])
    again = await begin(script)
    asked = await script.head(address, headers=TUS)
    missing = await script.get(SERVED)
    checksum = "sha256 " + base64.b64encode(hashlib.sha256(CONTENT[4000:]).digest()).decode()
    last = await script.patch(
        address, headers={**PART, "Upload-Offset": "4000", "Upload-Checksum": checksum}, content=CONTENT[4000:]
    )

    assert (first.status_code, first.headers["upload-offset"]) == (204, "4000")
    assert (again.status_code, again.headers["location"], again.headers["upload-offset"]) == (201, address, "4000")
    assert again.content == b""
    assert (asked.headers["upload-offset"], asked.headers["upload-length"]) == ("4000", str(len(CONTENT)))
    assert missing.status_code == 404
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(CONTENT)))
    assert (await script.get(SERVED)).content == CONTENT
    assert (await script.get(address)).json()["data"]["status"] == "complete"


async def test_a_part_at_the_wrong_place_or_changed_on_its_way_is_not_kept(script):
    address = (await begin(script)).headers["location"]
    wrong = "sha256 " + base64.b64encode(b"0" * 32).decode()

    elsewhere = await script.patch(address, headers={**PART, "Upload-Offset": "5"}, content=b"x")
    changed = await script.patch(
        address, headers={**PART, "Upload-Offset": "0", "Upload-Checksum": wrong}, content=b"x"
    )

    assert (elsewhere.status_code, changed.status_code) == (409, 460)
    assert "go on from there" in elsewhere.json()["detail"]
    assert (await script.head(address, headers=TUS)).headers["upload-offset"] == "0"


async def test_a_wrong_checksum_is_told_and_leaves_nothing(script, session):
    digest = base64.b64encode(b"0" * 32).decode()

    answer = await script.put(f"{AT}/{NAME}", headers={"Repr-Digest": f"sha-256=:{digest}:"}, content=CONTENT)

    assert answer.status_code == 422
    assert "Nothing was kept" in answer.json()["detail"]
    assert (await session.scalars(select(ReleaseUpload))).all() == []
    assert (await script.get(SERVED)).status_code == 404


async def test_a_put_that_broke_off_is_begun_anew(script, session):
    await begin(script)

    answer = await script.put(f"{AT}/{NAME}", content=CONTENT[:100])

    assert answer.status_code == 201
    assert answer.json()["data"]["file"]["size"] == 100


async def test_an_upload_is_given_up(script):
    address = (await begin(script)).headers["location"]

    answer = await script.delete(address, headers=TUS)

    assert answer.status_code == 204
    assert (await script.head(address, headers=TUS)).status_code == 404


async def test_the_protocol_is_told_and_asked_for(script):
    told = await script.options("/api/v2/uploads")
    without = await script.post(AT, headers={"Upload-Length": "1", "Upload-Metadata": said(filename=NAME)})
    address = (await begin(script)).headers["location"]
    unmarked = await script.patch(address, headers={**TUS, "Upload-Offset": "0"}, content=b"x")
    numberless = await script.post(AT, headers={**TUS, "Upload-Metadata": "filename ***"})

    assert told.headers["tus-max-size"] == str(services.LARGEST)
    assert (without.status_code, unmarked.status_code, numberless.status_code) == (412, 415, 400)


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("sha265=" + "0" * 64, {}),
        ("sha256=", {}),
        ("sha256=a&sha256=b", {}),
        ("replace=maybe", {}),
        ("", {"Repr-Digest": "sha-256=" + "0" * 64}),
    ],
)
async def test_a_typing_error_never_leaves_a_file_unchecked(script, session, query, headers):
    answer = await script.put(f"{AT}/{NAME}?{query}", headers=headers, content=CONTENT)

    assert answer.status_code == 400
    assert (await session.scalars(select(ReleaseUpload))).all() == []


async def test_a_part_whose_checksum_is_missing_after_its_name_is_refused(script):
    address = (await begin(script)).headers["location"]

    answer = await script.patch(
        address, headers={**PART, "Upload-Offset": "0", "Upload-Checksum": "sha256"}, content=b"x"
    )

    assert answer.status_code == 400


async def test_a_release_whose_name_is_no_text_is_not_found(script):
    answer = await script.put(f"/api/v2/releases/%00/uploads/{NAME}", content=CONTENT)

    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no such release, or not for you."


async def test_only_who_began_an_upload_goes_on_with_it(script, client, session):
    address = (await begin(script)).headers["location"]
    colleague = await make_user(session, permissions=(Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT))
    _, secret = await api_keys.create(session, colleague, name="script", by=await make_user(session, is_superuser=True))
    await session.commit()
    theirs = {"Authorization": f"Token {secret}"}

    sent = await client.patch(address, headers={**PART, **theirs, "Upload-Offset": "0"}, content=CONTENT)
    given_up = await client.delete(address, headers={**TUS, **theirs})

    assert sent.status_code == 409
    assert "Somebody is uploading a file of this name" in sent.json()["detail"]
    assert given_up.status_code == 204


async def test_two_who_begin_at_the_same_moment_are_told_the_same_as_later(script, session, monkeypatch):
    await begin(script)
    monkeypatch.setattr(services, "open_uploads", lambda _release: select(ReleaseUpload).where(false()))

    answer = await script.put(f"{AT}/{NAME}", content=CONTENT)

    assert answer.status_code == 409
    assert "Somebody is uploading a file of this name" in answer.json()["detail"]


async def test_only_a_key_of_somebody_who_may_write_the_release_uploads(client, session, release):
    reader = await make_user(session, permissions=(Permission.DOWNLOADS_VIEW,))
    _, secret = await api_keys.create(session, reader, name="script", by=await make_user(session, is_superuser=True))
    await session.commit()

    nobody = await client.put(f"{AT}/{NAME}", content=CONTENT)
    somebody = await client.put(f"{AT}/{NAME}", content=CONTENT, headers={"Authorization": f"Token {secret}"})

    assert (nobody.status_code, somebody.status_code) == (401, 403)
    assert nobody.headers["www-authenticate"] == "Token"
    assert (await session.scalars(select(ReleaseUpload))).all() == []


async def test_an_upload_may_be_larger_than_anything_else_that_is_sent(script):
    taken = await script.put(f"{AT}/{NAME}", content=b"x" * (33 * 1024 * 1024))
    refused = await script.put(f"{AT}/python-3.15.0b1.pkg", headers={"Content-Length": str(2**31)}, content=b"")

    assert taken.status_code == 201
    assert refused.status_code == 413


@pytest.mark.parametrize("path", ["3.15.0/%2e%2e", "3.15.0/x.html", "..%2f3.15.0/a.tgz", "x/a.tgz", "3.15.0/a.tgz%00"])
async def test_no_other_file_of_the_storage_is_sent(client, path):
    assert (await client.get(f"/ftp/python/{path}")).status_code == 404
