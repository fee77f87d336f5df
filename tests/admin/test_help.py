"""Help in place: each field says what it is for, hints are given once, and keys can be switched off."""

import pytest
from sqlalchemy import select
from wtforms import HiddenField

from admin.app import VIEWS
from admin.back_office import BackOffice
from admin.forms import every_field
from cms.users.models import UserPreferences
from tests.admin.browser import text_of

SAID_BY_THE_FORM = {"is_removed"}


@pytest.fixture
def office(resources):
    return BackOffice(resources, views=VIEWS, routes=[], previews=None)


@pytest.mark.parametrize("identity", [view.identity for view in VIEWS if view.can_create or view.can_edit])
async def test_every_field_says_what_it_is_for(office, superuser, identity):
    made = office.view_called(identity)
    form = (await made.form_class(superuser, is_new=False))()
    rows = [inline.blank(form) for inline in made.inlines if inline.relation in form]
    fields = [field for shown in (form, *rows) for field in every_field(shown) if not isinstance(field, HiddenField)]

    assert [field.name for field in fields if not field.description and field.short_name not in SAID_BY_THE_FORM] == []


async def test_hints_are_shown_until_they_are_read_and_then_never_again(browser):
    first = text_of((await browser.get("/admin/")).text)
    answer = await browser.post(
        "/admin/preferences/close-hints", {"hints": ["search", "menu", "waiting"], "next": "/admin/"}
    )
    second = text_of((await browser.get("/admin/")).text)
    of_lists = text_of((await browser.get("/admin/pages/list")).text)

    assert "Find anything." in first
    assert answer.headers["location"] == "/admin/"
    assert "Find anything." not in second
    assert "Narrow the list." in of_lists


async def test_hints_can_be_shown_once_more(browser):
    await browser.post("/admin/preferences/close-hints", {"hints": ["search", "menu", "waiting"]})

    answer = await browser.post("/admin/preferences/show-hints", {})

    assert answer.status_code == 303
    assert "Find anything." in text_of((await browser.get("/admin/")).text)


async def test_what_is_no_hint_is_not_kept(browser, session):
    await browser.post("/admin/preferences/close-hints", {"hints": ["menu", "x" * 1000]})

    assert await session.scalar(select(UserPreferences.seen_hints)) == ["menu"]


async def test_closing_a_hint_leads_nowhere_but_into_the_back_office(browser):
    answer = await browser.post("/admin/preferences/close-hints", {"next": "https://example.com/admin/"})

    assert answer.headers["location"] == "/admin/"


async def test_a_person_can_switch_off_that_single_keys_are_shortcuts(browser):
    on = (await browser.get("/admin/")).text
    await browser.post("/admin/preferences/shortcuts", {})
    off = (await browser.get("/admin/")).text
    await browser.post("/admin/preferences/shortcuts", {"has_shortcuts": "y"})
    on_again = (await browser.get("/admin/")).text

    assert ["data-without-keys" in page for page in (on, off, on_again)] == [False, True, False]


async def test_choosing_something_changes_nothing_that_others_see(browser, session, superuser):
    version = superuser.lock_version

    await browser.post("/admin/preferences/shortcuts", {})

    await session.refresh(superuser)
    assert superuser.lock_version == version
