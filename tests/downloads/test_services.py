"""What may be decided about releases and their files, and what follows."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from cms.core.errors import Conflict, Invalid, InvalidTransition, PermissionDenied
from cms.core.integrity import explained
from cms.core.permissions import Permission
from cms.core.publishing import Revision
from cms.downloads import file_runs, queries, services
from cms.downloads.models import OperatingSystem, Release, ReleaseFile, ReleaseVersion
from cms.pages.services import delete_page
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user

FTP = "https://www.python.org/ftp/python/3.14.2/"


@pytest.fixture
async def windows(session):
    return await make_operating_system(session, "Windows")


@pytest.fixture
async def manager(session):
    return await make_user(
        session, permissions=(Permission.DOWNLOADS_EDIT, Permission.DOWNLOADS_PUBLISH, Permission.DOWNLOADS_DELETE)
    )


def new_file(release, system, **values):
    defaults = {
        "name": "Installer",
        "url": f"{FTP}python-3.14.2.exe",
        "release_id": release.id,
        "operating_system_id": system.id,
    }
    return ReleaseFile(**{**defaults, **values})


async def latest_names(session):
    found = select(Release.name).where(Release.is_latest).order_by(Release.name)
    return (await session.scalars(found)).all()


async def test_the_slug_follows_from_the_name(session, manager):
    release = Release(name=" Python 3.14.2 ")

    await services.save_release(session, release, by=manager)

    assert (release.name, release.slug) == ("Python 3.14.2", "python-3142")


async def test_the_number_and_the_series_are_read_from_the_name(session):
    pre_release = await make_release(session, "Python 3.15.0a1")
    await session.refresh(pre_release)

    assert (pre_release.version_number, pre_release.series) == ("3.15.0", "3.15")
    assert pre_release.version_key == [3, 15, 0]


async def test_an_install_manager_has_no_number(session):
    release = await make_release(session, "Python install manager 25.0")
    await session.refresh(release)

    assert (release.version_number, release.series, release.version_key) == (None, None, None)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"version": 7}, "version"),
        ({"slug": "Python 3!"}, "slug"),
        ({"release_notes_url": "javascript:alert(1)"}, "release_notes_url"),
        ({"released_at": datetime(1, 1, 1, tzinfo=UTC)}, "released_at"),
        ({"released_at": datetime.max.replace(tzinfo=UTC)}, "released_at"),
    ],
)
async def test_a_release_that_breaks_a_rule_is_refused_naming_the_field(session, manager, values, field):
    release = Release(**{"name": "Python 3.14.2", **values})

    with pytest.raises(Invalid) as refusal:
        await services.save_release(session, release, by=manager)

    assert field in refusal.value.errors


@pytest.mark.parametrize(
    ("values", "field"), [({"name": " ", "slug": "x"}, "name"), ({"slug": "../.."}, "slug"), ({"slug": "a b"}, "slug")]
)
async def test_an_operating_system_has_a_name_and_a_slug_that_can_stand_in_an_address(session, manager, values, field):
    with pytest.raises(Invalid) as refusal:
        await services.save_operating_system(session, OperatingSystem(**{"name": "Plan 9", **values}), by=manager)

    assert field in refusal.value.errors


async def test_a_slug_that_is_taken_is_refused(session, manager):
    await make_release(session, "Python 3.14.2")

    with pytest.raises(Invalid, match="slug"):
        await services.save_release(session, Release(name="Python 3.14.2"), by=manager)


async def test_the_latest_release_demotes_the_one_before_it(session, manager):
    await make_release(session, "Python 3.14.1", is_latest=True)
    await make_release(session, "Python 2.7.18", is_latest=True)
    release = await make_release(session, "Python 3.14.2", is_latest=True, is_published=False)
    await make_file(session, release, await make_operating_system(session), sha256="a" * 64)

    await services.publish_release(session, release, by=manager)
    await session.commit()

    assert await latest_names(session) == ["Python 2.7.18", "Python 3.14.2"]


async def test_a_draft_flagged_as_latest_demotes_nobody_yet(session, manager):
    await make_release(session, "Python 3.14.1", is_latest=True)
    draft = Release(name="Python 3.14.2", is_latest=True)

    await services.save_release(session, draft, by=manager)
    await session.commit()

    latest = await session.scalar(queries.latest(ReleaseVersion.PYTHON_3))
    assert latest.name == "Python 3.14.1"


async def test_the_database_allows_one_latest_release_of_a_line(session):
    await make_release(session, "Python 3.14.1", is_latest=True)

    await make_release(session, "Python 3.14.2", is_latest=True)

    with pytest.raises(IntegrityError) as refusal:
        await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))

    assert explained(refusal.value).errors["is_latest"][0].startswith("Somebody else has just made another release")


async def test_publishing_takes_its_permission(session):
    editor = await make_user(session, permissions=(Permission.DOWNLOADS_EDIT,))
    release = await make_release(session, is_published=False)

    with pytest.raises(PermissionDenied, match="Publish releases"):
        await services.publish_release(session, release, by=editor)


async def test_what_is_published_cannot_be_published_again(session, manager):
    release = await make_release(session)

    with pytest.raises(InvalidTransition, match="published already"):
        await services.publish_release(session, release, by=manager)


@pytest.mark.parametrize("url", ["http://www.python.org/x", "https://evil.test/x", "https://www.python.org.evil.test/"])
async def test_a_file_must_lie_on_python_org(session, windows, manager, url):
    release = await make_release(session)

    with pytest.raises(Invalid) as refusal:
        await services.save_file(session, new_file(release, windows, url=url), by=manager)

    assert refusal.value.errors == {"url": ["Release file URLs must begin with 'https://www.python.org/'."]}


async def test_a_sidecar_must_belong_to_its_file(session, windows, manager):
    release = await make_release(session)

    with pytest.raises(Invalid) as refusal:
        await services.save_file(session, new_file(release, windows, gpg_signature_url=f"{FTP}other.asc"), by=manager)

    assert refusal.value.errors == {"gpg_signature_url": ["Sidecar URL must match the artifact URL plus '.asc'."]}


async def test_an_old_http_address_stays_until_it_is_changed(session, windows, manager):
    release = await make_release(session)
    file = await make_file(session, release, windows, url="http://www.python.org/ftp/python/old.exe")

    file.description = "Old"
    await services.save_file(session, file, by=manager)

    file.url = "http://www.python.org/ftp/python/older.exe"
    with pytest.raises(Invalid):
        await services.save_file(session, file, by=manager)


@pytest.mark.parametrize("values", [{"sha256": "xyz"}, {"sha256": "a" * 32}, {"md5": "a" * 64}])
async def test_what_is_no_checksum_is_refused(session, windows, manager, values):
    release = await make_release(session)

    with pytest.raises(Invalid) as refusal:
        await services.save_file(session, new_file(release, windows, **values), by=manager)

    assert list(refusal.value.errors) == list(values)


async def test_an_odd_checksum_of_the_old_site_stays_until_it_is_changed(session, windows, manager):
    release = await make_release(session)
    file = await make_file(session, release, windows, md5="see below")

    file.description = "Old"
    await services.save_file(session, file, by=manager)

    file.md5 = "still none"
    with pytest.raises(Invalid):
        await services.save_file(session, file, by=manager)


async def test_even_the_database_keeps_foreign_addresses_out(session, windows):
    release = await make_release(session)

    with pytest.raises(IntegrityError, match="only_python_dot_org_urls"):
        await make_file(session, release, windows, url="https://evil.test/python.exe")


async def test_each_bad_file_of_a_list_is_named(session, windows, manager):
    release = await make_release(session)
    files = [
        new_file(release, windows, url=f"{FTP}a", slug="a"),
        new_file(release, windows, url="https://evil.test/b", slug="b"),
    ]

    with pytest.raises(Invalid) as refusal:
        await services.save_files(session, files, by=manager)

    assert list(refusal.value.errors) == ["files.1.url"]


async def test_two_download_buttons_for_one_system_are_refused(session, windows, manager):
    release = await make_release(session)
    files = [new_file(release, windows, url=f"{FTP}{letter}", slug=letter, has_download_button=True) for letter in "ab"]

    with pytest.raises(Invalid) as refusal:
        await services.save_files(session, files, by=manager)

    assert list(refusal.value.errors) == ["files.0.has_download_button", "files.1.has_download_button"]


async def test_the_download_button_moves_from_one_file_to_another(session, windows, manager):
    release = await make_release(session)
    first = await make_file(session, release, windows)
    second = await make_file(session, release, windows, has_download_button=True)

    first.has_download_button, second.has_download_button = True, False
    await services.save_files(session, [first, second], by=manager)
    await session.commit()

    with_button = select(ReleaseFile.id).where(ReleaseFile.has_download_button)
    assert (await session.scalars(with_button)).all() == [first.id]


async def test_deleting_a_release_takes_its_files_along(session, windows, manager):
    release = await make_release(session)
    await make_file(session, release, windows)

    await services.delete_release(session, release, by=manager)
    await session.commit()

    assert (await session.scalars(select(ReleaseFile))).all() == []


async def test_an_operating_system_with_files_cannot_be_deleted(session, windows, manager):
    await make_file(session, await make_release(session), windows, name="Installer")

    with pytest.raises(Conflict, match="release files: Installer"):
        await services.delete_operating_system(session, windows, by=manager)


async def test_a_manager_of_one_series_saves_no_release_of_another(session):
    manager = await make_user(
        session, permissions=(Permission.DOWNLOADS_EDIT,), scope_kind="series", scope_values=("3.14",)
    )
    release = await make_release(session, "Python 3.14.0", is_published=False)

    release.name = "Python 3.13.0"
    with pytest.raises(PermissionDenied):
        await services.save_release(session, release, by=manager)


async def test_the_releases_are_listed_by_number_and_without_what_is_hidden(session):
    for name in ("Python 3.8.20", "Python 3.10.19", "Python 2.7.18", "Python 3.15.0a1"):
        await make_release(session, name)
    await make_release(session, "Python 3.9.1", is_shown_on_download_page=False)
    await make_release(session, "Python 3.11.1", is_published=False)

    listed = await session.scalars(queries.listed())

    assert [release.name for release in listed] == ["Python 3.10.19", "Python 3.8.20", "Python 2.7.18"]


async def test_a_page_used_by_a_release_names_what_hinders(session, superuser):
    page = await make_page(session)
    await make_release(session, "Python 2.7.5", page_id=page.id)

    with pytest.raises(Conflict, match=r"releases: Python 2\.7\.5"):
        await delete_page(session, page, by=superuser)


async def test_revisions_do_not_hold_what_is_decided(session):
    release = await make_release(session)

    revision = await session.scalar(select(Revision).where(Revision.row_id == release.id))

    assert "is_published" not in revision.values


async def test_nobody_writes_files_by_hand_while_the_program_of_another_replaces_them(session, windows, manager, clock):
    release = await make_release(session, "Python 3.14.2", is_published=False)
    other = await make_user(session, permissions=(Permission.DOWNLOADS_EDIT, Permission.DOWNLOADS_DELETE))
    await file_runs.delete_files_of(session, release, by=other)
    await file_runs.write_file(session, file := new_file(release, windows), by=other)
    await session.commit()
    by_hand = (
        lambda: services.save_files(session, [file], by=manager),
        lambda: services.save_file(session, file, by=manager),
        lambda: services.delete_file(session, file, by=manager),
        lambda: services.publish_release(session, release, by=manager),
    )

    for write in by_hand:
        with pytest.raises(Conflict, match="has been writing the files of this release since"):
            await write()
    await services.save_file(session, file, by=other)

    clock.move(minutes=6)
    await services.save_file(session, file, by=manager)
