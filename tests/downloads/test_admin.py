"""Releases in the back office."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from cms.core.outbox import OutboxMessage
from cms.core.permissions import Permission
from cms.downloads.models import Release, ReleaseFile
from cms.downloads.verification.models import Kind, Outcome
from tests.admin.browser import Browser, text_of, values_of
from tests.factories.downloads import make_file, make_operating_system, make_release, make_verdict
from tests.factories.users import make_user
from tests.site_visits import statements

SHA = "ab" * 32
FOLDER = "https://www.python.org/ftp/python/3.14.2/"
FILE_LIST = f"""{SHA}  Python-3.14.2.tar.xz
{SHA}  python-3.14.2-amd64.exe
-rw-r--r-- 1 user group 29900480 Nov 21 06:38 python-3.14.2-amd64.exe
python-3.14.2-amd64.exe.sigstore
"""


@pytest.fixture
async def systems(session):
    return {slug: await make_operating_system(session, slug) for slug in ("windows", "macos", "source")}


async def release_called(session, name):
    statement = select(Release).where(Release.name == name).options(selectinload(Release.files))
    return (await session.scalars(statement.execution_options(populate_existing=True))).one()


async def test_a_release_manager_does_the_whole_job_on_one_screen(browser, session, systems):
    read = await browser.save(
        "/admin/releases/create", press="rewrite:files", name="Python 3.14.2", file_list=FILE_LIST
    )
    saved = await browser.post("/admin/releases/create", {**values_of(read.text), "press": "decide:publish"})

    assert (read.status_code, saved.status_code) == (200, 303)
    assert "2 files were read from the list." in text_of(read.text)
    release = await release_called(session, "Python 3.14.2")
    assert (release.slug, release.is_published) == ("python-3142", True)
    files = {file.name: file for file in release.files}
    installer = files["Windows installer (64-bit)"]
    assert (installer.url, installer.sha256, installer.size) == (f"{FOLDER}python-3.14.2-amd64.exe", SHA, 29900480)
    assert (installer.sigstore_bundle_url, installer.has_download_button) == (f"{installer.url}.sigstore", True)
    assert files["XZ compressed source tarball"].is_source is True


async def test_reading_a_list_saves_nothing(browser, session, systems):
    await browser.save("/admin/releases/create", press="rewrite:files", name="Python 3.14.2", file_list=FILE_LIST)

    assert await session.scalar(select(Release.id)) is None


async def test_a_list_completes_the_files_that_are_there(browser, session, systems):
    release = await make_release(session, "Python 3.14.2")
    known = await make_file(
        session, release, systems["windows"], url=f"{FOLDER}python-3.14.2-amd64.exe", name="Own name"
    )
    address = f"/admin/releases/edit/{release.id}"

    read = await browser.save(address, press="rewrite:files", file_list=FILE_LIST)
    saved = await browser.post(address, {**values_of(read.text), "press": "decide:publish"})

    assert saved.status_code == 303
    await session.refresh(known)
    assert (known.sha256, known.size) == (SHA, 29900480)
    assert len((await release_called(session, "Python 3.14.2")).files) == 2


async def test_a_draft_is_changed_and_published_by_one_press(browser, session, systems):
    release = await make_release(session, "Python 3.14.3", is_published=False)
    await make_file(
        session, release, systems["source"], url=f"{FOLDER}Python-3.14.2.tgz", sha256=SHA, is_source=True, size=5
    )

    saved = await browser.save(f"/admin/releases/edit/{release.id}", press="decide:publish", name="Python 3.14.2")

    assert saved.status_code == 303
    assert (await release_called(session, "Python 3.14.2")).is_published


async def test_what_a_list_gets_wrong_is_told_with_its_line(browser, systems):
    read = await browser.save(
        "/admin/releases/create", press="rewrite:files", name="Python 3.14.2", file_list="ok-3.tgz\n!! what?"
    )

    assert read.status_code == 422
    assert "Line 2: This is neither a checksum with a name" in text_of(read.text)
    assert "ok-3.tgz" in read.text


async def test_a_file_whose_system_its_name_does_not_tell_is_pointed_out(browser, systems):
    read = await browser.save(
        "/admin/releases/create", press="rewrite:files", name="Python 3.14.2", file_list=f"{FILE_LIST}notes-3.14.2.txt"
    )

    assert "cannot be told from their name: notes-3.14.2.txt." in text_of(read.text)


async def test_the_first_field_that_is_marked_is_one_click_away(browser, session, systems):
    release = await make_release(session, "Python 3.14.2")
    await make_file(session, release, systems["windows"])

    answer = await browser.save(f"/admin/releases/edit/{release.id}", **{"files-0-sha256": "xyz"})

    assert answer.status_code == 422
    assert '<a href="#files-0-sha256">Go to the first: SHA-256</a>' in answer.text


async def test_a_file_elsewhere_is_refused_beside_its_field_and_nothing_is_saved(browser, session, systems):
    release = await make_release(session, "Python 3.14.2")
    file = await make_file(session, release, systems["source"])

    answer = await browser.save(f"/admin/releases/edit/{release.id}", **{"files-0-url": "https://example.org/x.tgz"})

    assert answer.status_code == 422
    assert "Release file URLs must begin with 'https://www.python.org/'." in text_of(answer.text)
    await session.refresh(file)
    assert file.url.startswith("https://www.python.org/")


async def test_the_download_button_moves_from_one_file_to_another(browser, session, systems):
    release = await make_release(session, "Python 3.14.2")
    first = await make_file(session, release, systems["windows"], has_download_button=True)
    second = await make_file(session, release, systems["windows"])

    answer = await browser.save(
        f"/admin/releases/edit/{release.id}",
        press="decide:publish",
        **{"files-0-has_download_button": None, "files-1-has_download_button": "y"},
    )

    assert answer.status_code == 303
    await session.refresh(first)
    await session.refresh(second)
    assert (first.has_download_button, second.has_download_button) == (False, True)


async def test_two_buttons_for_one_system_are_refused(browser, session, systems):
    release = await make_release(session, "Python 3.14.2")
    for _ in range(2):
        await make_file(session, release, systems["windows"])

    answer = await browser.save(
        f"/admin/releases/edit/{release.id}",
        **{"files-0-has_download_button": "y", "files-1-has_download_button": "y"},
    )

    assert answer.status_code == 422
    assert "Only one Release File per OS can have" in text_of(answer.text)


async def test_a_file_is_removed_and_another_takes_its_address(browser, session, systems):
    release = await make_release(session, "Python 3.14.2")
    old = await make_file(session, release, systems["source"], url=f"{FOLDER}a.tgz", slug="a")
    values = await browser.form(f"/admin/releases/edit/{release.id}")

    answer = await browser.post(
        f"/admin/releases/edit/{release.id}",
        {
            **values,
            "press": "decide:publish",
            "files-0-is_removed": "y",
            "files-1-row_id": "",
            "files-1-name": "New",
            "files-1-slug": "a",
            "files-1-url": f"{FOLDER}a.tgz",
            "files-1-operating_system": str(systems["source"].id),
        },
    )

    assert answer.status_code == 303
    assert await session.scalar(select(ReleaseFile.id).where(ReleaseFile.id == old.id)) is None
    assert [file.name for file in (await release_called(session, "Python 3.14.2")).files] == ["New"]


async def test_a_file_of_another_release_cannot_be_taken_over(browser, session, systems):
    release = await make_release(session, "Python 3.14.2")
    other = await make_file(session, await make_release(session, "Python 3.13.0"), systems["source"])
    values = await browser.form(f"/admin/releases/edit/{release.id}")

    answer = await browser.post(
        f"/admin/releases/edit/{release.id}",
        {
            **values,
            "press": "save",
            "files-0-row_id": str(other.id),
            "files-0-name": "Taken",
            "files-0-url": f"{FOLDER}a.tgz",
            "files-0-operating_system": str(systems["source"].id),
        },
    )

    assert answer.status_code == 422
    await session.refresh(other)
    assert other.name != "Taken"


async def test_a_latest_release_takes_the_place_of_its_predecessor_and_both_are_purged(browser, session):
    predecessor = await make_release(session, "Python 3.14.1", is_latest=True)
    successor = await make_release(session, "Python 3.14.2", is_latest=True, is_published=False)
    await make_file(session, successor, await make_operating_system(session), sha256=SHA)

    answer = await browser.save(f"/admin/releases/edit/{successor.id}", press="decide:publish")

    assert answer.status_code == 303
    await session.refresh(predecessor)
    assert predecessor.is_latest is False
    purged = {key for row in await session.scalars(select(OutboxMessage)) for key in row.arguments.get("keys", ())}
    assert {f"releases/{predecessor.id}", f"releases/{successor.id}"} <= purged


async def test_a_release_manager_of_one_series_changes_no_other(client, session):
    mine = await make_release(session, "Python 3.14.2")
    foreign = await make_release(session, "Python 3.13.9")
    manager = await make_user(
        session,
        permissions=(Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT, Permission.DOWNLOADS_PUBLISH),
        scope_kind="series",
        scope_values=("3.14",),
    )
    browser = await Browser(client).sign_in(session, manager)

    assert (await browser.save(f"/admin/releases/edit/{mine.id}")).status_code == 303
    assert (await browser.get(f"/admin/releases/edit/{foreign.id}")).status_code == 403
    refused = await browser.post("/admin/releases/decide/unpublish", {"pks": foreign.id})
    assert refused.status_code == 409
    await session.refresh(foreign)
    assert foreign.is_published is True


async def test_an_inline_row_can_be_added_without_scripts(browser, session, systems):
    release = await make_release(session, "Python 3.14.2")

    answer = await browser.save(f"/admin/releases/edit/{release.id}", press="rewrite:add:files")

    assert answer.status_code == 200
    assert "files-0-url" in values_of(answer.text)


async def test_the_page_of_a_release_is_found_by_typing(browser, session):
    from tests.factories.pages import make_page

    page = await make_page(session, title="What is new", path="whatsnew/3.14")

    found = (await browser.get("/admin/releases/lookup/page", term="what")).json()["results"]

    assert found == [{"id": page.id, "text": "What is new", "detail": "/whatsnew/3.14/"}]


async def test_an_operating_system_in_use_is_not_deleted(browser, session, systems):
    await make_file(session, await make_release(session), systems["windows"])

    answer = await browser.post("/admin/operating-systems/delete", {"pks": systems["windows"].id})

    assert answer.status_code == 409
    assert "release files" in text_of(answer.text)


@pytest.fixture
async def file(session, systems):
    release = await make_release(session, "Python 3.14.2")
    return await make_file(session, release, systems["windows"], name="Installer", sha256=SHA)


@pytest.mark.parametrize(
    "place",
    ["releases/details/{0.release_id}", "releases/cockpit/{0.release_id}", "release-files/details/{0.id}"],
)
async def test_the_details_tell_what_was_verified_in_words(browser, session, file, place):
    await make_verdict(session, file, Kind.SHA256, Outcome.FAILED, sentence="It is <another> one.")

    page = await browser.get(f"/admin/{place.format(file)}")

    told = text_of(page.text)
    assert all(words in told for words in ("Installer failed SHA-256", "not looked at in full"))
    assert "It is &lt;another&gt; one." in page.text


async def test_what_was_verified_of_an_earlier_state_is_not_told_any_more(browser, session, file):
    await make_verdict(session, file, Kind.SHA256, sentence="It is the one.")
    file.sha256 = "cd" * 32
    await session.commit()

    page = await browser.get(f"/admin/release-files/details/{file.id}")

    assert "It is the one." not in page.text


async def test_the_form_of_a_release_tells_what_is_wrong_with_its_files(browser, session, file):
    await make_verdict(session, file, Kind.SIZE, Outcome.FAILED, sentence="It has 7 bytes.")
    await make_verdict(session, file, Kind.GPG, Outcome.MISSING, sentence="It has no signature.")

    page = await browser.get(f"/admin/releases/edit/{file.release_id}")

    assert "Installer · Size: It has 7 bytes." in text_of(page.text)
    assert "It has no signature." not in page.text


async def test_a_release_is_verified_again_by_a_button(browser, session, file):
    answer = await browser.post(f"/admin/releases/decide/verify?pks={file.release_id}", {"pks": str(file.release_id)})

    assert answer.status_code == 303
    asked = await session.scalars(select(OutboxMessage).where(OutboxMessage.task == "verify_release_file"))
    assert [message.arguments["file_id"] for message in asked] == [file.id]


async def test_the_details_of_a_release_cost_the_same_however_many_files_it_has(
    browser, session, engine, file, systems
):
    address = f"/admin/releases/details/{file.release_id}"
    await browser.get(address)

    with statements(engine) as with_few:
        await browser.get(address)
    release = await session.get(Release, file.release_id)
    for _ in range(5):
        await make_verdict(session, await make_file(session, release, systems["macos"]), Kind.SIZE)
    with statements(engine) as with_many:
        await browser.get(address)

    assert len(with_many) == len(with_few)
