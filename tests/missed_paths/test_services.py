"""What becomes of the paths that were missed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cms.core import clock, tallies
from cms.core.audit import AuditEntry
from cms.core.errors import InvalidTransition, PermissionDenied
from cms.core.outbox import OutboxMessage
from cms.core.permissions import Permission
from cms.core.tallies import Counted, Tally
from cms.missed_paths import services, tasks
from cms.missed_paths.models import MissedPath
from cms.redirects import services as redirects
from cms.redirects import tasks as redirect_tasks
from cms.redirects.models import Redirect
from cms.redirects.uses import REDIRECT_USES
from tests.factories.pages import make_page
from tests.factories.users import make_user


def counted(path, count=1, *, remark="", ago=timedelta()):
    return Counted(name=path, count=count, last_at=clock.now() - ago, remark=remark)


async def _counts(session):
    session.expunge_all()
    return dict((await session.execute(select(MissedPath.path, MissedPath.count))).all())


async def test_counts_of_one_hour_are_added_to_those_before(session):
    await services.add_up(session, [counted("/a/", 3, remark="example.org"), counted("/b/", 1)])
    await services.add_up(session, [counted("/a/", 2)])
    await session.commit()

    missed = await session.scalar(select(MissedPath).where(MissedPath.path == "/a/"))
    assert (missed.count, missed.last_referrer) == (5, "example.org")
    assert await _counts(session) == {"/a/": 5, "/b/": 1}


async def test_writing_down_empties_the_tally(resources, session):
    tally = Tally(resources.redis, services.MISSED_PATHS, most=10)
    tally.add("/a/", times=4)
    await tally.flush()

    await tasks.write_missed_paths(resources, session)
    await tasks.write_missed_paths(resources, session)
    await session.commit()

    assert await _counts(session) == {"/a/": 4}


async def test_a_path_that_a_redirect_or_a_live_page_answers_is_forgotten(session):
    await services.add_up(session, [counted(path) for path in ("/a/", "/b/", "/c/", "/d/", "/e.html")])
    session.add_all([Redirect(old_path="/a", new_path="/"), Redirect(old_path="/e.html", new_path="/")])
    await make_page(session, path="b")
    await make_page(session, path="c", is_published=False)

    await services.settle(session)
    await session.commit()

    assert await _counts(session) == {"/c/": 1, "/d/": 1}


async def test_making_a_redirect_has_its_path_forgotten_soon(session, superuser):
    await redirects.save_redirect(session, Redirect(old_path="/a/", new_path="/b/"), by=superuser)
    await session.commit()

    messages = (await session.scalars(select(OutboxMessage.task))).all()
    assert "settle_missed_paths" in messages


async def test_what_nobody_misses_any_more_is_forgotten(session, monkeypatch):
    monkeypatch.setattr(services, "MOST_KEPT", 2)
    old = services.KEPT_FOR + timedelta(days=1)
    await services.add_up(session, [counted("/old/", 9, ago=old), *(counted(f"/{n}/", n) for n in (1, 2, 3))])

    await services.forget_old(session)
    await session.commit()

    assert await _counts(session) == {"/2/": 2, "/3/": 3}


async def test_what_is_ignored_is_counted_no_more_until_it_is_heeded_again(session, superuser):
    await services.add_up(session, [counted("/a/", 3)])
    missed = await session.scalar(select(MissedPath))

    await services.ignore(session, missed, by=superuser)
    await session.commit()
    await services.add_up(session, [counted("/a/", 3)])
    ignored = await _counts(session)
    missed = await session.scalar(select(MissedPath))
    await services.heed(session, missed, by=superuser)
    await session.commit()
    await services.add_up(session, [counted("/a/", 3)])

    assert ignored == {"/a/": 0}
    assert await _counts(session) == {"/a/": 3}
    entries = select(AuditEntry.changes).where(AuditEntry.table_name == "missed_paths").order_by(AuditEntry.id)
    assert (await session.scalars(entries)).all() == [
        {"is_ignored": [False, True]},
        {"is_ignored": [True, False]},
    ]


async def test_ignoring_takes_the_permission_to_edit_redirects(session):
    await services.add_up(session, [counted("/a/")])
    missed = await session.scalar(select(MissedPath))
    reader = await make_user(session, permissions=(Permission.REDIRECTS_VIEW,))

    with pytest.raises(PermissionDenied):
        await services.ignore(session, missed, by=reader)
    with pytest.raises(PermissionDenied):
        await services.heed(session, missed, by=reader)


async def test_what_is_ignored_is_not_ignored_again(session, superuser):
    await services.add_up(session, [counted("/a/")])
    missed = await session.scalar(select(MissedPath))

    with pytest.raises(InvalidTransition):
        await services.heed(session, missed, by=superuser)
    await services.ignore(session, missed, by=superuser)
    with pytest.raises(InvalidTransition):
        await services.ignore(session, missed, by=superuser)


async def test_it_is_written_down_how_often_and_when_a_redirect_was_followed(resources, session):
    redirect = Redirect(old_path="/a/", new_path="/b/")
    session.add(redirect)
    await session.commit()
    before = redirect.lock_version
    tally = Tally(resources.redis, REDIRECT_USES, most=10)
    tally.add(str(redirect.id), times=7)
    tally.add("999999")
    await tally.flush()

    await redirect_tasks.write_redirect_uses(resources, session)
    await session.commit()

    await session.refresh(redirect)
    assert (redirect.uses, redirect.lock_version) == (7, before)
    assert redirect.last_used_at is not None
    assert await tallies.taken(resources.redis, REDIRECT_USES) == []
