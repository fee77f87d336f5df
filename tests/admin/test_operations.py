"""Operations, the history and the first page."""

import re

from sqlalchemy import select

from cms.core.outbox import MessageStatus, OutboxMessage
from cms.core.permissions import SHIPPED_ROLES, Permission
from tests.admin.browser import Browser, text_of
from tests.factories.downloads import make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user


async def failed_task(session):
    message = OutboxMessage(
        task="purge_keys", arguments={"keys": ["x"]}, status=MessageStatus.FAILED, error="No answer."
    )
    session.add(message)
    await session.commit()
    return message


async def test_a_failed_task_is_shown_with_its_error_and_run_again(browser, session):
    message = await failed_task(session)

    shown = text_of((await browser.get("/admin/operations")).text)
    answer = await browser.post("/admin/operations/run-again", {"pks": message.id})

    assert "No answer." in shown
    assert answer.status_code == 303
    await session.refresh(message)
    assert message.status == MessageStatus.WAITING


async def test_who_only_looks_runs_nothing(client, session):
    message = await failed_task(session)
    auditor = await make_user(session, permissions=tuple(SHIPPED_ROLES["auditor"].permissions))
    browser = await Browser(client).sign_in(session, auditor)

    assert (await browser.get("/admin/operations")).status_code == 200
    assert (await browser.post("/admin/operations/run-again", {"pks": message.id})).status_code == 403
    await session.refresh(message)
    assert message.status == MessageStatus.FAILED


async def test_a_purge_by_key_is_work_of_the_outbox(browser, session):
    answer = await browser.post("/admin/operations/purge", {"keys": "releases, pages/42"})
    refused = await browser.post("/admin/operations/purge", {"keys": ""})

    assert (answer.status_code, refused.status_code) == (303, 422)
    tasks = select(OutboxMessage).where(OutboxMessage.task == "purge_keys").order_by(OutboxMessage.id.desc())
    message = (await session.scalars(tasks)).first()
    assert message.arguments == {"keys": ["pages/42", "releases"]}


async def test_the_search_is_built_anew_by_a_task(browser, session):
    assert (await browser.post("/admin/operations/reindex", {})).status_code == 303
    assert await session.scalar(select(OutboxMessage.task).where(OutboxMessage.task == "rebuild_search")) is not None


async def test_the_history_is_narrowed_by_person_and_table(browser, session):
    page, release = await make_page(session, title="A page"), await make_release(session, "Python 3.14.0")
    await browser.save(f"/admin/pages/edit/{page.id}", title="Changed page")
    await browser.save(f"/admin/releases/edit/{release.id}", release_notes_url="https://docs.python.org/")

    by_table = text_of((await browser.get("/admin/history", table="pages", person="superuser")).text)
    by_nobody = text_of((await browser.get("/admin/history", person="nobody", day="not a day")).text)

    assert "Changed page" in by_table
    assert "Release notes URL" not in by_table
    assert "Nothing is recorded here." in by_nobody


async def test_the_history_tells_moments_as_people_read_them(browser, session):
    page = await make_page(session, is_published=False)
    await browser.save(f"/admin/pages/edit/{page.id}", press="decide:publish")

    told = text_of((await browser.get(f"/admin/pages/history/{page.id}")).text)

    assert re.search(r"First published at\s*—\s*\d{4}-\d\d-\d\d \d\d:\d\d UTC", told)


async def test_the_first_page_shows_what_waits_for_a_release_manager(client, session):
    await make_release(session, "Python 3.14.1", is_latest=True)
    await make_release(session, "Python 3.14.2", is_published=False)
    await make_page(session, title="Draft of a page", is_published=False)
    manager = await make_user(session, permissions=tuple(SHIPPED_ROLES["release-manager"].permissions))
    browser = await Browser(client).sign_in(session, manager)

    shown = text_of((await browser.get("/admin/")).text)

    assert "Latest releases" in shown
    assert "Drafts of others: releases" in shown
    assert "Python 3.14.2" in shown
    assert "Draft of a page" not in shown


async def test_the_menu_shows_only_what_the_roles_open(client, session):
    reader = await make_user(session, permissions=(Permission.BOXES_VIEW,))
    browser = await Browser(client).sign_in(session, reader)

    page = (await browser.get("/admin/")).text

    assert "/admin/boxes/list" in page
    assert "/admin/pages/list" not in page
    assert "/admin/operations" not in page
