"""The staff's handbook inside the back office."""

import re
from pathlib import Path

import pytest
from lxml import html

from admin.handbook import HANDBOOK, TOLD_OF_AREAS, TOLD_OF_PAGES
from cms.core.permissions import SHIPPED_ROLES
from tests import screenshots
from tests.admin.browser import Browser, text_of
from tests.factories.users import make_user

LINK = re.compile(r"\]\((?P<target>[^)]+)\)")
PICTURE = re.compile(r"\(images/(?P<name>[a-z-]+)\.png\)")
TAKEN = re.compile(r"desk\.shoot\(\s*\"(?P<name>[a-z-]+)\"")
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
    ("role", "shown", "told"),
    [
        ("release-manager", "releases/list", "release-manager.md"),
        ("web-editor", "pages/list", "web-editor.md#write-a-page"),
        ("web-editor", "redirects/create", "web-editor.md#lead-an-old-address-somewhere"),
        ("communications", "pages/list", "communications.md#write-a-page"),
        ("volunteer", "pages/create", "volunteer.md#write-a-page"),
        ("volunteer", "reviews", "drafts.md#have-it-reviewed"),
        ("web-editor", "reviews", "drafts.md#review-what-others-have-written"),
        ("auditor", "pages/list", "index.md"),
        ("auditor", "operations/search", "auditor.md#see-whether-all-is-well"),
        ("auditor", "search", "index.md#find-anything"),
        ("auditor", "history", "auditor.md#see-who-changed-what"),
        ("auditor", "", "index.md"),
    ],
)
async def test_help_leads_to_the_passage_for_those_who_do_this_work(client, session, role, shown, told):
    permissions = tuple(SHIPPED_ROLES[role].permissions)
    browser = await Browser(client).sign_in(session, await make_user(session, is_staff=True, permissions=permissions))

    page = html.fromstring((await browser.get(f"/admin/{shown}")).text)

    assert page.xpath("//header//a[text()='Help']/@href") == [f"/admin/handbook/{told}"]


async def test_every_passage_that_help_leads_to_is_there(browser):
    places = {place for told in (*TOLD_OF_AREAS.values(), *TOLD_OF_PAGES.values()) for place, _ in told}
    missing = []
    for place in sorted(places):
        name, _, section = place.partition("#")
        page = html.fromstring((await browser.get(f"/admin/handbook/{name}")).text)
        if section and not page.xpath(f"//h2[@id='{section}']"):
            missing.append(place)

    assert missing == []


async def test_every_role_finds_itself_in_the_handbook(browser):
    told = text_of((await browser.get("/admin/handbook/index.md")).text)
    told += text_of((await browser.get("/admin/handbook/other-roles.md")).text)

    assert all(role.label in told for role in SHIPPED_ROLES.values())


def test_every_picture_is_named_taken_by_the_program_and_there():
    named = {name for page in PAGES for name in PICTURE.findall((HANDBOOK / page).read_text())}
    taken = set(TAKEN.findall(Path(screenshots.__file__).read_text()))
    there = {path.stem for path in (HANDBOOK / "images").glob("*.png")}

    assert named - taken == set(), "`make screenshots` takes no such picture."
    assert taken - named == set(), "No page of the handbook shows this picture."
    assert there == named
