"""How long releases are looked after, and how their files are verified, as visitors are told."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cms.downloads.instructions import Instructions
from cms.downloads.models import Release, ReleaseFile, SeriesStatus, SigningIdentity
from tests.factories.downloads import make_file, make_identity, make_operating_system, make_release, make_series
from tests.site_visits import texts_of

END_OF_LIFE, PRE_RELEASE = SeriesStatus.END_OF_LIFE, SeriesStatus.PRE_RELEASE
FTP = "https://www.python.org/ftp/python/3.14.0"
HUGO = SigningIdentity(series="3.14", email="hugo@python.org", issuer="https://github.com/login/oauth")


def day(month: int, number: int = 1) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


async def test_active_series_come_by_number_with_status_and_dates(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    for number in ("3.9", "3.14", "3.10"):
        await make_release(session, f"Python {number}.1")
    await make_series(session, "3.9", status=SeriesStatus.SECURITY, first_release="2020-10-05", end_of_life="2025-10")
    await make_series(session, "3.14", first_release="2025-10-07", end_of_life="2030-10")
    await make_series(session, "3.10", status=SeriesStatus.SECURITY)

    page = (await client.get("/downloads/")).text

    assert texts_of(page, "th.release-version") == ["3.14", "3.10", "3.9"]
    assert texts_of(page, "td.release-status") == ["bugfix", "security", "security"]
    assert texts_of(page, "td.release-start")[0] == "2025-10-07"
    assert texts_of(page, "td.release-end")[0] == "2030-10"
    assert texts_of(page, "td.release-pep")[0] == "PEP 745"


@pytest.mark.parametrize("status", [SeriesStatus.PLANNED, SeriesStatus.FEATURE, PRE_RELEASE])
async def test_a_series_to_come_is_a_pre_release_that_is_planned(
    client: httpx.AsyncClient, session: AsyncSession, status: SeriesStatus
) -> None:
    await make_release(session, "Python 3.15.0a1")
    await make_series(session, "3.15", status=status, first_release="2026-10-01")

    page = (await client.get("/downloads/")).text

    assert texts_of(page, "td.release-status") == ["pre-release"]
    assert texts_of(page, "td.release-start") == ["2026-10-01 (planned)"]
    assert 'class="button" href="/downloads/release/python-3150a1/"' in page


async def test_a_series_of_which_nothing_is_live_is_left_out(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_release(session, "Python 3.14.0")
    await make_release(session, "Python 3.15.0a1", is_published=False)
    for number, status in (("3.14", SeriesStatus.BUGFIX), ("3.15", PRE_RELEASE), ("3.16", SeriesStatus.FEATURE)):
        await make_series(session, number, status=status)

    page = (await client.get("/downloads/")).text

    assert texts_of(page, "th.release-version") == ["3.14"]


async def test_of_what_is_over_only_the_latest_is_shown_with_its_last_release(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_release(session, "Python 3.14.0")
    await make_release(session, "Python 3.9.24", released_at=day(1))
    await make_release(session, "Python 3.9.25", released_at=day(2))
    await make_release(session, "Python 3.8.20")
    await make_series(session, "3.14")
    for number in ("3.9", "3.8", "2.7"):
        await make_series(session, number, status=END_OF_LIFE)

    page = (await client.get("/downloads/")).text

    assert texts_of(page, "th.release-version") == ["3.14", "3.9"]
    assert texts_of(page, "td.release-status") == ["bugfix", "end of life, last release was 3.9.25"]
    assert '<a href="/downloads/release/python-3925/">3.9.25</a>' in page


async def test_the_newest_final_release_of_a_series_is_offered(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_release(session, "Python 3.14.4", released_at=day(4))
    await make_release(session, "Python 3.14.5rc1", released_at=day(5))
    await make_series(session, "3.14")

    page = (await client.get("/downloads/")).text

    assert 'class="button" href="/downloads/release/python-3144/" aria-label="Download Python 3.14.4"' in page


async def test_without_a_release_cycle_there_is_no_table(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_release(session, "Python 3.14.0")

    page = await client.get("/downloads/")

    assert page.status_code == 200
    assert "Active Python releases" not in page.text


async def test_the_page_ends_in_the_caches_when_a_series_changes(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_release(session, "Python 3.14.0")

    for path in ("/downloads/", "/downloads/release/python-3140/"):
        keys = (await client.get(path)).headers["Surrogate-Key"].split()
        assert "release_series" in keys


@pytest.mark.parametrize(
    ("name", "status", "is_warned"),
    [
        ("Python 3.9.1", END_OF_LIFE, True),
        ("Python 3.9.1", SeriesStatus.SECURITY, False),
        ("Python 3.9.1", None, False),
        ("Python 2.7.18", END_OF_LIFE, True),
        ("Python 2.7.18", None, True),
        ("Python 1.6", None, True),
        ("Python install manager 25.0", None, False),
    ],
)
async def test_whoever_looks_at_a_release_that_is_over_is_warned(
    client: httpx.AsyncClient, session: AsyncSession, name: str, status: SeriesStatus | None, *, is_warned: bool
) -> None:
    release = await make_release(session, name)
    if status is not None:
        await make_series(session, release.series or "", status=status, end_of_life="2025-10-31")

    page = (await client.get(release.public_path)).text

    assert ("reached the end of its life" in page) is is_warned
    assert ('on <time datetime="2025-10-31">' in page) is (is_warned and status is not None)


async def test_a_supported_release_says_until_when(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_release(session, "Python 3.12.1")
    await make_series(session, "3.12", status=SeriesStatus.SECURITY, end_of_life="2028-10")

    page = (await client.get("/downloads/release/python-3121/")).text

    assert '<time datetime="2028-10">2028-10</time> (security fixes only)' in page


async def test_cards_come_system_by_system_and_windows_offers_the_install_manager(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    release = await make_release(session, "Python 3.14.0")
    await make_release(session, "Python install manager 25.0", is_latest=True)
    for name in ("Android", "Source", "Windows", "macOS"):
        system = await make_operating_system(session, name)
        await make_file(session, release, system, has_download_button=True)

    page = (await client.get(release.public_path)).text

    assert re.findall("<h3>(.*?)</h3>", page) == ["macOS", "Windows", "Source", "Android"]
    assert page.count("/downloads/release/python-install-manager-250/") == 1


@pytest.mark.parametrize(("name", "button"), [("Python 3.4.4", True), ("Python 3.14.0", False)])
async def test_the_install_manager_is_not_offered_for_what_it_does_not_install(
    client: httpx.AsyncClient, session: AsyncSession, name: str, *, button: bool
) -> None:
    release = await make_release(session, name)
    await make_release(session, "Python install manager 25.0", is_latest=True)
    await make_file(session, release, await make_operating_system(session), has_download_button=button)

    page = (await client.get(release.public_path)).text

    assert "install-manager" not in page


async def test_a_release_with_bundles_is_verified_with_the_identity_of_its_series(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_identity(session, "3.13", email="thomas@python.org")
    await make_identity(session, "3.14", email="hugo@python.org")
    system = await make_operating_system(session, "Source release", slug="source")
    url = f"{FTP}/Python-3.14.0.tgz"
    await make_file(session, await make_release(session), system, url=url, sigstore_bundle_url=f"{url}.sigstore")

    page = (await client.get("/downloads/release/python-3140/")).text

    assert "--bundle Python-3.14.0.tgz.sigstore" in page
    assert "--cert-identity hugo@python.org" in page
    assert "--cert-oidc-issuer https://github.com/login/oauth" in page
    assert "thomas@python.org" not in page
    assert "gpg --verify" not in page
    assert "PEP 761" in page


async def test_an_older_release_is_verified_with_openpgp_first(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_identity(session, "3.12", email="thomas@python.org")
    system = await make_operating_system(session, "Source release", slug="source")
    url = f"{FTP}/Python-3.12.0.tgz"
    vouching = {"gpg_signature_url": f"{url}.asc", "sigstore_bundle_url": f"{url}.sigstore"}
    await make_file(session, await make_release(session, "Python 3.12.0"), system, url=url, **vouching)

    page = (await client.get("/downloads/release/python-3120/")).text

    assert page.index("gpg --verify Python-3.12.0.tgz.asc Python-3.12.0.tgz") < page.index("--bundle")
    assert "PEP 761" not in page


@pytest.mark.parametrize(
    ("values", "told", "untold"),
    [
        ({"sha256": "a" * 64}, "sha256sum --check", ("sigstore verify", "gpg --verify", "md5sum")),
        ({"md5": "b" * 32}, "md5sum", ("sigstore verify", "gpg --verify", "sha256sum")),
        ({}, "without checksums and signatures", ("sigstore verify", "gpg --verify", "sha256sum", "md5sum")),
    ],
)
async def test_only_what_the_files_have_is_explained(
    client: httpx.AsyncClient, session: AsyncSession, values: dict[str, str], told: str, untold: tuple[str, ...]
) -> None:
    release = await make_release(session, "Python 3.4.0")
    await make_file(session, release, await make_operating_system(session), **values)

    page = (await client.get(release.public_path)).text

    assert told in page
    assert not [words for words in untold if words in page]


async def test_bundles_of_a_series_without_identity_lead_to_the_list(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    release = await make_release(session)
    bundle = f"{FTP}/Python-3.14.0.tgz.sigstore"
    await make_file(session, release, await make_operating_system(session), sigstore_bundle_url=bundle)

    page = (await client.get(release.public_path)).text

    assert "sigstore verify identity" not in page
    assert 'href="/downloads/metadata/sigstore/"' in page


def test_a_separate_certificate_takes_the_place_of_a_bundle() -> None:
    url = f"{FTP}/Python-3.14.0.tgz"
    file = ReleaseFile(url=url, sigstore_signature_url=f"{url}.sig", sigstore_certificate_url=f"{url}.crt")

    found = Instructions.of(Release(name="Python 3.14.0"), [file], [HUGO])

    assert "--signature Python-3.14.0.tgz.sig" in found.sigstore
    assert "--certificate Python-3.14.0.tgz.crt" in found.sigstore


def test_a_command_that_is_copied_runs_nothing_else() -> None:
    url = "https://www.python.org/ftp/python/a%20b;rm -rf ~"
    file = ReleaseFile(url=url, gpg_signature_url=f"{url}.asc", sigstore_bundle_url=f"{url}.sigstore", sha256="a" * 64)

    found = Instructions.of(Release(name="Python 3.14.0"), [file], [HUGO])

    assert found.openpgp == "gpg --verify 'a b;rm -rf ~.asc' 'a b;rm -rf ~'"
    assert found.sigstore.endswith("'a b;rm -rf ~'")
    assert found.checksum == f"echo '{'a' * 64}  a b;rm -rf ~' | sha256sum --check"
