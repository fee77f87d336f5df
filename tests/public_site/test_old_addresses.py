"""Addresses of the past lead where the old web server led them."""

from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cms.redirects.old_addresses import moved
from tests.factories.pages import make_page


def test_each_address_leads_where_it_led_before(shared: Path) -> None:
    table = (shared / "reference" / "redirects.tsv").read_text(encoding="utf-8").splitlines()
    rows = [row.split("\t") for row in table if not row.startswith("#")]
    wrong = []
    for address, status, location, *quirk in rows:
        path, _, query = address.partition("?")
        found = moved(path, query)
        if not any(quirk) and (found is None or (found.target, str(found.status_code)) != (location, status)):
            wrong.append((address, location, found))

    assert wrong == []


@pytest.mark.parametrize("path", ["/helpful", "/audiobook/", "/securityx", "/windowsill/", "/psf/conductor/"])
def test_a_rule_ends_where_a_part_of_the_path_ends(path: str) -> None:
    assert moved(path) is None


async def test_an_old_address_is_answered_without_a_page_there(client: httpx.AsyncClient) -> None:
    answer = await client.get("/dev/peps/pep-0008/")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "https://peps.python.org/pep-0008/"


@pytest.mark.parametrize("path", ["/download/", "/download/mac/", "/download/windows/", "/download/source/"])
async def test_the_old_download_pages_lead_to_the_new_ones(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 301
    assert answer.headers["Location"].startswith("https://www.python.org/downloads/")


async def test_what_follows_an_old_address_stays_inside_the_target(client: httpx.AsyncClient) -> None:
    answer = await client.get("/mailman/a%0d%0aSet-Cookie:x/")

    assert "Set-Cookie" not in answer.headers
    assert "\n" not in answer.headers.get("Location", "")


async def test_other_pages_of_the_section_stay(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_page(session, path="download/other")

    answer = await client.get("/download/other/")

    assert answer.status_code == 200
