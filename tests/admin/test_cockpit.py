"""The cockpit of a release in the back office: what is missing, one decision, and how the world hears of it."""

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import select

from cms.core import clock as clocks
from cms.core.permissions import Permission
from cms.downloads import publications, services
from cms.downloads.file_runs import delete_files_of
from cms.downloads.models import Release
from cms.downloads.publications import ReleasePublication
from cms.downloads.tasks import send_release_announcement
from tests.admin.browser import Browser, text_of
from tests.background import run_waiting
from tests.conftest import SITE
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.users import make_user

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FOLDER = "https://www.python.org/ftp/python/"
MANAGES = (Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT, Permission.DOWNLOADS_PUBLISH)


@pytest.fixture
async def draft(session):
    """A draft without the installer that its predecessor has."""
    source = await make_operating_system(session, "Source release", slug="source")
    windows = await make_operating_system(session, "Windows")
    before = await make_release(session, "Python 3.14.1", is_latest=True)
    sums = {"sha256": "a" * 64, "has_download_button": True}
    await make_file(session, before, source, url=f"{FOLDER}Python-3.14.1.tgz", is_source=True, **sums)
    await make_file(session, before, windows, url=f"{FOLDER}python-3.14.1-amd64.exe", **sums)
    release = await make_release(
        session, "Python 3.14.2", is_published=False, is_latest=True, released_at=clocks.now(), content="Notes."
    )
    await make_file(session, release, source, url=f"{FOLDER}Python-3.14.2.tgz", is_source=True, **sums)
    return release


@pytest.fixture
def address(draft):
    return f"/admin/releases/cockpit/{draft.id}"


async def decision(browser, address, **values):
    page = (await browser.get(address)).text
    version = page.partition('name="lock_version" value="')[2].partition('"')[0]
    return await browser.post(address, {"lock_version": version, **values})


async def test_the_cockpit_says_what_is_missing_and_what_will_change(browser, draft, address):
    page = text_of((await browser.get(address)).text)

    assert "Windows installer (64-bit) is missing; Python 3.14.1 has python-3.14.1-amd64.exe." in page
    assert "Python 3.14.1 is no longer the latest of its line then." in page
    assert "Preview: Downloads for Source release" in page


async def test_publishing_is_refused_with_reasons_while_something_is_missing(session, browser, draft, address):
    answer = await decision(browser, address, press="publish")

    assert answer.status_code == 422
    assert "Nothing was published." in answer.text
    assert not await session.scalar(select(Release.is_published).where(Release.id == draft.id))


async def test_a_written_reason_publishes_all_the_same_and_a_poor_one_comes_back(session, browser, draft, address):
    refused = await decision(browser, address, press="publish", reason="because")
    assert refused.status_code == 422
    assert ">because</textarea>" in refused.text

    answer = await decision(browser, address, press="publish", reason="The installer follows within the hour.")

    assert answer.status_code == 303
    published = (await browser.get(address)).text
    assert "although incomplete: “The installer follows within the hour.”" in published
    latest = select(Release.name).where(Release.is_latest)
    assert (await session.scalars(latest)).all() == ["Python 3.14.2"]


async def test_an_incomplete_release_may_be_allowed_to_go_live_later(session, browser, draft, address):
    answer = await decision(browser, address, press="later", reason="The installer follows within the hour.")

    assert answer.headers["location"] == f"/admin/releases/schedule/{draft.id}"
    assert (await session.scalar(publications.unused_allowance(draft))).allowed_by_name == "superuser"


async def test_without_the_permission_there_is_no_field_for_a_reason_and_none_is_taken(client, session, draft, address):
    manager = await make_user(session, permissions=MANAGES)
    browser = await Browser(client).sign_in(session, manager)

    page = (await browser.get(address)).text
    answer = await decision(browser, address, press="publish", reason="The installer follows within the hour.")

    assert 'name="reason"' not in page
    assert answer.status_code == 403


async def test_what_somebody_else_changed_meanwhile_is_looked_at_once_more(browser, draft, address):
    answer = await browser.post(address, {"lock_version": "0", "press": "publish"})

    assert answer.status_code == 409


@pytest.fixture
async def run(session, draft):
    """A script of another manager is replacing the files."""
    other = await make_user(session, username="colleague", permissions=(*MANAGES, Permission.DOWNLOADS_DELETE))
    await delete_files_of(session, draft, by=other)
    await session.commit()


async def test_the_cockpit_says_whose_script_is_replacing_the_files(browser, run, address):
    page = text_of((await browser.get(address)).text)

    assert "A script of colleague is replacing the files since" in page


async def test_nobody_publishes_while_the_script_of_another_replaces_the_files(session, browser, draft, run, address):
    answer = await decision(browser, address, press="publish", reason="The installer follows within the hour.")

    assert answer.status_code == 409
    assert "colleague has been writing the files of this release since" in text_of(answer.text)
    assert "The installer follows within the hour.</textarea>" in answer.text
    assert not await session.scalar(select(Release.is_published).where(Release.id == draft.id))


async def test_nobody_uploads_while_the_script_of_another_replaces_the_files(browser, draft, run):
    address = f"/admin/releases/uploads/{draft.id}"

    page = text_of((await browser.get(address)).text)
    answer = await browser.post(address, {"name": "Python-3.14.2.tgz", "size": "1"})

    assert "colleague has been writing the files" in page
    assert answer.status_code == 409


async def test_pages_that_will_change_are_shown_without_changing_anything(session, browser, draft, address):
    before = (await browser.client.get("/downloads/")).text

    preview = await browser.get(f"{address}/page?path=/downloads/")

    assert preview.status_code == 200
    assert "/downloads/release/python-3142/" in preview.text
    assert "no-store" in preview.headers["cache-control"]
    assert "/downloads/release/python-3142/" not in before
    assert not await session.scalar(select(Release.is_published).where(Release.id == draft.id))


@pytest.mark.parametrize("path", ["/admin/", "/downloads/nothing/", "https://example.org/", ""])
async def test_no_other_page_is_previewed(browser, draft, address, path):
    assert (await browser.get(f"{address}/page?path={path}")).status_code == 404


async def test_a_publication_is_followed_until_the_public_pages_are_proved(
    session, resources, client, browser, draft, address, monkeypatch
):
    await decision(browser, address, press="publish", reason="The installer follows within the hour.")
    for task in ("purge_keys", "index_rows"):
        await run_waiting(resources, session, task=task)

    stale = httpx.MockTransport(lambda _request: httpx.Response(200, text="Python 3.14.1"))
    first = await followed(resources, session, browser, address, monkeypatch, transport=stale)
    visitor = httpx.ASGITransport(client._transport.app)
    second = await followed(resources, session, browser, address, monkeypatch, transport=visitor)

    assert "/downloads/ does not show /downloads/release/python-3142/ yet." in first
    assert "Every page is fresh." in second
    publication = (await session.scalars(select(ReleasePublication))).one()
    assert set(publication.proved) == {"/downloads/", "/downloads/feed.rss", "/downloads/release/python-3142/"}


@pytest.fixture
def announcing(resources):
    """The site knows two addresses that are told of releases."""
    addresses = ["announce@example.org", "team@example.org"]
    settings = resources.settings.model_copy(update={"release_announcements_to": addresses})
    return replace(resources, settings=settings)


async def test_who_asked_for_it_is_told_once_when_a_new_release_is_to_be_seen(
    session, announcing, mail, client, superuser, draft, monkeypatch
):
    key = (await published_by(session, draft, superuser, reason="The installer follows within the hour.")).id
    for task in ("purge_keys", "index_rows"):
        await run_waiting(announcing, session, task=task)
    visitor = httpx.AsyncClient(transport=httpx.ASGITransport(client._transport.app), base_url=SITE)
    monkeypatch.setattr("cms.downloads.tasks._public", lambda _site_url: visitor)

    await run_waiting(announcing, session, task="follow_publication")
    await run_waiting(announcing, session, task="send_release_announcement")
    for address in announcing.settings.release_announcements_to:
        await send_release_announcement(announcing, session, publication_id=key, address=address)

    assert [message["To"] for message in mail.sent] == ["announce@example.org", "team@example.org"]
    assert mail.sent[0]["Subject"] == "Python 3.14.2 is released"
    assert f"{SITE}/downloads/release/python-3142/" in mail.sent[0].get_content()


@pytest.mark.parametrize("values", [{"released_at": LONG_AGO}, {"is_published": True}])
async def test_nobody_is_told_of_what_is_no_news(session, superuser, draft, values):
    for name, value in values.items():
        setattr(draft, name, value)
    await session.commit()

    publication = await published_by(session, draft, superuser, reason="The installer follows within the hour.")

    assert not publication.is_news


async def published_by(session, release, person, *, reason):
    """Publish a release that is incomplete, or what has changed of it, and return its publication."""
    if release.is_published:
        await publications.begin(session, release, was_live=True, by=person)
    else:
        await services.allow_incomplete(session, release, reason=reason, by=person)
        await services.publish_release(session, release, by=person)
    await session.commit()
    return (await session.scalars(select(ReleasePublication))).one()


async def followed(resources, session, browser, address, monkeypatch, *, transport):
    """Return what the cockpit tells after one more look by a visitor who comes this way."""
    visitor = httpx.AsyncClient(transport=transport, base_url=SITE)
    monkeypatch.setattr("cms.downloads.tasks._public", lambda _site_url: visitor)
    await run_waiting(resources, session, task="follow_publication")
    return text_of((await browser.get(f"{address}/progress")).text)
