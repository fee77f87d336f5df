"""What a complete release has follows from its predecessor; without what is essential it does not go live unasked."""

import pytest

from cms.core import clock as clocks
from cms.core import publishing
from cms.core.errors import Invalid, PermissionDenied
from cms.core.permissions import Permission
from cms.downloads import completeness, publications, services
from cms.downloads.completeness import Topic
from cms.downloads.models import ReleaseSeries, SeriesStatus
from cms.downloads.verification.models import Kind, Outcome, Verdict, subject_of
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.users import make_user

FOLDER = "https://www.python.org/ftp/python/"
MANAGES = (Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT, Permission.DOWNLOADS_PUBLISH)


@pytest.fixture
async def systems(session):
    return {
        "source": await make_operating_system(session, "Source release", slug="source"),
        "windows": await make_operating_system(session, "Windows"),
    }


async def add(session, release, system, name, **values):
    url = f"{FOLDER}{name}"
    defaults = {"name": name, "url": url, "sha256": "a" * 64, "size": 5, "sigstore_bundle_url": f"{url}.sigstore"}
    return await make_file(session, release, system, **{**defaults, **values})


@pytest.fixture
async def predecessor(session, systems):
    release = await make_release(session, "Python 3.14.1")
    await add(session, release, systems["source"], "Python-3.14.1.tgz", is_source=True, has_download_button=True)
    await add(session, release, systems["windows"], "python-3.14.1-amd64.exe", has_download_button=True)
    return release


@pytest.fixture
async def successor(session, systems, predecessor):
    """A draft that has the sources and no installer."""
    values = {"is_published": False, "released_at": clocks.now(), "release_notes_url": "https://docs.python.org/"}
    release = await make_release(session, "Python 3.14.2", content="Notes.", **values)
    await add(session, release, systems["source"], "Python-3.14.2.tgz", is_source=True, has_download_button=True)
    return release


async def hindrances(session, release):
    return completeness.hindrances(await services.completeness_of(session, release))


async def test_what_the_predecessor_has_and_this_one_lacks_is_named(session, successor):
    found = await hindrances(session, successor)

    assert found == [
        "Windows installer (64-bit) is missing; Python 3.14.1 has python-3.14.1-amd64.exe.",
        "No file is offered first for Windows.",
    ]


async def test_a_file_that_is_called_like_one_of_another_version_hinders(session, systems, successor):
    await add(session, successor, systems["windows"], "python-3.14.1rc1-amd64.exe", has_download_button=True)
    await session.refresh(successor, ["files"])

    assert await hindrances(session, successor) == [
        "By its name, python-3.14.1rc1-amd64.exe is a file of Python 3.14.1rc1."
    ]


async def test_who_forgets_the_places_of_the_predecessor_is_reminded(session, predecessor, successor):
    predecessor.is_latest = predecessor.is_shown_on_download_page = True
    successor.is_shown_on_download_page = False
    await session.commit()
    await session.refresh(successor)

    requirements = await services.completeness_of(session, successor)

    advice = [found.sentence for found in requirements if not found.is_met and found.topic is Topic.RELEASE]
    assert advice == [
        "Python 3.14.1 stays the latest of its line: this one is not marked as “Latest”.",
        "Python 3.14.1 is listed on the download page; this one would not be.",
    ]


async def test_a_release_like_its_predecessor_is_complete(session, systems, successor):
    await add(session, successor, systems["windows"], "python-3.14.2-amd64.exe", has_download_button=True)
    await session.refresh(successor, ["files"])

    requirements = await services.completeness_of(session, successor)

    unmet = [requirement.sentence for requirement in requirements if not requirement.is_met]
    assert unmet == ["Nothing could be verified yet."]


async def test_signatures_and_sums_that_are_missing_are_named_with_their_files(session, systems, successor):
    name = "python-3.14.2-amd64.exe"
    await add(
        session,
        successor,
        systems["windows"],
        name,
        has_download_button=True,
        sha256="",
        size=0,
        sigstore_bundle_url="",
    )
    await session.refresh(successor, ["files"])

    assert await hindrances(session, successor) == [
        f"Without a checksum: {name}.",
        f"Without a Sigstore bundle: {name}.",
    ]


async def test_a_series_that_gets_security_fixes_only_needs_no_installers(session, successor):
    session.add(ReleaseSeries(series="3.14", status=SeriesStatus.SECURITY))
    await session.commit()

    assert await hindrances(session, successor) == []


async def test_the_first_release_of_a_series_is_compared_with_the_newest_of_its_line(session, predecessor):
    first = await make_release(session, "Python 3.15.0a1", is_published=False, released_at=clocks.now())

    assert await hindrances(session, first) == ["It has no files."]


async def test_a_file_that_is_not_what_was_signed_hinders_until_it_is_changed(session, systems, successor):
    session.add(ReleaseSeries(series="3.14", status=SeriesStatus.SECURITY))
    await session.refresh(successor, ["files"])
    (file,) = successor.files
    checked = dict(subject_of(Kind.SHA256, file))
    verdict = {"release_id": successor.id, "file_id": file.id, "kind": Kind.SHA256, "checked_against": checked}
    session.add(Verdict(**verdict, outcome=Outcome.FAILED, sentence="The sum differs."))
    await session.commit()

    assert await hindrances(session, successor) == ["Python-3.14.2.tgz: The sum differs."]
    file.sha256 = "b" * 64
    await session.commit()
    assert await hindrances(session, successor) == []


async def test_an_incomplete_release_does_not_go_live_by_itself(session, successor):
    manager = await make_user(session, permissions=MANAGES)

    with pytest.raises(Invalid, match="Windows installer"):
        await services.publish_release(session, successor, by=manager)

    assert not successor.is_published


async def test_who_may_allows_it_once_with_a_reason_that_stays(session, successor):
    manager = await make_user(session, permissions=(*MANAGES, Permission.DOWNLOADS_OVERRIDE))
    with pytest.raises(Invalid, match="in a sentence"):
        await services.allow_incomplete(session, successor, reason="ok", by=manager)
    await services.allow_incomplete(session, successor, reason="Installers follow tomorrow.", by=manager)

    await services.publish_release(session, successor, by=manager)
    await session.commit()

    (publication,) = await session.scalars(publications.of_release(successor))
    assert successor.is_published
    assert publication.reason == "Installers follow tomorrow."
    assert publication.published_by_name == manager.username
    assert await session.scalar(publications.unused_allowance(successor)) is None


async def test_what_goes_missing_later_was_not_allowed(session, successor):
    manager = await make_user(session, permissions=(*MANAGES, Permission.DOWNLOADS_OVERRIDE))
    await services.allow_incomplete(session, successor, reason="Installers follow tomorrow.", by=manager)
    for file in successor.files:
        file.sigstore_bundle_url = ""
    await session.commit()

    with pytest.raises(Invalid) as refusal:
        await services.publish_release(session, successor, by=manager)

    assert refusal.value.errors[""][1:] == ["Without a Sigstore bundle: Python-3.14.2.tgz."]


async def test_allowing_it_takes_a_permission_of_its_own(session, successor):
    manager = await make_user(session, permissions=MANAGES)

    with pytest.raises(PermissionDenied):
        await services.allow_incomplete(session, successor, reason="Installers follow tomorrow.", by=manager)


async def test_changes_of_a_live_release_are_not_held_up(session, successor):
    manager = await make_user(session, permissions=MANAGES)
    successor.is_published = True
    await session.commit()

    async def write():
        successor.content = "More notes."
        await services.save_release(session, successor, by=manager)

    await publishing.keep_draft(session, successor, write, by=manager)
    await services.publish_release(session, successor, by=manager)

    assert successor.content == "More notes."
