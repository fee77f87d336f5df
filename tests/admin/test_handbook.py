"""The staff's handbook inside the back office."""

import re

import pytest

from admin.handbook import HANDBOOK
from cms.core.permissions import SHIPPED_ROLES
from tests.admin.browser import Browser, text_of
from tests.factories.users import make_user

LINK = re.compile(r"\]\((?P<target>[^)]+)\)")
PAGES = sorted(path.name for path in HANDBOOK.glob("*.md"))


@pytest.mark.parametrize("name", PAGES)
async def test_every_page_is_shown_and_all_that_it_points_to_is_there(browser, name):
    shown = await browser.get(f"/admin/handbook/{name}")
    targets = LINK.findall((HANDBOOK / name).read_text())

    assert shown.status_code == 200
    for target in targets:
        assert (await browser.get(f"/admin/handbook/{target}")).status_code == 200, target


@pytest.mark.parametrize("name", ["nothing.md", "index", "..%2Foperations.md", "images", "images/nothing.png"])
async def test_what_is_no_page_of_the_handbook_is_not_found(browser, name):
    assert (await browser.get(f"/admin/handbook/{name}")).status_code == 404


@pytest.mark.parametrize(
    ("role", "shown", "page"),
    [
        ("release-manager", "releases/list", "release-manager.md"),
        ("web-editor", "pages/list", "web-editor.md"),
        ("communications", "pages/list", "communications.md"),
        ("volunteer", "pages/create", "volunteer.md"),
        ("auditor", "pages/list", "index.md"),
        ("auditor", "", "index.md"),
    ],
)
async def test_help_leads_to_the_page_of_those_who_do_this_work(client, session, role, shown, page):
    permissions = tuple(SHIPPED_ROLES[role].permissions)
    browser = await Browser(client).sign_in(session, await make_user(session, is_staff=True, permissions=permissions))

    answer = await browser.get(f"/admin/{shown}")

    assert f'href="/admin/handbook/{page}">Help</a>' in answer.text


async def test_every_role_finds_itself_in_the_handbook(browser):
    told = text_of((await browser.get("/admin/handbook/index.md")).text)
    told += text_of((await browser.get("/admin/handbook/other-roles.md")).text)

    assert all(role.label in told for role in SHIPPED_ROLES.values())
