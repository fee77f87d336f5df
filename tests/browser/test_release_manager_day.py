"""A release manager's day in a real browser: from signing in to the published release, its search and its history."""

import pytest
from sqlalchemy import select

from cms.core.outbox import OutboxMessage
from cms.core.permissions import SHIPPED_ROLES
from cms.core.resources import Resources
from cms.core.search import index_rows
from tests.browser.conftest import OpenPage, violations
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.users import PASSWORD, make_user

pytestmark = pytest.mark.browser

SHA = "ab" * 32
FOLDER = "https://www.python.org/ftp/python/"
FILE_LIST = "\n".join(
    (
        f"{SHA}  Python-3.14.9.tar.xz",
        f"{SHA}  python-3.14.9-amd64.exe",
        f"{SHA}  python-3.14.9-macos11.pkg",
        "-rw-r--r-- 1 user group 29900480 Nov 21 06:38 python-3.14.9-amd64.exe",
        "python-3.14.9-amd64.exe.sigstore",
    )
)


async def index(resources: Resources) -> None:
    """Do what the worker does with the messages that the publication left."""
    async with resources.sessionmaker() as session:
        for message in await session.scalars(select(OutboxMessage).where(OutboxMessage.task == "index_rows")):
            await index_rows(resources, message.arguments["index"], message.arguments["ids"])


async def test_an_empty_release_is_filled_from_a_list_published_found_and_recorded(
    open_page: OpenPage, session, resources, one_at_a_time
):
    await make_user(
        session, username="rm", is_staff=True, permissions=tuple(SHIPPED_ROLES["release-manager"].permissions)
    )
    for name, slug in (("Windows", "windows"), ("macOS", "macos")):
        await make_operating_system(session, name, slug=slug)
    source = await make_operating_system(session, "Source release", slug="source")
    before = await make_release(session, "Python 3.14.8", is_latest=True)
    await make_file(session, before, source, url=f"{FOLDER}3.14.8/Python-3.14.8.tar.xz", is_source=True, sha256=SHA)

    page = await open_page("/accounts/login/?next=/admin/releases/create")
    await page.fill("[name=username]", "rm")
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_selector("html[data-ready]")

    await page.fill("#name", "Python 3.14.9")
    assert await page.input_value("#slug") == "python-3149"
    assert await page.input_value("#release_notes_url") == (
        "https://docs.python.org/release/3.14.9/whatsnew/changelog.html"
    )
    await page.check("#is_latest")
    await page.fill("#content", "This is the *ninth* maintenance release.")
    await page.click(".markup-toggle")
    await page.wait_for_selector(".markup-preview em")
    await page.click(".save-bar button:has-text('Save draft')")
    await page.wait_for_selector("html[data-ready]")
    await page.goto("http://testserver/admin/releases/list?search=3.14.9")
    await page.click("text=Python 3.14.9")
    await page.wait_for_selector("h1:has-text('Python 3.14.9')")
    form = page.url

    await page.click(".page-actions a:has-text('Cockpit')")
    await page.click("button:has-text('Publish now')")
    await page.wait_for_selector(".notice-danger:has-text('It has no files.')")
    assert await violations(page) == []
    await page.goto(form)
    await page.fill("#file_list", FILE_LIST)
    await page.click("button:has-text('Read the list')")
    await page.wait_for_selector("text=3 files were read from the list.")
    assert await violations(page) == []

    await page.click(".save-bar button:has-text('Save draft')")
    await page.wait_for_selector("html[data-ready]")
    await page.goto(form)
    await page.click(".page-actions a:has-text('Cockpit')")
    await page.wait_for_selector("text=Python 3.14.8 is no longer the latest of its line then.")
    await page.click("button:has-text('Publish now')")
    await page.wait_for_selector("text=“Python 3.14.9” is live.")
    assert await violations(page) == []
    await page.wait_for_load_state("networkidle")
    async with one_at_a_time:  # The cockpit goes on asking how far the publication has come.
        await index(resources)

    await page.goto("http://testserver/downloads/")
    assert "Python 3.14.9" in await page.inner_text("body")
    await page.goto("http://testserver/downloads/release/python-3149/")
    assert "ninth" in await page.inner_text("body")
    assert SHA in (await page.content()).replace("<wbr>", "")
    await page.goto("http://testserver/search/?q=Python+3.14.9")
    assert "Python 3.14.9" in await page.inner_text("main")

    await page.goto("http://testserver/admin/releases/list?search=3.14.9")
    await page.click("text=Python 3.14.9")
    await page.wait_for_selector("h1:has-text('Python 3.14.9')")
    await page.click(".page-actions a:has-text('History')")
    await page.wait_for_selector("h1:has-text('History of')")
    told = await page.inner_text("main")
    assert "rm" in told
    assert "publish" in told
    assert [error for error in page.errors if "status of 422" not in error] == []
