"""Switches in a list: where the role may edit the row, by the rules of its form, and never over somebody's change."""

from cms.core.permissions import Permission
from tests.admin.browser import Browser, text_of
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.users import make_user

EDITS = (Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT)
PUBLISHES = (*EDITS, Permission.DOWNLOADS_PUBLISH)
SWITCH = 'class="toggle"'


def address(release, column="is_shown_on_download_page"):
    return f"/admin/releases/toggle/{release.id}/{column}"


async def switch(browser, place, *, to="no", version=1, script=False):
    data = {"csrf_token": await browser.token(), "change": f"{to}/{version}"}
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json" if script else "text/html"}
    return await browser.client.post(place, data=data, headers=headers)


async def test_a_switch_changes_its_column_and_leads_back_to_the_list(browser, session):
    release = await make_release(session)

    answer = await switch(browser, f"{address(release)}?from=search%3Dpython")

    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/releases/list?search=python")
    await session.refresh(release)
    assert release.is_shown_on_download_page is False
    told = text_of((await browser.get("/admin/releases/list")).text)
    assert "“Python 3.14.0”, On the download page: no." in told


async def test_the_script_is_answered_with_the_new_state(browser, session):
    release = await make_release(session)

    answer = await switch(browser, address(release), script=True)

    told = "“Python 3.14.0”, On the download page: no."
    assert answer.json() == {"is_on": False, "version": "2", "told": told}


async def test_a_row_that_somebody_else_changed_meanwhile_is_left_alone(browser, session):
    release = await make_release(session)
    release.name = "Python 3.14.1"
    await session.commit()

    answer = await switch(browser, address(release), script=True)

    assert answer.status_code == 409
    assert "Somebody else changed this row meanwhile" in answer.json()["problem"]
    await session.refresh(release)
    assert release.is_shown_on_download_page is True


async def test_switches_are_shown_only_on_rows_that_the_person_may_edit(client, session):
    await make_release(session, "Python 3.14.0")
    await make_release(session, "Python 3.13.0")
    manager = await make_user(session, permissions=PUBLISHES, scope_kind="series", scope_values=("3.14",))
    reader = await make_user(session, permissions=EDITS[:1])
    browser = await Browser(client).sign_in(session, manager)

    managers = (await browser.get("/admin/releases/list")).text
    readers = (await (await browser.sign_in(session, reader)).get("/admin/releases/list")).text

    assert (managers.count(SWITCH), readers.count(SWITCH)) == (1, 0)


async def test_what_is_live_is_switched_only_by_those_who_may_publish_it(client, session):
    live, draft = await make_release(session), await make_release(session, "Python 3.13.0", is_published=False)
    editor = await make_user(session, permissions=EDITS)
    browser = await Browser(client).sign_in(session, editor)

    shown = (await browser.get("/admin/releases/list")).text
    refused = await switch(browser, address(live), script=True)
    done = await switch(browser, address(draft), script=True)

    assert shown.count(SWITCH) == 1
    assert (refused.status_code, done.status_code) == (403, 200)


async def test_outside_of_a_scope_there_is_nothing_to_switch(client, session):
    release = await make_release(session, "Python 3.13.0")
    manager = await make_user(session, permissions=PUBLISHES, scope_kind="series", scope_values=("3.14",))
    reader = await make_user(session, permissions=EDITS[:1])
    browser = await Browser(client).sign_in(session, manager)

    outside = await switch(browser, address(release))
    unpermitted = await switch(await browser.sign_in(session, reader), address(release))

    assert (outside.status_code, unpermitted.status_code) == (403, 403)


async def test_a_rule_of_the_database_is_told_in_a_sentence(browser, session):
    release, system = await make_release(session), await make_operating_system(session)
    await make_file(session, release, system, has_download_button=True)
    other = await make_file(session, release, system)

    place = f"/admin/release-files/toggle/{other.id}/has_download_button"
    answer = await switch(browser, place, to="yes", script=True)

    assert answer.status_code == 422
    assert "Only one Release File per OS" in answer.json()["problem"]


async def test_nobody_switches_off_their_own_account(browser, session, superuser):
    answer = await switch(browser, f"/admin/users/toggle/{superuser.id}/is_active", script=True)

    assert answer.status_code == 403
    assert "You cannot change your own rights" in answer.json()["problem"]


async def test_only_declared_columns_are_switched(browser, session):
    release = await make_release(session)

    assert (await switch(browser, address(release, "is_published"))).status_code == 404
    assert (await switch(browser, address(release), to="maybe")).status_code == 422
    assert (await switch(browser, "/admin/releases/toggle/999999/is_shown_on_download_page")).status_code == 404
