"""Draft and live, by decision or when the moment comes; and every state saved."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cms.core import publishing, revisions
from cms.core.audit import AuditEntry
from cms.core.errors import Invalid, InvalidTransition, PermissionDenied
from cms.core.outbox import OutboxMessage
from cms.core.permissions import Permission
from cms.downloads.models import Release
from cms.pages.models import Page
from cms.pages.services import save_page
from cms.publishing_tasks import act_on_moment, publish_due
from cms.users.grants import load_grants
from cms.users.models import RoleAssignment
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_role, make_user


@pytest.fixture
async def publisher(session):
    return await make_user(session, permissions=(Permission.PAGES_PUBLISH,))


async def test_a_draft_is_published_and_taken_down_and_the_history_says_so(session, publisher, clock):
    page = await make_page(session, is_published=False)

    await publishing.publish(session, page, by=publisher)
    await session.commit()
    assert (page.is_published, page.first_published_at) == (True, clock.now())

    await publishing.unpublish(session, page, by=publisher)
    await session.commit()
    actions = await session.scalars(select(AuditEntry.action).where(AuditEntry.table_name == "pages"))
    assert actions.all() == ["create", "publish", "unpublish"]


async def test_publishing_takes_its_permission(session):
    writer = await make_user(session, permissions=(Permission.PAGES_EDIT,))

    with pytest.raises(PermissionDenied, match="Publish pages"):
        await publishing.publish(session, await make_page(session, is_published=False), by=writer)


async def test_a_draft_cannot_be_taken_down(session, publisher):
    with pytest.raises(InvalidTransition, match="draft already"):
        await publishing.unpublish(session, await make_page(session, is_published=False), by=publisher)


async def act(session, resources):
    """Do what the worker does each minute: look what is due, and run what that asks for."""
    await publish_due(resources, session)
    asked = await session.scalars(select(OutboxMessage).where(OutboxMessage.task == "act_on_moment"))
    for message in asked.all():
        await act_on_moment(resources, session, **message.arguments)
        await session.delete(message)
    await session.commit()


async def test_what_is_due_goes_live_and_expires_when_its_moment_comes(session, resources, publisher, clock):
    page = await make_page(session, is_published=False)
    soon, later = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2)
    await publishing.schedule(session, page, publish_at=soon, expire_at=later, by=publisher)

    await act(session, resources)
    assert not page.is_published
    clock.move(hours=1)
    await act(session, resources)
    assert page.is_published
    clock.move(hours=1)
    await act(session, resources)
    assert not page.is_published


async def test_a_release_that_goes_live_by_itself_demotes_its_predecessor(session, resources, clock):
    before = await make_release(session, "Python 3.14.1", is_latest=True)
    release = await make_release(session, "Python 3.14.2", is_latest=True, is_published=False, publish_at=clock.now())
    await make_file(session, release, await make_operating_system(session), sha256="a" * 64)

    await act(session, resources)

    assert release.is_published
    assert not before.is_latest


async def test_a_moment_to_expire_before_the_one_to_go_live_is_refused(session, publisher, clock):
    page = await make_page(session, is_published=False)
    soon = clock.now() + timedelta(hours=1)

    with pytest.raises(Invalid) as refusal:
        await publishing.schedule(session, page, publish_at=soon, expire_at=soon, by=publisher)

    assert list(refusal.value.errors) == ["expire_at"]


async def test_an_earlier_state_of_a_draft_is_restored(session, superuser):
    page = await make_page(session, title="First", is_published=False)
    page.title = "Second"
    await session.commit()
    first = (await session.scalars(revisions.revisions_of(page))).all()[-1]

    await publishing.restore(session, page, first, by=superuser)
    await session.commit()

    assert (page.title, page.is_published) == ("First", False)
    last = await session.scalar(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))
    assert (last.action, last.changes) == ("restore", {"title": ["Second", "First"]})


async def test_an_earlier_state_of_something_live_is_restored_as_a_draft(session, superuser):
    release = await make_release(session)
    date = release.released_at
    release.released_at = date + timedelta(days=1)
    await session.commit()
    first = (await session.scalars(revisions.revisions_of(release))).all()[-1]

    await publishing.restore(session, release, first, by=superuser)
    assert release.released_at == date + timedelta(days=1)

    await publishing.publisher_of(Release)(session, release, by=superuser)
    assert release.released_at == date


async def test_a_state_whose_path_another_page_has_by_now_is_not_restored(session, superuser):
    page = await make_page(session, path="help", is_published=False)
    page.path = "about/help"
    await session.commit()
    await make_page(session, path="help")
    first = (await session.scalars(revisions.revisions_of(page))).all()[-1]

    with pytest.raises(Invalid) as refusal:
        await publishing.restore(session, page, first, by=superuser)

    assert list(refusal.value.errors) == ["path"]


async def test_a_row_that_has_expired_says_so_until_it_is_published_again(session, resources, publisher, clock):
    page = await make_page(session, is_published=True, expire_at=clock.now() + timedelta(minutes=1))
    clock.move(minutes=2)

    await act(session, resources)
    assert (page.is_published, page.state) == (False, publishing.State.EXPIRED)

    await publishing.publish(session, page, by=publisher)
    assert (page.state, page.expire_at) == (publishing.State.LIVE, None)


async def test_what_is_live_cannot_be_written_without_the_permission_to_publish(session):
    writer = await make_user(session, permissions=(Permission.PAGES_EDIT,))
    page = await make_page(session, is_published=True)

    with pytest.raises(PermissionDenied, match="is live"):
        await save_page(session, page, by=writer)


async def test_who_may_publish_elsewhere_does_not_write_to_what_is_live_here(session):
    person = await make_user(session, permissions=(Permission.PAGES_EDIT,))
    publishes = await make_role(session, Permission.PAGES_PUBLISH)
    session.add(RoleAssignment(user_id=person.id, role_id=publishes.id, scope_kind="path", scope_values=["community"]))
    await session.commit()
    await load_grants(session, person)
    page = await make_page(session, path="psf/board", is_published=True)

    with pytest.raises(PermissionDenied, match="is live"):
        await save_page(session, page, by=person)


async def test_what_is_scheduled_cannot_be_changed_without_the_permission_to_publish(session, clock):
    writer = await make_user(session, permissions=(Permission.PAGES_EDIT,))
    page = await make_page(session, is_published=False, publish_at=clock.now() + timedelta(days=1))

    with pytest.raises(PermissionDenied, match="scheduled"):
        await save_page(session, page, by=writer)


async def test_rows_are_found_by_the_state_that_each_tells_of_itself(session, clock):
    past, future = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
    for number, values in enumerate(
        (
            {"is_published": True, "expire_at": future},
            {"is_published": True, "expire_at": past},
            {"is_published": False},
            {"is_published": False, "publish_at": future},
            {"is_published": False, "publish_at": past},
            {"is_published": False, "expire_at": past},
            {"is_published": False, "expire_at": future},
            {"is_published": False, "expire_at": past, "publish_at": future},
        )
    ):
        await make_page(session, title=str(number), **values)

    for state in publishing.State:
        found = await session.scalars(select(Page).where(publishing.is_in_state(Page, state)))
        told = [page.title for page in await session.scalars(select(Page)) if page.state is state]
        assert sorted(page.title for page in found) == sorted(told)
        assert told


async def test_what_cannot_go_live_says_why_and_is_not_tried_for_ever(session, resources, superuser, clock):
    page = await make_page(session, path="help", is_published=True)

    async def write():
        page.path = "taken"
        await save_page(session, page, by=superuser)

    await publishing.keep_draft(session, page, write, by=superuser)
    page.publish_at = clock.now()
    await make_page(session, path="taken")
    await session.commit()

    await act(session, resources)
    assert (page.path, page.publish_at, page.has_draft) == ("help", None, True)

    entry = await session.scalar(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))
    assert (entry.action, entry.remark) == ("fail to go live", "There is a page at this path already.")


async def test_a_draft_that_leads_a_page_out_of_the_publishers_reach_is_not_published(session, superuser):
    page = await make_page(session, path="community/irc", is_published=True)
    publisher = await make_user(
        session, permissions=(Permission.PAGES_PUBLISH,), scope_kind="path", scope_values=("community",)
    )

    async def write():
        page.path = "psf/irc"
        await save_page(session, page, by=superuser)

    await publishing.keep_draft(session, page, write, by=superuser)

    with pytest.raises(PermissionDenied, match="does not extend"):
        await publishing.publisher_of(Page)(session, page, by=publisher)
