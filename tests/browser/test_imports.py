"""Export and import in a real browser: a file goes out, comes back changed, and what it would do can be read by all."""

import pytest

from tests.admin.browser import Browser
from tests.admin.test_importing import make_redirect, plan_of, targets
from tests.browser.conftest import OpenPage, violations
from tests.conftest import SITE
from tests.factories.pages import make_page

pytestmark = pytest.mark.browser

FILE = "From;To;Remark\n/same/;/there/;\n/moved/;/after/;look\n/new/;https://docs.python.org/3/;\nbad;/x/;\n/moved/;/twice/;\n"


@pytest.fixture
async def person(session, client, superuser):
    await make_redirect(session, "/same/", "/there/")
    await make_redirect(session, "/moved/", "/before/")
    return await Browser(client).sign_in(session, superuser)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_pages_of_an_import(open_page: OpenPage, person, session, scheme):
    await make_page(session, path="about", title="About")
    address, _ = await plan_of(person, "redirects", FILE)
    draft, _ = await plan_of(person, "pages", "Path,Title\nabout,About us\n")

    page = await open_page("/admin/redirects/import", color_scheme=scheme)
    found = {}
    for path in ("/admin/redirects/import", address, draft):
        await page.goto(SITE + path)
        found[path] = await violations(page)
    await page.goto(SITE + "/admin/redirects/list")
    await page.click("summary:has-text('Export')")
    found["menu"] = await violations(page)

    assert {path: told for path, told in found.items() if told} == {}
    assert page.errors == []


async def test_no_page_of_an_import_is_wider_than_a_phone(open_page: OpenPage, person):
    address, _ = await plan_of(person, "redirects", FILE)

    page = await open_page("/admin/redirects/import", viewport={"width": 360, "height": 740})
    wide = []
    for path in ("/admin/redirects/import", address):
        await page.goto(SITE + path)
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)

    assert wide == []


async def test_a_chosen_file_is_looked_over_and_imported(open_page: OpenPage, person, session):
    page = await open_page("/admin/redirects/list")

    await page.click("main a:text-is('Import')")
    await page.set_input_files("#file", {"name": "moves.csv", "mimeType": "text/csv", "buffer": FILE.encode()})
    await page.click("text=Show what would change")
    told = await page.inner_text("main")
    await page.check("[name=leave_out]")
    await page.click("button:has-text('Import 2 rows')")

    assert "This column of the file is not read: “Remark”." in told
    assert "Imported: 1 new, 1 changed" in await page.inner_text("main")
    assert await targets(session) == {
        "/moved/": "/after/", "/new/": "https://docs.python.org/3/", "/same/": "/there/",
    }  # fmt: skip
