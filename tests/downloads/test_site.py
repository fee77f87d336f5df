"""The download pages as visitors and programs that read them see them."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from cms.core.permissions import Permission
from cms.core.settings import Settings
from cms.downloads.models import OperatingSystem, Release, ReleaseFile
from cms.downloads.verification.models import Kind, Outcome
from tests.factories.downloads import make_file, make_operating_system, make_release, make_verdict
from tests.factories.pages import make_page
from tests.factories.users import make_user
from tests.site_visits import sign_in, statements, texts_of

MOST_STATEMENTS = 8


@pytest.fixture
async def windows(session: AsyncSession) -> OperatingSystem:
    return await make_operating_system(session, "Windows")


async def test_the_list_has_final_shown_releases_by_number(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_release(session, "Python 3.8.20", released_at=datetime(2026, 1, 1, tzinfo=UTC))
    await make_release(session, "Python 3.10.19")
    await make_release(session, "Python 3.15.0a1")
    await make_release(session, "Python 3.9.1", is_shown_on_download_page=False)
    await make_release(session, "Python 3.9.2", is_published=False)

    page = await client.get("/downloads/")

    assert page.status_code == 200
    assert texts_of(page.text, "span.release-number") == ["Python 3.10.19", "Python 3.8.20"]


async def test_each_row_of_the_list_has_date_and_link(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_release(session, "Python 3.14.0", released_at=datetime(2025, 10, 7, tzinfo=UTC))
    await make_release(session, "Python 3.14.4", released_at=datetime(2026, 4, 7, tzinfo=UTC))

    page = (await client.get("/downloads/")).text

    assert texts_of(page, "span.release-date") == ["April 7, 2026", "Oct. 7, 2025"]
    assert '<span class="release-download"><a href="/downloads/release/python-3140/"' in page


async def test_the_list_says_so_where_there_is_no_release(client: httpx.AsyncClient) -> None:
    page = await client.get("/downloads/")

    assert page.status_code == 200
    assert "There are no releases to download yet." in page.text


async def test_the_list_does_not_deny_the_releases_it_shows_where_none_is_the_latest(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_release(session, "Python 3.14.3")

    page = await client.get("/downloads/")

    assert "No release is marked as the latest just now." in page.text
    assert "Python 3.14.3" in page.text
    assert "published here yet" not in page.text


async def test_buttons_lead_to_the_files_of_the_latest_release(
    client: httpx.AsyncClient, session: AsyncSession, windows: OperatingSystem
) -> None:
    latest = await make_release(session, "Python 3.14.4", is_latest=True)
    older = await make_release(session, "Python 3.13.1")
    button = await make_file(session, latest, windows, has_download_button=True)
    old_button = await make_file(session, older, windows, has_download_button=True)

    page = (await client.get("/downloads/")).text

    assert button.url in page
    assert old_button.url not in page


async def test_a_release_page_shows_every_file(
    client: httpx.AsyncClient, session: AsyncSession, windows: OperatingSystem
) -> None:
    release = await make_release(session, "Python 3.14.0")
    files = [await make_file(session, release, windows, size=12_345_678, sha256="a" * 64) for _ in range(3)]

    page = await client.get("/downloads/release/python-3140/")

    assert page.status_code == 200
    assert "<title>Python Release Python 3.14.0 | Python.org</title>" in page.text
    assert texts_of(page.text, "h1.page-title") == ["Python 3.14.0"]
    assert all(f'href="{file.url}"' in page.text for file in files)
    assert page.text.count(">11.8\N{NO-BREAK SPACE}MB</td>") == len(files)


@pytest.mark.parametrize(
    ("values", "heading"),
    [
        ({"sha256": "a" * 64}, "SHA-256"),
        ({"md5": "b" * 32}, "MD5"),
        ({"gpg_signature_url": "https://www.python.org/ftp/x.asc"}, "GPG"),
        ({"sigstore_bundle_url": "https://www.python.org/ftp/x.sigstore"}, "Sigstore"),
        ({"sbom_spdx_url": "https://www.python.org/ftp/x.spdx.json"}, "SBOM"),
    ],
)
async def test_a_column_is_there_only_if_a_file_fills_it(
    client: httpx.AsyncClient, session: AsyncSession, windows: OperatingSystem, values: dict[str, str], heading: str
) -> None:
    await make_file(session, await make_release(session, "Python 3.14.0"), windows, **values)
    await make_file(session, await make_release(session, "Python 3.14.1"), windows)
    cell = f'<th scope="col">{heading}</th>'

    with_it = (await client.get("/downloads/release/python-3140/")).text
    without_it = (await client.get("/downloads/release/python-3141/")).text

    assert cell in with_it
    assert cell not in without_it


async def test_md5_is_not_shown_beside_sha256(
    client: httpx.AsyncClient, session: AsyncSession, windows: OperatingSystem
) -> None:
    await make_file(session, await make_release(session), windows, sha256="a" * 64, md5="b" * 32)

    page = (await client.get("/downloads/release/python-3140/")).text

    assert "b" * 32 not in page


async def test_a_superseded_release_names_the_newest_of_its_series(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_release(session, "Python 3.14.0", released_at=datetime(2025, 10, 7, tzinfo=UTC))
    await make_release(session, "Python 3.14.4", released_at=datetime(2026, 4, 7, tzinfo=UTC))
    await make_release(session, "Python 3.14.5rc1", released_at=datetime(2026, 4, 20, tzinfo=UTC))

    old = (await client.get("/downloads/release/python-3140/")).text
    newest = (await client.get("/downloads/release/python-3144/")).text

    assert 'has been superseded by <a href="/downloads/release/python-3144/">Python 3.14.4</a>' in old
    assert "superseded" not in newest


async def test_python_2_is_never_called_superseded(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_release(session, "Python 2.7.1", released_at=datetime(2010, 11, 27, tzinfo=UTC))
    await make_release(session, "Python 2.7.18", released_at=datetime(2020, 4, 20, tzinfo=UTC))

    page = (await client.get("/downloads/release/python-271/")).text

    assert "superseded" not in page


@pytest.mark.parametrize(("name", "is_warned"), [("Python 2.7.18", True), ("Python 3.14.0", False)])
async def test_whoever_looks_at_python_2_is_warned(
    client: httpx.AsyncClient, session: AsyncSession, name: str, *, is_warned: bool
) -> None:
    release = await make_release(session, name)

    page = (await client.get(release.public_path)).text

    assert ("end of its life" in page) is is_warned


async def test_a_release_without_text_shows_the_text_of_its_page(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    page = await make_page(session, path="download/releases/2.0.1", content="All about 2.0.1.")
    await make_release(session, "Python 2.0.1", page_id=page.id)

    answer = await client.get("/downloads/release/python-201/")

    assert "All about 2.0.1." in answer.text


async def test_a_draft_is_hidden_from_guests_and_members(
    client: httpx.AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    await make_release(session, "Python 3.14.9", is_published=False)

    as_guest = await client.get("/downloads/release/python-3149/")
    await sign_in(client, session, await make_user(session), settings)
    as_member = await client.get("/downloads/release/python-3149/")

    assert as_guest.status_code == 404
    assert as_member.status_code == 404


async def test_a_draft_is_shown_to_those_who_may_see_it_and_kept_by_nobody(
    client: httpx.AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    await make_release(session, "Python 3.14.9", is_published=False)
    reader = await make_user(session, permissions=(Permission.DOWNLOADS_VIEW,))
    await sign_in(client, session, reader, settings)

    page = await client.get("/downloads/release/python-3149/")

    assert page.status_code == 200
    assert "Draft" in page.text
    assert "private" in page.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/downloads/nope/",
        "/downloads/release/nope/",
        "/downloads/latest/perl/",
        "/downloads/latest/python3.%EF%BC%91%EF%BC%92/",
    ],
)
async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404


@pytest.mark.parametrize("line", ["latest/", "latest", "latest/python3/", "latest/python3"])
async def test_latest_leads_to_the_flagged_release(client: httpx.AsyncClient, session: AsyncSession, line: str) -> None:
    await make_release(session, "Python 3.14.4", is_latest=True)
    await make_release(session, "Python 3.15.0a8", released_at=datetime(2026, 4, 7, tzinfo=UTC))

    answer = await client.get(f"/downloads/{line}")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/downloads/release/python-3144/"


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("python3.13", "/downloads/release/python-31312/"),
        ("python3.99", "/downloads/"),
        ("python2", "/downloads/"),
        ("pymanager", "/downloads/"),
        ("prerelease", "/downloads/release/python-3150a8/"),
    ],
)
async def test_latest_of_a_line_falls_back_to_all_downloads(
    client: httpx.AsyncClient, session: AsyncSession, line: str, target: str
) -> None:
    await make_release(session, "Python 3.13.1", released_at=datetime(2025, 1, 1, tzinfo=UTC))
    await make_release(session, "Python 3.13.12", released_at=datetime(2026, 2, 3, tzinfo=UTC))
    await make_release(session, "Python 3.15.0a8", released_at=datetime(2026, 4, 7, tzinfo=UTC))

    answer = await client.get(f"/downloads/latest/{line}/")

    assert answer.status_code == 302
    assert answer.headers["Location"] == target


async def test_a_system_page_lists_only_its_own_files(
    client: httpx.AsyncClient, session: AsyncSession, windows: OperatingSystem
) -> None:
    source = await make_operating_system(session, "Source release", slug="source")
    final = await make_release(session, "Python 3.14.4")
    pre_release = await make_release(session, "Python 3.15.0a8")
    own = [await make_file(session, release, windows) for release in (final, pre_release)]
    other = await make_file(session, final, source)

    page = await client.get("/downloads/windows/")

    assert page.status_code == 200
    assert all(file.url in page.text for file in own)
    assert other.url not in page.text
    assert page.text.index("Python 3.14.4") < page.text.index('id="pre-releases"') < page.text.index("Python 3.15.0a8")


@pytest.mark.parametrize("path", ["", "operating-systems/", "windows/", "release/python-3140/", "latest/", "feed.rss"])
async def test_getit_mirrors_downloads(
    client: httpx.AsyncClient, session: AsyncSession, windows: OperatingSystem, path: str
) -> None:
    await make_file(session, await make_release(session, is_latest=True), windows)

    original = await client.get(f"/downloads/{path}")
    mirror = await client.get(f"/getit/{path}")

    assert mirror.status_code == original.status_code
    assert mirror.text.replace("/getit/", "/downloads/").count("python-3140") == original.text.count("python-3140")


@pytest.mark.parametrize("path", ["/", "/downloads/", "/downloads/windows/", "/downloads/release/python-3140/"])
async def test_statements_do_not_grow_with_rows(
    client: httpx.AsyncClient, session: AsyncSession, engine: AsyncEngine, windows: OperatingSystem, path: str
) -> None:
    release = await make_release(session, "Python 3.14.0", is_latest=True)
    await make_file(session, release, windows, has_download_button=True)

    with statements(engine) as with_few:
        await client.get(path)
    for number in range(1, 12):
        other = await make_release(session, f"Python 3.13.{number}")
        await make_file(session, other, windows)
        await make_verdict(session, await make_file(session, release, windows), Kind.SIGSTORE, signer="rm@python.org")
    with statements(engine) as with_many:
        await client.get(path)

    assert len(with_many) == len(with_few)
    assert len(with_many) <= MOST_STATEMENTS


@pytest.fixture
async def release(session: AsyncSession) -> Release:
    return await make_release(session, "Python 3.14.0")


@pytest.fixture
async def file(session: AsyncSession, release: Release, windows: OperatingSystem) -> ReleaseFile:
    return await make_file(session, release, windows, sha256="ab" * 32)


async def proofs_on(client: httpx.AsyncClient, release: Release) -> list[str]:
    return texts_of((await client.get(release.public_path)).text, "span.verified")


async def test_a_file_whose_signature_was_verified_says_who_signed_it_and_when_that_was_checked(
    client: httpx.AsyncClient, session: AsyncSession, release: Release, file: ReleaseFile
) -> None:
    moment = datetime(2026, 11, 3, 4, tzinfo=UTC)
    await make_verdict(session, file, Kind.SIGSTORE, signer="<b>rm</b>@python.org", checked_at=moment)

    page = await client.get(release.public_path)

    assert "Signed by &lt;b&gt;rm&lt;/b&gt;@python.org (Sigstore), verified" in page.text
    assert "Nov. 3, 2026" in page.text


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNKNOWN, Outcome.MISSING, Outcome.UNREACHABLE])
async def test_a_signature_that_was_not_verified_is_not_told_of(
    client: httpx.AsyncClient, session: AsyncSession, release: Release, file: ReleaseFile, outcome: Outcome
) -> None:
    await make_verdict(session, file, Kind.SIGSTORE, outcome)
    await make_verdict(session, file, Kind.SHA256)

    assert await proofs_on(client, release) == []


async def test_a_signature_of_what_the_file_was_before_is_not_told_of(
    client: httpx.AsyncClient, session: AsyncSession, release: Release, file: ReleaseFile
) -> None:
    await make_verdict(session, file, Kind.SIGSTORE, signer="rm@python.org")
    file.sha256 = "cd" * 32
    await session.commit()

    assert await proofs_on(client, release) == []


async def test_a_signature_is_not_told_of_beside_a_checksum_that_failed(
    client: httpx.AsyncClient, session: AsyncSession, release: Release, file: ReleaseFile
) -> None:
    await make_verdict(session, file, Kind.SIGSTORE, signer="rm@python.org")
    await make_verdict(session, file, Kind.SHA256, Outcome.FAILED)

    assert await proofs_on(client, release) == []


async def test_a_release_page_is_tagged_with_its_release_and_not_with_all(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    release = await make_release(session, "Python 2.7.18")

    keys = (await client.get("/downloads/release/python-2718/")).headers["Surrogate-Key"].split()

    assert keys[0] == "pydotorg-app"
    assert {"downloads", f"releases/{release.id}"} <= set(keys)


async def test_a_missing_release_is_tagged_so_that_creating_it_ends_the_404(client: httpx.AsyncClient) -> None:
    keys = (await client.get("/downloads/release/python-9/")).headers["Surrogate-Key"].split()

    assert {"releases", "pages", "redirects"} <= set(keys)


async def test_the_edit_button_is_for_those_who_may_edit_this_release(
    client: httpx.AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    mine = await make_release(session, "Python 3.14.0")
    other = await make_release(session, "Python 3.13.0")
    manager = await make_user(
        session,
        is_staff=True,
        permissions=(Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT),
        scope_kind="series",
        scope_values=("3.14",),
    )

    as_guest = await client.get(f"/release-edit-button/{mine.id}")
    await sign_in(client, session, manager, settings)
    as_manager = await client.get(f"/release-edit-button/{mine.id}")
    form = await client.get(f"/admin/releases/edit/{mine.id}")
    of_other = await client.get(f"/release-edit-button/{other.id}")

    assert as_guest.text.strip() == ""
    assert f'href="/admin/releases/edit/{mine.id}"' in as_manager.text
    assert form.status_code == 200
    assert of_other.text.strip() == ""
    assert all("no-store" in answer.headers["Cache-Control"] for answer in (as_guest, as_manager, of_other))


@pytest.mark.parametrize("number", ["-1", "0", "2147483648", "9" * 40, "1e3", "x"])
async def test_an_impossible_number_of_a_release_is_no_failure(client: httpx.AsyncClient, number: str) -> None:
    answer = await client.get(f"/release-edit-button/{number}")

    assert answer.status_code in {200, 400, 404}


async def test_the_feed_has_the_ten_newest_live_releases(client: httpx.AsyncClient, session: AsyncSession) -> None:
    for day in range(1, 13):
        await make_release(session, f"Python 3.14.{day}", released_at=datetime(2026, 1, day, tzinfo=UTC))
    newest = datetime(2026, 2, 1, tzinfo=UTC)
    await make_release(session, "Python 3.15.0a1", released_at=newest, is_shown_on_download_page=False)
    await make_release(session, "Python 3.14.99", released_at=newest, is_published=False)

    answer = await client.get("/downloads/feed.rss")
    channel = ET.fromstring(answer.content).find("channel")  # noqa: S314 - the feed is our own.
    assert channel is not None
    items = channel.findall("item")

    assert answer.headers["Content-Type"].startswith("application/rss+xml")
    assert len(items) == 10
    assert items[0].findtext("title") == "Python 3.15.0a1"
    assert (
        items[0].findtext("guid") == items[0].findtext("link") == "http://testserver/downloads/release/python-3150a1/"
    )
    assert items[0].findtext("description") == "Release date: 2026-02-01 00:00:00+00:00"
    assert channel.findtext("title") == "Python Releases"
    assert channel.findtext("link") == "http://testserver/downloads/"


async def test_the_feed_tells_itself_and_every_release_by_its_whole_address(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_release(session, "Python install manager 25.0")

    channel = ET.fromstring((await client.get("/downloads/feed.rss")).content).find("channel")  # noqa: S314 - our own.
    assert channel is not None
    itself = channel.find("{http://www.w3.org/2005/Atom}link")
    item = channel.find("item")
    assert itself is not None
    assert item is not None

    assert itself.attrib == {
        "href": "http://testserver/downloads/feed.rss",
        "rel": "self",
        "type": "application/rss+xml",
    }
    assert item.findtext("guid") == "http://testserver/downloads/release/python-install-manager-250/"
    assert item.findtext("pubDate") == "Tue, 07 Oct 2025 00:00:00 +0000"
    assert channel.findtext("description") == "Latest Python releases from Python.org"


async def test_no_name_breaks_the_feed(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_release(session, "Python \x08 & <b>3.14</b> ]]>", slug="python-odd")

    answer = await client.get("/downloads/feed.rss")

    assert answer.status_code == 200
    titles = [item.text for item in ET.fromstring(answer.content).iter("title")]  # noqa: S314 - our own.
    assert titles == ["Python Releases", "Python  & <b>3.14</b> ]]>"]


async def test_the_feed_without_releases_is_empty(client: httpx.AsyncClient) -> None:
    answer = await client.get("/downloads/feed.rss")

    assert answer.status_code == 200
    assert list(ET.fromstring(answer.content).iter("item")) == []  # noqa: S314 - our own.


async def test_the_install_manager_is_offered_on_the_page_of_its_system(
    client: httpx.AsyncClient, session: AsyncSession, windows: OperatingSystem
) -> None:
    manager = await make_release(session, "Python install manager 25.0", is_latest=True)
    file = await make_file(session, manager, windows, has_download_button=True)

    page = (await client.get("/downloads/windows/")).text

    assert file.url in page
    assert 'On Windows, the <a href="/downloads/release/python-install-manager-250/">' in page
