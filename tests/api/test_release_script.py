"""The script of the release managers, which is not ours to change, publishes the files of a release through API v1."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import delete, func, select, text

from cms.core.changes import AS_HANDLED
from cms.core.session import make_sessionmaker
from cms.downloads.models import OperatingSystem, Release, ReleaseFile
from cms.downloads.turns import GOES_ON, LASTS, FileRun
from cms.users.models import Role, User
from tests.api.scripts import RELEASE_MANAGER, make_caller
from tests.conftest import SITE
from tests.factories.downloads import make_file, make_operating_system, make_release

BASE = f"{SITE}/api/v1/"
FOLDER = "https://www.python.org/ftp/python/3.14.0/"
SYSTEMS = {"windows": 1, "macos": 2, "source": 3, "android": 4, "ios": 5}

FILES = {
    "Python-3.14.0b3.tar.xz": ("XZ compressed source tarball", "source", True),
    "Python-3.14.0b3.tgz": ("Gzipped source tarball", "source", False),
    "python-3.14.0b3-aarch64-linux-android.tar.gz": ("Android embeddable package (aarch64)", "android", False),
    "python-3.14.0b3-amd64.exe": ("Windows installer (64-bit)", "windows", True),
    "python-3.14.0b3-arm64.exe": ("Windows installer (ARM64)", "windows", False),
    "python-3.14.0b3-embed-amd64.zip": ("Windows embeddable package (64-bit)", "windows", False),
    "python-3.14.0b3-embed-arm64.zip": ("Windows embeddable package (ARM64)", "windows", False),
    "python-3.14.0b3-embed-win32.zip": ("Windows embeddable package (32-bit)", "windows", False),
    "python-3.14.0b3-ios-xcframework.tar.gz": ("iOS XCframework", "ios", False),
    "python-3.14.0b3-macos11.pkg": ("macOS installer", "macos", True),
    "python-3.14.0b3-x86_64-linux-android.tar.gz": ("Android embeddable package (x86_64)", "android", False),
    "python-3.14.0b3.exe": ("Windows installer (32-bit)", "windows", False),
    "windows-3.14.0b3.json": ("Windows release manifest", "windows", False),
}


class ScriptFailed(Exception):
    """The script ended with an error; its words are what the release manager reads."""


class Script:
    """What the release managers' script says to the server, in its order and with its headers."""

    def __init__(self, client, caller, *, prefix=""):
        self._client = client
        self._prefix = prefix
        self._headers = caller.version_1 | {"Content-Type": "application/json", "Accept": "*/*"}

    async def run(self, version="3.14.0b3", files=FILES):
        release_id = await self.find("release", {"name": f"Python {version}"})
        systems = {slug: await self.find("os", {"slug": slug}) for slug in sorted({file[1] for file in files.values()})}
        await self.delete_all(release_id)
        made = []
        try:
            for name, (title, slug, is_button) in sorted(files.items()):
                made.append(await self.post(self.body(name, title, systems[slug], release_id, is_button)))
        except ScriptFailed:
            for file_id in reversed(made):
                await self.delete(file_id)
            raise
        return made

    async def find(self, kind, query):
        answer = await self._request("GET", f"downloads/{kind}/", params=query)
        assert answer.status_code == 200, answer.text
        found = answer.json()["objects"]
        if not found:
            raise ScriptFailed(f"no object for {kind} {query}")
        return int(found[0]["resource_uri"].split("/")[-2])

    async def delete_all(self, release_id):
        answer = await self._request("DELETE", f"downloads/release_file/?release={release_id}")
        if answer.status_code != 204:
            raise ScriptFailed(f"deleting previous releases failed: {answer.status_code} {answer.text}")

    async def post(self, body):
        answer = await self._request("POST", "downloads/release_file/", content=json.dumps(body))
        if answer.status_code != 201:
            told = json.loads(answer.text or "{}")
            raise ScriptFailed(f"{answer.status_code} {told.get('error_message', told)}")
        return int(answer.headers["Location"].strip("/").split("/")[-1])

    async def delete(self, file_id):
        answer = await self._request("DELETE", f"downloads/release_file/{file_id}/")
        assert answer.status_code == 204, "Failed to clean up partially created release files"

    def body(self, name, title, system_id, release_id, is_button):
        url = f"{FOLDER}{self._prefix}{name}"
        return {
            "name": title,
            "slug": f"3140-b3-{self._prefix}{title.replace(' ', '-').replace('(', '').replace(')', '')}",
            "os": f"/api/v1/downloads/os/{system_id}/",
            "release": f"/api/v1/downloads/release/{release_id}/",
            "description": "Recommended" if is_button else "",
            "is_source": system_id == 3,
            "url": url,
            "sha256_sum": "ab" * 32,
            "filesize": 29900480,
            "download_button": is_button,
            "sigstore_bundle_file": f"{url}.sigstore",
        }

    async def _request(self, method, path, **options):
        return await self._client.request(
            method, f"{BASE}{path}", headers=self._headers, follow_redirects=True, **options
        )


@pytest.fixture
async def release(session):
    """A draft without files, and the operating systems with the ids that the script takes for granted."""
    for slug, system_id in SYSTEMS.items():
        await make_operating_system(session, slug, id=system_id)
    return await make_release(session, "Python 3.14.0b3", is_published=False)


@pytest.fixture
async def manager(session):
    return await make_caller(session, username="manager", is_staff=True)


async def files_of(session, release):
    rows = select(ReleaseFile).where(ReleaseFile.release_id == release.id).order_by(ReleaseFile.id)
    return (await session.scalars(rows.execution_options(populate_existing=True))).all()


async def test_thirteen_files_of_a_draft_are_sent_and_sent_again(client, session, release, manager):
    script = Script(client, manager)

    first = await script.run()
    again = await script.run()

    assert len(first) == len(again) == 13
    files = await files_of(session, release)
    assert [file.id for file in files] == again
    assert {file.slug for file in files if file.has_download_button} == {
        "3140-b3-XZ-compressed-source-tarball",
        "3140-b3-Windows-installer-64-bit",
        "3140-b3-macOS-installer",
    }
    assert {file.operating_system_id for file in files if file.is_source} == {3}
    assert files[0].created_by_id == manager.user.id


async def test_what_was_sent_is_taken_back_when_a_file_is_refused(client, session, release, manager):
    broken = FILES | {"python-3.14.0b3.exe": ("Windows installer (32-bit)", "windows", True)}

    with pytest.raises(ScriptFailed) as failure:
        await Script(client, manager).run(files=broken)

    told = (
        "400 {'downloads/release_file': {'download_button': ['Only one Release File per OS can have \"Download button\""
    )
    assert str(failure.value).startswith(told)
    assert await files_of(session, release) == []
    assert await session.scalar(select(func.count(FileRun.id))) == 0


async def test_a_run_that_was_cut_off_is_made_good_by_the_next(client, session, release, manager):
    script = Script(client, manager)
    await script.delete_all(release.id)
    await script.post(script.body("Python-3.14.0b3.tgz", "Gzipped source tarball", 3, release.id, is_button=False))

    made = await script.run()

    assert [file.id for file in await files_of(session, release)] == made


async def test_of_two_runs_by_one_person_the_one_that_lost_its_files_fails_and_the_other_is_whole(
    client, session, release, manager
):
    first, second = Script(client, manager), Script(client, manager)
    await first.delete_all(release.id)
    for name in "ab":
        await first.post(first.body(f"{name}.tgz", name, 3, release.id, is_button=False))
    await second.delete_all(release.id)

    with pytest.raises(ScriptFailed) as failure:
        await first.post(first.body("c.tgz", "c", 3, release.id, is_button=False))
    made = [await second.post(second.body(f"{name}.tgz", name, 3, release.id, is_button=False)) for name in "abc"]

    assert str(failure.value).startswith("409 Another run of yours has deleted the files of this release")
    assert [file.id for file in await files_of(session, release)] == made


async def test_who_comes_back_with_other_files_after_a_run_that_was_cut_off_is_not_taken_for_it(
    client, session, release, manager, clock
):
    script = Script(client, manager)
    await script.delete_all(release.id)
    await script.post(script.body("a.tgz", "a", 3, release.id, is_button=False))
    clock.move(seconds=GOES_ON.total_seconds() + 1)

    await script.delete_all(release.id)
    made = await script.post(script.body("b.tgz", "b", 3, release.id, is_button=False))

    assert [file.id for file in await files_of(session, release)] == [made]


async def test_whoever_else_comes_meanwhile_is_told_who_is_at_it(client, session, release, manager, clock):
    colleague = await make_caller(session, username="colleague")
    script, other = Script(client, manager), Script(client, colleague, prefix="other-")
    await script.delete_all(release.id)
    file_id = await script.post(script.body("a.tgz", "A", 3, release.id, is_button=False))

    with pytest.raises(ScriptFailed) as refusal:
        await other.run()
    with pytest.raises(ScriptFailed) as posted:
        await other.post(other.body("b.tgz", "B", 3, release.id, is_button=False))
    removed = await client.delete(f"{BASE}downloads/release_file/{file_id}/", headers=colleague.version_1)
    clock.move(seconds=LASTS.total_seconds() + 1)
    made = await other.run()

    sentence = "manager has been writing the files of this release since 12:00 UTC. Try again after 12:05 UTC"
    assert sentence in str(refusal.value)
    assert str(posted.value).startswith(f"409 {sentence}")
    assert removed.status_code == 409
    assert [file.id for file in await files_of(session, release)] == made


async def test_a_release_that_nobody_works_at_is_open_to_all_who_may_write_it(client, session, release, manager):
    system = await session.get_one(OperatingSystem, 1)
    file = await make_file(session, release, system)

    answer = await client.delete(f"{BASE}downloads/release_file/{file.id}/", headers=manager.version_1)

    assert answer.status_code == 204
    assert await files_of(session, release) == []


async def test_a_release_that_is_not_there_is_found_by_nobody(client, release, manager):
    with pytest.raises(ScriptFailed, match="no object for release"):
        await Script(client, manager).run(version="3.99.0")


@pytest.fixture
async def site_of_many(resources, engine):
    """The application over connections of its own, whose commits are real; what they leave is removed."""
    from public_site.asgi import build

    sessionmaker = make_sessionmaker(engine)
    own = replace(resources, sessionmaker=sessionmaker)

    @asynccontextmanager
    async def client():
        transport = httpx.ASGITransport(build(own), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
            yield client

    yield client, sessionmaker
    async with sessionmaker() as session:
        for model in (ReleaseFile, Release, OperatingSystem, User, Role):
            await session.execute(delete(model), execution_options=AS_HANDLED)
        await session.execute(text("TRUNCATE outbox_messages, audit_entries, revisions CASCADE"))
        await session.commit()


async def test_two_managers_at_once_leave_the_files_of_one(site_of_many):
    client, sessionmaker = site_of_many
    async with sessionmaker() as session:
        for slug, system_id in SYSTEMS.items():
            await make_operating_system(session, slug, id=system_id)
        release = await make_release(session, "Python 3.14.0b3", is_published=False)
        callers = [await make_caller(session, username=name, permissions=RELEASE_MANAGER) for name in ("ada", "bob")]

    async with client() as client_of_ada, client() as client_of_bob:
        runs = await asyncio.gather(
            Script(client_of_ada, callers[0], prefix="ada-").run(),
            Script(client_of_bob, callers[1], prefix="bob-").run(),
            return_exceptions=True,
        )

    refused = [run for run in runs if isinstance(run, ScriptFailed)]
    assert len(refused) == 1
    assert "deleting previous releases failed: 409" in str(refused[0])
    async with sessionmaker() as session:
        files = await files_of(session, release)
    assert [file.id for file in files] in runs
    assert len(files) == 13
