"""One action on many rows: a few while the person waits, more in the background, and never one that was not meant."""

import pytest
from sqlalchemy import func, insert, select, update

from admin import choosing
from admin.app import VIEWS
from cms import bulk_tasks
from cms.core import bulk, clock
from cms.core.audit import AuditEntry
from cms.core.bulk import BulkRow, BulkRun, RunStatus
from cms.core.changes import AS_HANDLED
from cms.core.outbox import MessageStatus, OutboxMessage
from cms.core.permissions import Permission
from cms.pages.models import Page
from cms.users.models import RoleAssignment
from tests.admin.browser import Browser, text_of
from tests.background import run_waiting
from tests.factories.downloads import make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user

PUBLISHES = (Permission.PAGES_VIEW, Permission.PAGES_EDIT, Permission.PAGES_PUBLISH)
PUBLISH = "/admin/pages/decide/publish"
MANY = 3 * bulk_tasks.CHUNK + 1


@pytest.fixture
def few_is_two(monkeypatch):
    """Two rows are dealt with while the person waits, and three are many."""
    monkeypatch.setattr(choosing, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(bulk_tasks, "CHUNK", 2)


@pytest.fixture
async def drafts(session):
    return [await make_page(session, title=f"Draft {n}", path=f"drafts/{n}", is_published=False) for n in range(5)]


async def live_pages(session):
    return await session.scalar(select(func.count()).select_from(Page).where(Page.is_published))


async def the_run(session):
    return (await session.scalars(select(BulkRun).execution_options(populate_existing=True))).one()


async def start(browser, *, expected, address=PUBLISH, matching="search=draft", **more):
    return await browser.post(address, {"all": "yes", "matching": matching, "expected": expected, **more})


async def test_all_that_match_are_named_before_anything_happens(browser, session, few_is_two, drafts):
    await make_page(session, title="Draft that is live", path="drafts/live")

    answer = await browser.get(PUBLISH, all="yes", matching="search=draft")

    shown = text_of(answer.text)
    assert "5 of 6 pages that match" in shown
    assert "Search: “draft”" in shown
    assert "1 are left as they are, because nothing about them would change" in shown
    assert "“Draft 0”" in shown
    assert await live_pages(session) == 1


async def test_a_run_acts_on_all_that_match_in_the_name_of_who_started_it(
    browser, session, resources, superuser, few_is_two, drafts
):
    other, person_id = await make_page(session, title="Another", is_published=False), superuser.id

    answer = await start(browser, expected=5)
    await run_waiting(resources, session, task=bulk.TASK)

    run = await the_run(session)
    assert answer.headers["location"] == f"/admin/runs/{run.id}"
    assert (run.status, run.done, run.refused, run.total) == (RunStatus.DONE, 5, 0, 5)
    assert await live_pages(session) == 5
    await session.refresh(other)
    assert other.is_published is False
    entries = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "publish"))).all()
    assert [entry.actor_id for entry in entries] == [person_id] * 5


async def test_a_list_that_has_changed_since_it_was_shown_is_shown_again(browser, session, few_is_two, drafts):
    answer = await start(browser, expected=4)

    assert answer.status_code == 409
    assert "5 of 5 pages that match" in text_of(answer.text)
    assert await session.scalar(select(BulkRun.id)) is None


async def test_all_that_match_never_reaches_beyond_a_scope(client, session, resources, few_is_two, drafts):
    for n in range(3):
        await make_page(session, title=f"Draft of the board {n}", path=f"psf/{n}", is_published=False)
    editor = await make_user(session, permissions=PUBLISHES, scope_kind="path", scope_values=("drafts",))
    browser = await Browser(client).sign_in(session, editor)

    asked = await browser.get(PUBLISH, all="yes", matching="search=draft")
    await start(browser, expected=5)
    await run_waiting(resources, session, task=bulk.TASK)

    assert "3 are left as they are, because your roles do not allow it there" in text_of(asked.text)
    assert await session.scalar(select(func.count()).select_from(BulkRow)) == 5
    assert await live_pages(session) == 5


async def test_what_a_person_may_counts_when_the_run_acts(client, session, resources, few_is_two, drafts):
    editor = await make_user(session, permissions=PUBLISHES)
    browser = await Browser(client).sign_in(session, editor)
    await start(browser, expected=5)
    assignment = (await session.scalars(select(RoleAssignment).where(RoleAssignment.user_id == editor.id))).one()
    assignment.scope_kind, assignment.scope_values = "path", ["drafts/3"]
    await session.commit()

    await run_waiting(resources, session, task=bulk.TASK)

    run = await the_run(session)
    assert (run.done, run.refused) == (1, 4)
    shown = text_of((await browser.get(f"/admin/runs/{run.id}")).text)
    assert "does not extend to “Draft 0”" in shown


async def test_whoever_is_no_longer_staff_has_nothing_done(browser, session, resources, superuser, few_is_two, drafts):
    await start(browser, expected=5)
    superuser.is_superuser = superuser.is_staff = False
    await session.commit()

    await run_waiting(resources, session, task=bulk.TASK)

    assert (await the_run(session)).refused == 5
    assert await live_pages(session) == 0


async def test_a_refused_row_hinders_no_other_and_says_why(browser, session, resources, few_is_two, drafts):
    await start(browser, expected=5)
    await session.delete(await session.get(Page, drafts[1].id))
    already = await session.get(Page, drafts[2].id)
    already.is_published = True
    await session.commit()

    await run_waiting(resources, session, task=bulk.TASK)

    run = await the_run(session)
    assert (run.status, run.done, run.refused) == (RunStatus.DONE, 3, 2)
    shown = text_of((await browser.get(f"/admin/runs/{run.id}")).text)
    assert "“Draft 2” is published already." in shown
    assert "It is not there any more." in shown


async def test_a_run_is_stopped_and_leaves_the_rest(browser, session, resources, few_is_two, drafts):
    await start(browser, expected=5)
    run = await the_run(session)
    await bulk_tasks.act_on_chunk(resources.sessionmaker, run.id)

    answer = await browser.post(f"/admin/runs/{run.id}/cancel", {})
    await run_waiting(resources, session, task=bulk.TASK)

    assert answer.status_code == 303
    assert await live_pages(session) == 2
    run = await the_run(session)
    assert (run.status, run.seen) == (RunStatus.CANCELLED, 2)
    assert (await browser.post(f"/admin/runs/{run.id}/cancel", {})).status_code == 409


async def test_after_a_crash_a_run_goes_on_where_it_stopped(
    browser, session, resources, monkeypatch, few_is_two, drafts
):
    await start(browser, expected=5)
    publishes = bulk.actions_of("pages").decisions["publish"]

    async def crashes_at_the_fourth(session, page, *, by):
        if page.id == drafts[3].id:
            raise RuntimeError("The power is gone.")
        await publishes(session, page, by=by)

    run = await the_run(session)
    with monkeypatch.context() as broken:
        broken.setitem(bulk.actions_of("pages").decisions, "publish", crashes_at_the_fourth)
        await bulk_tasks.act_on_chunk(resources.sessionmaker, run.id)
        with pytest.raises(RuntimeError):
            await bulk_tasks.act_on_chunk(resources.sessionmaker, run.id)
    crashed = (await the_run(session)).done
    await run_waiting(resources, session, task=bulk.TASK)

    run = await the_run(session)
    assert (crashed, run.done, run.status) == (2, 5, RunStatus.DONE)
    entries = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "publish")
    assert await session.scalar(entries) == 5


async def test_a_long_run_leaves_the_rest_to_the_next_message(
    browser, session, resources, monkeypatch, few_is_two, drafts
):
    monkeypatch.setattr(bulk_tasks, "SLICE", 0)
    await start(browser, expected=5)

    await run_waiting(resources, session, task=bulk.TASK)
    after_one = (await the_run(session)).done
    while await run_waiting(resources, session, task=bulk.TASK):
        pass

    assert (after_one, (await the_run(session)).done) == (2, 5)


@pytest.mark.commits
async def test_many_pages_are_published_by_one_run_in_transactions_of_its_own(session, resources):
    person = await make_user(session, permissions=PUBLISHES)
    values = {"title": "Draft", "is_published": False, "content": "x", "content_kind": "markdown"}
    moments = {"created_at": clock.now(), "updated_at": clock.now()}
    rows = [{**values, **moments, "path": f"many/{n}"} for n in range(MANY)]
    await session.execute(insert(Page), rows, execution_options=AS_HANDLED)
    of = {"label": "Publish (pages)", "narrowed_by": "", "list_name": "pages", "list_query": ""}
    publish = {"actions": bulk.actions_of("pages"), "action": "publish", "arguments": {}, **of}
    await bulk.start(session, select(Page), **publish, by=person)
    await session.commit()

    while await run_waiting(resources, session, task=bulk.TASK):
        pass

    run = await the_run(session)
    assert (run.status, run.done, run.refused) == (RunStatus.DONE, MANY, 0)
    assert await live_pages(session) == MANY


async def test_a_run_that_is_called_by_a_long_name_is_started(session, superuser):
    of = {"label": "Operating system: " + "x" * 250, "narrowed_by": "", "list_name": "pages", "list_query": ""}
    publish = {"actions": bulk.actions_of("pages"), "action": "publish", "arguments": {}, **of}

    run = await bulk.start(session, select(Page), **publish, by=superuser)

    assert run.label == of["label"][: bulk.LABEL_LENGTH]


async def test_many_rows_are_deleted_in_the_background_and_those_in_use_stay(
    browser, session, resources, few_is_two, drafts
):
    used = drafts[4].id
    await make_release(session, "Python 3.14.0", page_id=used)

    await start(browser, expected=5, address="/admin/pages/delete")
    await run_waiting(resources, session, task=bulk.TASK)

    run = await the_run(session)
    assert (run.done, run.refused) == (4, 1)
    assert list(await session.scalars(select(Page.id))) == [used]


async def test_a_field_is_set_in_many_rows_by_the_rules_of_the_domain(browser, session, resources, few_is_two, drafts):
    address = "/admin/pages/change/template_name"

    asked = await browser.post(address, {"all": "yes", "matching": "search=draft", "value": "pages/raw.html"})
    await start(browser, expected=5, address=address, value="pages/raw.html")
    await run_waiting(resources, session, task=bulk.TASK)

    assert "5 of 5 pages that match" in text_of(asked.text)
    assert set(await session.scalars(select(Page.template_name))) == {"pages/raw.html"}


async def test_a_field_is_set_in_a_few_rows_at_once(browser, session, drafts):
    keys = [page.id for page in drafts[:2]]

    refused = await browser.post("/admin/pages/change/template_name", {"pks": keys, "value": "nonsense"})
    answer = await browser.post("/admin/pages/change/template_name", {"pks": keys, "value": "pages/raw.html"})

    assert (refused.status_code, answer.status_code) == (409, 303)
    changed = select(Page.id).where(Page.template_name == "pages/raw.html").order_by(Page.id)
    assert list(await session.scalars(changed)) == keys
    assert (await browser.get("/admin/pages/change/content", pks=keys)).status_code == 404


async def test_who_may_not_publish_changes_no_live_page_by_way_of_many(client, session, drafts):
    live = await make_page(session, title="Live")
    writer = await make_user(session, permissions=(Permission.PAGES_VIEW, Permission.PAGES_EDIT))
    browser = await Browser(client).sign_in(session, writer)

    keys = [drafts[0].id, live.id]
    answer = await browser.post("/admin/pages/change/template_name", {"pks": keys, "value": "pages/raw.html"})

    assert answer.status_code == 303
    await session.refresh(live)
    await session.refresh(drafts[0])
    assert (live.template_name, drafts[0].template_name) == ("", "pages/raw.html")


async def test_few_that_match_are_named_one_by_one(browser, drafts):
    answer = await browser.get(PUBLISH, all="yes", matching="search=draft+1")

    assert "“Draft 1”" in text_of(answer.text)
    assert answer.text.count('name="seen"') == 1


async def test_a_row_that_was_changed_after_it_was_shown_is_not_decided(browser, session, drafts):
    page = drafts[0]
    shown = f"{page.id}:{page.lock_version}"
    page.title = "Something else"
    await session.commit()

    answer = await browser.post(PUBLISH, {"pks": page.id, "seen": shown})
    deletion = await browser.post("/admin/pages/delete", {"pks": page.id, "seen": shown})

    assert (answer.status_code, deletion.status_code) == (409, 409)
    assert "Somebody has changed it since you looked" in text_of(answer.text)
    await session.refresh(page)
    assert page.is_published is False


async def test_the_page_of_confirmation_carries_what_was_seen(browser, drafts):
    asked = (await browser.get(PUBLISH, pks=drafts[0].id)).text

    assert f'name="seen" value="{drafts[0].id}:1"' in asked


async def test_work_in_the_background_is_seen_by_its_owner_and_by_those_who_run_the_machine(
    client, session, browser, few_is_two, drafts
):
    await start(browser, expected=5)
    run = await the_run(session)
    stranger = await make_user(session, permissions=PUBLISHES)
    operator = await make_user(session, permissions=(Permission.OPERATIONS_VIEW,))

    state = (await browser.get(f"/admin/runs/{run.id}/state")).json()
    mine = text_of((await browser.get("/admin/runs")).text)
    await browser.sign_in(session, stranger)
    strangers = [(await browser.get(f"/admin/runs/{run.id}{part}")).status_code for part in ("", "/state")]
    stopped = await browser.post(f"/admin/runs/{run.id}/cancel", {})
    await browser.sign_in(session, operator)

    assert state == {"percent": 0, "told": "0 of 5 rows", "is_under_way": True}
    assert "Publish (pages)" in mine
    assert (*strangers, stopped.status_code) == (404, 404, 404)
    assert (await browser.get(f"/admin/runs/{run.id}")).status_code == 200
    assert "Publish (pages)" in text_of((await browser.get("/admin/runs", of="everybody")).text)


async def test_a_run_that_the_machinery_gave_up_says_so(browser, session, few_is_two, drafts):
    await start(browser, expected=5)
    await session.execute(
        update(OutboxMessage).where(OutboxMessage.task == bulk.TASK).values(status=MessageStatus.FAILED),
        execution_options=AS_HANDLED,
    )
    await session.commit()

    shown = text_of((await browser.get(f"/admin/runs/{(await the_run(session)).id}")).text)

    assert "It has stopped because of an error" in shown


async def test_more_than_a_run_takes_is_refused_with_a_sentence(browser, monkeypatch, few_is_two, drafts):
    monkeypatch.setattr("admin.bulk.MOST_IN_A_RUN", 4)

    answer = await browser.get(PUBLISH, all="yes", matching="search=draft")

    assert answer.status_code == 422
    assert "narrow the list first" in text_of(answer.text)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.identity)
def test_whatever_a_list_offers_the_worker_can_do(view):
    actions = bulk.actions_of(view.model.__tablename__)

    assert {decision.name for decision in view.decisions} <= set(actions.decisions)
    assert all(actions.decisions[found.name] == found.perform for found in view.decisions if found.name != "discard")
    assert {edit.column for edit in view.bulk_edits} <= actions.changeable
    assert not view.can_edit or actions.save is view.saving
    assert not view.can_delete or actions.delete is view.removing
