"""The first page: each role sees the work that waits for it, in a few statements, and learns of changes."""

from datetime import timedelta

import pytest
from lxml import html
from sqlalchemy import event, select

from cms.core import audit, publishing, reviewing
from cms.core.bulk import BulkRun
from cms.core.outbox import MessageStatus, OutboxMessage
from cms.core.permissions import SHIPPED_ROLES, Permission
from cms.links.models import BrokenLink
from cms.missed_paths.models import MissedPath
from cms.pages.services import save_page
from tests.admin.browser import Browser, text_of
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user

MOST_STATEMENTS = 15


async def somebody(session, role, **values):
    return await make_user(session, permissions=tuple(SHIPPED_ROLES[role].permissions), **values)


async def panels_of(browser, path="/admin/"):
    """Return what each panel that is shown says, by its name."""
    answer = await browser.get(path)
    assert answer.status_code == 200
    found = html.fromstring(answer.text).xpath("//section[@data-live-part][not(@hidden)]")
    return {part.get("id").removeprefix("panel-"): text_of(html.tostring(part, encoding="unicode")) for part in found}


@pytest.fixture
def seen_by(client, session):
    """Sign a person in, and return what their panels say."""

    async def see(user):
        return await panels_of(await Browser(client).sign_in(session, user))

    return see


async def test_drafts_are_those_i_wrote_and_changes_of_live_rows_that_i_keep(session, seen_by):
    ada = await somebody(session, "web-editor", username="ada")
    await make_page(session, title="My page", is_published=False, updated_by_id=ada.id)
    await make_page(session, title="Page of another", is_published=False)
    await make_page(session, title="My live page", updated_by_id=ada.id)
    live = await make_page(session, title="Live with my draft")

    async def write():
        live.title = "Changed by me"
        await save_page(session, live, by=ada)

    with audit.acting_as(ada):
        await publishing.keep_draft(session, live, write, by=ada)
        await session.commit()

    drafts = (await seen_by(ada))["drafts"]

    assert "My drafts 2" in drafts
    assert "My page" in drafts
    assert "Live with my draft" in drafts
    assert "With draft" in drafts
    assert "Page of another" not in drafts
    assert "My live page" not in drafts


async def test_a_review_waits_for_those_who_may_decide_it_and_for_nobody_else(session, seen_by):
    ada = await somebody(session, "volunteer", username="ada")
    page = await make_page(session, title="A user group", is_published=False)
    await reviewing.submit(session, page, by=ada)
    await session.commit()

    editor = await seen_by(await somebody(session, "web-editor"))
    volunteer = await seen_by(await somebody(session, "volunteer"))

    assert "A user group by ada" in editor["reviews"]
    assert "reviews" not in volunteer


async def test_what_was_sent_back_is_shown_with_the_reason(session, seen_by):
    ada, editor = await somebody(session, "volunteer"), await somebody(session, "web-editor", username="grace")
    page = await make_page(session, title="A user group", is_published=False)
    await reviewing.submit(session, page, by=ada)
    await reviewing.send_back(session, page, by=editor, reason="Name the city.")
    await session.commit()

    sent_back = (await seen_by(ada))["sent-back"]

    assert "A user group grace: Name the city." in sent_back


async def test_what_goes_live_or_expires_within_two_weeks_comes_up_the_next_first(session, seen_by, clock):
    await make_page(session, title="Later", is_published=False, publish_at=clock.now() + timedelta(days=3))
    await make_page(session, title="Sooner", is_published=True, expire_at=clock.now() + timedelta(hours=3))
    await make_page(session, title="Far away", is_published=False, publish_at=clock.now() + timedelta(days=30))

    coming = (await seen_by(await somebody(session, "web-editor")))["coming-up"]

    assert coming.index("Sooner") < coming.index("Later")
    assert "expires, in 3 hours" in coming
    assert "goes live, in 3 days" in coming
    assert "Far away" not in coming


async def test_what_others_published_is_shown_and_what_i_published_is_not(session, seen_by):
    ada, grace = await somebody(session, "web-editor", username="ada"), await somebody(session, "web-editor")
    for title, by in (("By Ada", ada), ("By Grace", grace)):
        page = await make_page(session, title=title, is_published=False)
        with audit.acting_as(by):
            await publishing.publish(session, page, by=by)
            await session.commit()

    shown = (await seen_by(grace))["published"]

    assert "By Ada by ada" in shown
    assert "By Grace" not in shown


async def test_a_release_manager_sees_the_state_of_the_releases(session, seen_by):
    latest = await make_release(session, "Python 3.14.1", is_latest=True)
    await make_file(session, latest, await make_operating_system(session))
    await make_release(session, "Python 3.14.2", is_published=False)
    await make_release(session, "Python 3.13.9")
    await make_page(session, title="Draft of a page", is_published=False)

    panels = await seen_by(await somebody(session, "release-manager"))

    assert "Python 3.14.1 Python 3.x.x" in panels["releases"]
    assert "Draft Python 3.14.2" in panels["unfinished"]
    assert "Live without files Python 3.13.9" in panels["unfinished"]
    assert "3.14.1" not in panels["unfinished"]
    assert "Draft of a page" not in " ".join(panels.values())


async def test_failed_tasks_are_told_to_those_who_watch_over_them(session, seen_by):
    session.add(OutboxMessage(task="purge_keys", arguments={}, status=MessageStatus.FAILED, error="No answer."))
    await session.commit()

    auditor = await seen_by(await somebody(session, "auditor"))
    editor = await seen_by(await somebody(session, "web-editor"))

    assert "purge_keys No answer." in auditor["failed"]
    assert "failed" not in editor


async def test_my_work_in_the_background_is_shown_with_its_progress(session, seen_by):
    ada = await somebody(session, "web-editor")
    mine = {"table_name": "pages", "action": "publish", "list_name": "pages", "total": 500, "done": 120}
    session.add(BulkRun(label="Publish pages", started_by_id=ada.id, **mine))
    await session.commit()

    assert "Publish pages 120 of 500 done" in (await seen_by(ada))["runs"]
    assert "runs" not in await seen_by(await somebody(session, "web-editor"))


async def test_broken_links_are_told_to_who_may_edit_the_text(session, seen_by, client):
    near = await make_page(session, path="community/berlin", is_published=False)
    far = await make_page(session, path="psf/members", is_published=False)
    for page, address in ((near, "/gone-near/"), (far, "/gone-far/")):
        told = {"table_name": "pages", "row_id": page.id, "row_label": str(page), "row_path": page.public_path}
        session.add(BrokenLink(address=address, **told))
    await session.commit()
    volunteer = await somebody(session, "volunteer", scope_kind="path", scope_values=("community",))

    panel = (await seen_by(volunteer))["broken-links"]
    browser = await Browser(client).sign_in(session, volunteer)
    everything = text_of((await browser.get("/admin/broken-links")).text)

    assert "/gone-near/" in panel
    assert "/gone-far/" not in panel
    assert "/gone-near/" in everything
    assert "/gone-far/" not in everything


async def test_paths_that_visitors_miss_are_told_to_who_edits_that_section(session, seen_by):
    for path, count in (("/community/gone/", 7), ("/psf/gone/", 70)):
        session.add(MissedPath(path=path, count=count))
    await session.commit()

    volunteer = await seen_by(await somebody(session, "volunteer", scope_kind="path", scope_values=("community",)))
    editor = await seen_by(await somebody(session, "web-editor"))

    assert "/community/gone/ 7 times" in volunteer["missed"]
    assert "/psf/gone/" not in volunteer["missed"]
    assert editor["missed"].index("/psf/gone/") < editor["missed"].index("/community/gone/")


async def test_the_links_are_looked_through_when_somebody_who_mends_them_asks(client, session):
    browser = await Browser(client).sign_in(session, await somebody(session, "web-editor"))

    assert (await browser.post("/admin/broken-links/look-again", {})).status_code == 303
    assert "check_links" in set(await session.scalars(select(OutboxMessage.task)))


async def test_who_edits_no_text_has_no_list_of_broken_links(client, session):
    browser = await Browser(client).sign_in(session, await somebody(session, "auditor"))

    assert (await browser.get("/admin/broken-links")).status_code == 403


async def test_a_panel_shows_six_lines_and_says_how_many_there_are(session, seen_by):
    ada = await somebody(session, "web-editor")
    for number in range(8):
        await make_page(session, title=f"Draft {number}", is_published=False, updated_by_id=ada.id)

    drafts = (await seen_by(ada))["drafts"]

    assert "My drafts 8" in drafts
    assert drafts.count("Draft Draft") == 6
    assert "and 2 more" in drafts


async def test_each_panel_is_there_before_anything_is_in_it(client, session):
    browser = await Browser(client).sign_in(session, await somebody(session, "web-editor"))

    page = html.fromstring((await browser.get("/admin/")).text)

    assert page.xpath("//section[@id='panel-drafts'][@hidden]")
    assert not page.xpath("//*[@data-live-nothing][@hidden]")


async def test_an_open_page_fetches_only_the_panels_that_a_change_concerns(client, session):
    ada = await somebody(session, "release-manager")
    await make_release(session, "Python 3.14.2", is_published=False)
    browser = await Browser(client).sign_in(session, ada)

    concerned = (await browser.get("/admin/panels", changed="bulk_runs")).text
    others = (await browser.get("/admin/panels", changed="releases,users")).text

    assert 'id="panel-runs"' in concerned
    assert 'id="panel-unfinished"' not in concerned
    assert "Python 3.14.2" in others
    assert "<html" not in others


@pytest.mark.parametrize("role", [*SHIPPED_ROLES, "superuser"])
async def test_the_page_takes_few_statements(client, session, connection, role):
    is_superuser = role == "superuser"
    permissions = () if is_superuser else tuple(SHIPPED_ROLES[role].permissions)
    user = await make_user(session, is_superuser=is_superuser, is_staff=True, permissions=permissions)
    browser = await Browser(client).sign_in(session, user)
    await make_page(session, is_published=False, updated_by_id=user.id)
    statements = []

    def count(_connection, _cursor, statement, *_others):
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            statements.append(statement)

    await browser.get("/admin/")
    event.listen(connection.sync_connection, "before_cursor_execute", count)
    await browser.get("/admin/")
    event.remove(connection.sync_connection, "before_cursor_execute", count)

    assert len(statements) <= MOST_STATEMENTS, "\n\n".join(statements)


async def test_the_menu_shows_only_what_the_roles_open(client, session):
    reader = await make_user(session, permissions=(Permission.BOXES_VIEW,))
    browser = await Browser(client).sign_in(session, reader)

    page = (await browser.get("/admin/")).text

    assert "/admin/boxes/list" in page
    assert "/admin/pages/list" not in page
    assert "/admin/operations" not in page
