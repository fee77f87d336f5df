"""The public site in a real browser: readable by everyone, in light and dark, on phones, and without JavaScript."""

from datetime import UTC, datetime

import httpx
import pytest
from playwright.async_api import ViewportSize
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import Permission
from cms.core.settings import Settings
from cms.downloads.models import SeriesStatus
from tests.browser.conftest import OpenPage, violations
from tests.factories.boxes import make_box
from tests.factories.downloads import (
    make_file,
    make_identity,
    make_key,
    make_operating_system,
    make_release,
    make_series,
)
from tests.factories.menus import line, make_menu
from tests.factories.pages import make_page
from tests.factories.users import make_user
from tests.site_visits import sign_in

pytestmark = pytest.mark.browser

PAGES = [
    "/",
    "/downloads/",
    "/downloads/operating-systems/",
    "/downloads/windows/",
    "/downloads/release/python-3140/",
    "/downloads/release/python-278/",
    "/downloads/metadata/sigstore/",
    "/downloads/metadata/pgp/",
    "/about/",
    "/about/help/",
    "/search/",
    "/search/?q=python",
    "/accounts/login/",
    "/nope/",
]
PHONE: ViewportSize = {"width": 320, "height": 640}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
SIDECARS = {
    "gpg_signature_url": "https://www.python.org/ftp/python/x.asc",
    "sbom_spdx_url": "https://www.python.org/ftp/python/x.spdx.json",
    "sigstore_bundle_url": "https://www.python.org/ftp/python/x.sigstore",
}
TEXT = """
## A heading

A paragraph with `code`, a [link](/about/) and a quotation:

> Now is better than never.

| Name | A rather long heading | Another one | And the last |
|------|-----------------------|-------------|--------------|
| one  | a_rather_long_word_that_does_not_break_by_itself | two | three |

```python
print("A line of code that is much longer than any phone is wide, so that it has to be scrolled.")
```
"""


@pytest.fixture(autouse=True)
async def content(session: AsyncSession) -> None:
    systems = [await make_operating_system(session, name) for name in ("Windows", "macOS", "Source release")]
    latest = await make_release(
        session, "Python 3.14.4", is_latest=True, content=TEXT, released_at=datetime(2026, 4, 7, tzinfo=UTC)
    )
    older = await make_release(session, "Python 3.14.0", content=TEXT)
    oldest = await make_release(session, "Python 2.7.8", released_at=datetime(2014, 7, 2, tzinfo=UTC))
    await make_release(session, "Python 3.15.0a8")
    for system in systems:
        for release in (latest, older):
            values = {"sha256": "a" * 64, "size": 12_345_678, "description": "Recommended", **SIDECARS}
            await make_file(session, release, system, has_download_button=True, **values)
        await make_file(session, oldest, system, md5="b" * 32, gpg_signature_url=SIDECARS["gpg_signature_url"])
    await make_series(session, "3.14")
    await make_series(session, "2.7", status=SeriesStatus.END_OF_LIFE)
    await make_identity(session, "3.14")
    await make_key(session, public_key="-----BEGIN PGP PUBLIC KEY BLOCK-----\n" + "mQINBE" * 20)
    entries = [("About", "/about/", 0), ("Help", "/about/help/", 1), ("Downloads", "/downloads/", 0)]
    await make_menu(session, *(line(label, target, depth) for label, target, depth in entries))
    await make_page(session, path="about", title="About Python", content=TEXT)
    await make_page(session, path="about/help", title="Help", content=TEXT)
    for label in ("homepage-get-started", "homepage-documentation", "homepage-jobs", "download-pgp", "download-dev"):
        await make_box(session, label=label, content=f"## {label}\n\nSome *text* and [a link](/about/).")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_for_everyone_on_every_screen(open_page: OpenPage, path: str) -> None:
    page = await open_page(path, viewport=DESKTOP)

    in_light = await violations(page)
    await page.emulate_media(color_scheme="dark")
    in_dark = await violations(page)
    await page.set_viewport_size(PHONE)
    on_a_phone = await violations(page)
    width = await page.evaluate("document.documentElement.scrollWidth")

    assert (in_light, in_dark, on_a_phone) == ([], [], [])
    assert width <= PHONE["width"]
    assert [error for error in page.errors if "404" not in error] == []  # type: ignore[attr-defined]  # set by the fixture.


async def test_a_table_is_a_table_even_where_it_is_laid_out_as_blocks(open_page: OpenPage) -> None:
    page = await open_page("/downloads/release/python-3140/", viewport=PHONE)

    row = page.locator("table.files[role=table] tbody[role=rowgroup] tr[role=row]").first

    assert await row.locator("th[role=rowheader]").count() == 1
    assert await row.locator("td:not([role=cell])").count() == 0


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_works_without_javascript(open_page: OpenPage, path: str) -> None:
    page = await open_page(path, java_script_enabled=False, viewport=PHONE)

    assert await page.locator("main h1").count() == 1
    assert await page.get_by_role("navigation", name="Main").get_by_role("link", name="Downloads").is_visible()
    assert await page.get_by_role("banner").get_by_role("link", name="Sign in").is_visible()


async def test_the_search_works_without_javascript(open_page: OpenPage) -> None:
    page = await open_page("/", java_script_enabled=False, viewport=DESKTOP)

    await page.get_by_label("Search this site").fill("python")
    await page.get_by_role("button", name="Go").click()

    await page.wait_for_url("**/search/?q=python")


async def test_the_keyboard_reaches_the_content_first(open_page: OpenPage) -> None:
    page = await open_page("/downloads/", viewport=DESKTOP)

    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    assert await page.evaluate("document.activeElement.id") == "content"


async def test_the_visitors_system_comes_first(open_page: OpenPage) -> None:
    agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15"
    page = await open_page("/downloads/", user_agent=agent)

    first = page.locator(".systems > li").first

    assert await first.get_attribute("data-system") == "macos"
    assert "is-yours" in (await first.get_attribute("class") or "")


async def test_staff_get_their_menu_and_edit_button_on_the_page_of_everyone(
    open_page: OpenPage, client: httpx.AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    await sign_in(client, session, await make_user(session, permissions=(Permission.DOWNLOADS_EDIT,)), settings)

    page = await open_page("/downloads/release/python-3140/", viewport=DESKTOP)

    assert await page.get_by_role("link", name="Edit this release").is_visible()
    assert await page.get_by_role("link", name="Back office").is_visible()
    assert await violations(page) == []


async def test_guests_get_no_edit_button(open_page: OpenPage) -> None:
    page = await open_page("/downloads/release/python-3140/", viewport=DESKTOP)

    assert await page.get_by_role("link", name="Edit this release").count() == 0
