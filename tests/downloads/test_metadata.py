"""The pages about signatures, keys and bills of materials, which a page of the editors replaces."""

import re

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cms.redirects.models import Redirect
from tests.factories.downloads import make_file, make_identity, make_key, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.site_visits import texts_of

SIGSTORE, KEYS = "/downloads/metadata/sigstore/", "/downloads/metadata/pgp/"
PAGES = ["/downloads/metadata/", SIGSTORE, KEYS, "/downloads/metadata/sbom/", "/downloads/verify/"]
BLOCK = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINBE\n-----END PGP PUBLIC KEY BLOCK-----"


def first_table(html: str) -> list[list[str]]:
    """Return the cells of the first table of a page, as programs read it."""
    table = html.partition("<table")[2].partition("</table>")[0]
    rows = re.findall(r"<tr\b.*?</tr>", table, re.DOTALL)
    cells = [re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub("<[^>]+>", "", cell).split()) for cell in row] for row in cells]


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_is_there_before_anybody_wrote_anything(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)

    assert page.status_code == 200
    assert (await client.get(path.rstrip("/"))).headers["Location"] == path


async def test_the_first_table_tells_whose_signature_counts(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_identity(session, "3.14", email="hugo@python.org", pep=745)
    await make_identity(session, "3.9", email="lukasz@langa.pl", pep=None)

    page = (await client.get(SIGSTORE)).text

    assert first_table(page) == [
        ["Release", "PEP", "Release manager", "OIDC Issuer"],
        ["3.9", "", "lukasz@langa.pl", "https://github.com/login/oauth"],
        ["3.14", "PEP 745", "hugo@python.org", "https://github.com/login/oauth"],
    ]


async def test_the_command_is_that_of_the_latest_release(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_release(session, "Python 3.14.4", is_latest=True)
    await make_identity(session, "3.14", email="hugo@python.org")
    await make_identity(session, "3.17", email="savannah@python.org")

    page = (await client.get(SIGSTORE)).text

    assert "--bundle Python-3.14.4.tgz.sigstore" in page
    assert "--cert-identity hugo@python.org" in page


async def test_the_keys_are_listed_by_fingerprint(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_key(session, "Pablo Galindo Salgado", fingerprint="A035C8C19219BA821ECEA86B64E628F8D684696D")
    await make_key(session, "Georg Brandl", fingerprint="0A5B101836580288", is_retired=True)

    page = (await client.get(KEYS)).text

    assert texts_of(page, "code.fingerprint") == [
        "A035 C8C1 9219 BA82 1ECE A86B 64E6 28F8 D684 696D",
        "0A5B 1018 3658 0288",
    ]
    assert page.count("Key ID:") == 1
    assert "--recv-keys A035C8C19219BA821ECEA86B64E628F8D684696D" in page


async def test_a_key_id_alone_is_never_the_example(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_key(session, "Georg Brandl", fingerprint="0A5B101836580288")

    page = (await client.get(KEYS)).text

    assert "--recv-keys" not in page


async def test_all_keys_can_be_imported_at_once(client: httpx.AsyncClient, session: AsyncSession) -> None:
    before = await client.get(f"{KEYS}keys.asc")
    for digit in "AB":
        await make_key(session, fingerprint=digit * 40, public_key=BLOCK)
    await make_key(session, fingerprint="C" * 40)

    answer = await client.get(f"{KEYS}keys.asc")

    assert before.status_code == 404
    assert answer.headers["Content-Type"].startswith("application/pgp-keys")
    assert answer.text.count("BEGIN PGP PUBLIC KEY BLOCK") == 2


async def test_the_newest_release_with_a_bill_of_materials_is_named(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    system = await make_operating_system(session)
    for name in ("Python 3.14.0", "Python 3.13.0"):
        await make_file(session, await make_release(session, name), system, sbom_spdx_url="https://www.python.org/s")
    await make_file(session, await make_release(session, "Python 3.12.0"), system)

    page = (await client.get("/downloads/metadata/sbom/")).text

    assert re.findall(r"/downloads/release/([^/]+)/#files", page) == ["python-3140", "python-3130"]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_of_the_editors_is_shown_instead(
    client: httpx.AsyncClient, session: AsyncSession, path: str
) -> None:
    await make_page(session, path=path.strip("/"), content="Written by hand.")

    page = await client.get(path)

    assert "Written by hand." in page.text
    assert "In this section" not in page.text


async def test_a_draft_of_the_editors_hides_nothing(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_page(session, path=SIGSTORE.strip("/"), content="Not yet.", is_published=False)

    page = await client.get(SIGSTORE)

    assert page.status_code == 200
    assert "Not yet." not in page.text


async def test_a_redirect_of_the_editors_is_followed_instead(client: httpx.AsyncClient, session: AsyncSession) -> None:
    session.add(Redirect(old_path=SIGSTORE, new_path="/elsewhere/"))
    await session.commit()

    answer = await client.get(SIGSTORE)

    assert answer.status_code == 301
    assert answer.headers["Location"] == "/elsewhere/"


async def test_a_page_ends_in_the_caches_when_a_row_or_a_page_takes_its_place(client: httpx.AsyncClient) -> None:
    keys = (await client.get(SIGSTORE)).headers["Surrogate-Key"].split()

    assert {"signing_identities", "pages", "redirects"} <= set(keys)


async def test_the_sitemap_names_each_address_once(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_page(session, path=SIGSTORE.strip("/"))

    sitemap = (await client.get("/sitemap.xml")).text

    assert [sitemap.count(f"{path}</loc>") for path in PAGES] == [1] * len(PAGES)
