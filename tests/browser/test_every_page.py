"""Every page of the back office, whichever there are: nothing for axe to find, light and dark, and room on a phone."""

import pytest

from cms.core.outbox import MessageStatus, OutboxMessage
from tests.admin.browser import Browser
from tests.browser.conftest import CONTRAST, OpenPage, violations
from tests.browser.places import GROUPS, addresses, rows_of_every_kind
from tests.conftest import SITE

pytestmark = pytest.mark.browser

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
ALWAYS_THERE = ("list", "details", "history")
IS_WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
async def rows(session, client, resources, superuser):
    """A row of each kind, and a superuser who is signed in."""
    session.add(OutboxMessage(task="purge_keys", arguments={}, status=MessageStatus.FAILED, error="It did not answer."))
    await Browser(client).sign_in(session, superuser)
    return await rows_of_every_kind(session, resources, superuser)


@pytest.mark.parametrize("group", GROUPS)
async def test_every_page_is_for_everybody(open_page: OpenPage, rows, group):
    page = await open_page("/admin/", viewport=DESKTOP, reduced_motion="reduce")
    found = {}
    for address in addresses(group, rows):
        answer = await page.goto(SITE + address)
        assert answer.status < 500, address
        assert answer.ok or not address.removeprefix(f"/admin/{group}/").startswith(ALWAYS_THERE), address
        told = await violations(page)
        await page.emulate_media(color_scheme="dark")
        told += [f"dark: {violation}" for violation in await violations(page, CONTRAST)]
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size(PHONE)
        told += ["wider than a phone"] if await page.evaluate(IS_WIDER) else []
        await page.set_viewport_size(DESKTOP)
        found[address] = told

    assert {address: told for address, told in found.items() if told} == {}
    assert [error for error in page.errors if "Failed to load resource" not in error] == []
