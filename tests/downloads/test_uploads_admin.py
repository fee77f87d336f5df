"""Uploading the files of a release in the back office: in parts by a script of ours, whole without one."""

import hashlib

import pytest
from sqlalchemy import select

from cms.core.permissions import Permission
from cms.downloads.models import ReleaseFile
from cms.downloads.uploads import services
from cms.downloads.uploads.models import ReleaseUpload
from tests.admin.browser import Browser, text_of
from tests.factories.downloads import make_operating_system, make_release
from tests.factories.users import make_user

NAME = "Python-3.15.0b1.tgz"
CONTENT = bytes(range(256)) * 40
SIZE = len(CONTENT)


@pytest.fixture
async def release(session):
    await make_operating_system(session, "Source release", slug="source")
    return await make_release(session, "Python 3.15.0b1", is_published=False)


async def begin(browser, release, *, name=NAME, size=SIZE):
    return await browser.post(f"/admin/releases/uploads/{release.id}", {"name": name, "size": str(size)})


async def send(browser, url, offset, content, **query):
    headers = {"X-CSRF-Token": await browser.token(), "Sec-Fetch-Site": "same-origin"}
    return await browser.client.post(url, params={"offset": offset, **query}, content=content, headers=headers)


async def test_a_file_arrives_in_parts_and_can_be_gone_on_with_after_a_reload(browser, session, release):
    url = (await begin(browser, release)).json()["url"]
    first = await send(browser, url, 0, CONTENT[:4000], sha256=hashlib.sha256(CONTENT[:4000]).hexdigest())
    page = text_of((await browser.get(f"/admin/releases/uploads/{release.id}")).text)

    again = (await begin(browser, release)).json()
    last = await send(browser, again["url"], again["received"], CONTENT[4000:])

    assert first.json() == {"received": 4000, "is_complete": False, "remark": ""}
    assert "4,000 of 10,240 bytes" in page
    assert again == {"url": url, "received": 4000}
    assert last.json() == {"received": len(CONTENT), "is_complete": True, "remark": ""}
    file = (await session.scalars(select(ReleaseFile))).one()
    assert file.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert "Gzipped source tarball" in text_of((await browser.get(f"/admin/releases/uploads/{release.id}")).text)


async def test_what_is_refused_is_told_in_a_sentence(browser, release):
    named = await begin(browser, release, name="notes.html")
    sized = await begin(browser, release, size=services.LARGEST + 1)
    url = (await begin(browser, release)).json()["url"]
    changed = await send(browser, url, 0, CONTENT[:10], sha256="0" * 64)

    assert (named.status_code, sized.status_code, changed.status_code) == (422, 422, 422)
    assert "ends like no release file" in named.json()["error"]
    assert "at most 1024 MB" in sized.json()["error"]
    assert "send it again" in changed.json()["error"]


async def test_an_upload_is_discarded(browser, session, release):
    await begin(browser, release)
    upload = (await session.scalars(select(ReleaseUpload))).one()

    answer = await browser.post(f"/admin/releases/discard-upload/{upload.id}", {})

    assert answer.status_code == 303
    assert (await session.scalars(select(ReleaseUpload))).all() == []


async def test_a_file_is_taken_whole_where_no_script_runs(browser, session, release):
    files = {"upload": (NAME, CONTENT, "application/gzip")}

    answer = await browser.post(f"/admin/releases/uploads/{release.id}", {}, files=files)
    refused = await browser.post(
        f"/admin/releases/uploads/{release.id}", {}, files={"upload": ("a.html", CONTENT, "text/html")}
    )

    assert (answer.status_code, refused.status_code) == (303, 303)
    assert [file.size for file in await session.scalars(select(ReleaseFile))] == [len(CONTENT)]


async def test_who_may_not_change_the_release_uploads_nothing(client, session, release):
    person = await make_user(
        session,
        permissions=(Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT),
        scope_kind="series",
        scope_values=("3.14",),
    )
    browser = await Browser(client).sign_in(session, person)

    asked = await browser.get(f"/admin/releases/uploads/{release.id}")
    answer = await begin(browser, release)

    assert (asked.status_code, answer.status_code) == (403, 403)
    assert (await session.scalars(select(ReleaseUpload))).all() == []
