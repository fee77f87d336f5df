"""What may be decided about redirects."""

import pytest
from sqlalchemy import select

from cms.core.audit import AuditEntry
from cms.core.errors import Invalid, PermissionDenied
from cms.core.permissions import Permission
from cms.redirects import services
from cms.redirects.models import Redirect
from tests.factories.users import make_user


@pytest.mark.parametrize("target", ["/new/", "https://docs.python.org/3/", ""])
async def test_a_path_is_redirected_to_a_path_to_an_address_or_to_nowhere(session, superuser, target):
    redirect = Redirect(old_path="/old/", new_path=target)

    await services.save_redirect(session, redirect, by=superuser)
    await session.commit()

    assert redirect.id is not None


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("old", "/new/", "old_path"),
        ("//evil.test", "/new/", "old_path"),
        ("/old/", "javascript:alert(1)", "new_path"),
        ("/old/", "//evil.test/", "new_path"),
        ("/old/", "/new\r\nSet-Cookie: a=b", "new_path"),
        ("/old/", "/old", "new_path"),
        ("/admin/old/", "/new/", "old_path"),
    ],
)
async def test_a_redirect_that_leads_astray_is_refused(session, superuser, old, new, field):
    with pytest.raises(Invalid) as refusal:
        await services.save_redirect(session, Redirect(old_path=old, new_path=new), by=superuser)

    assert list(refusal.value.errors) == [field]


async def test_a_redirect_takes_the_permission_to_edit_redirects(session):
    reader = await make_user(session, permissions=(Permission.REDIRECTS_VIEW,))

    with pytest.raises(PermissionDenied):
        await services.save_redirect(session, Redirect(old_path="/old/"), by=reader)


async def test_redirects_that_lead_in_a_circle_are_refused(session, superuser):
    await services.save_redirect(session, Redirect(old_path="/a/", new_path="/b/"), by=superuser)
    await services.save_redirect(session, Redirect(old_path="/b", new_path="/c/"), by=superuser)
    await session.commit()

    with pytest.raises(Invalid, match="circle"):
        await services.save_redirect(session, Redirect(old_path="/c/", new_path="/a"), by=superuser)


async def test_redirects_in_a_row_that_end_are_accepted(session, superuser):
    await services.save_redirect(session, Redirect(old_path="/b/", new_path="/c/"), by=superuser)
    await services.save_redirect(session, Redirect(old_path="/a/", new_path="/b/"), by=superuser)
    await session.commit()

    assert len((await session.scalars(select(Redirect))).all()) == 2


async def _leads(session):
    return dict((await session.execute(select(Redirect.old_path, Redirect.new_path))).all())


async def test_what_moved_is_found_at_its_new_path(session, superuser):
    await services.follow_move(session, "/old/", "/new/", by=superuser)
    await session.commit()

    assert await _leads(session) == {"/old/": "/new/"}


async def test_redirects_to_a_path_that_moved_lead_straight_to_its_new_one(session, superuser):
    await services.save_redirect(session, Redirect(old_path="/older/", new_path="/old"), by=superuser)
    await session.commit()

    await services.follow_move(session, "/old/", "/new/", by=superuser)
    await session.commit()

    assert await _leads(session) == {"/older/": "/new/", "/old/": "/new/"}


async def test_what_moves_back_and_forth_leaves_no_circle(session, superuser):
    for old, new in (("/a/", "/b/"), ("/b/", "/a/"), ("/a/", "/c/"), ("/c/", "/a/")):
        await services.follow_move(session, old, new, by=superuser)
        await session.commit()

    assert await _leads(session) == {"/b/": "/a/", "/c/": "/a/"}


async def test_a_redirect_that_an_editor_made_at_the_old_path_stays(session, superuser):
    await services.save_redirect(session, Redirect(old_path="/old/", new_path="https://docs.python.org/"), by=superuser)
    await session.commit()

    assert await services.follow_move(session, "/old/", "/new/", by=superuser) is None
    await session.commit()

    assert await _leads(session) == {"/old/": "https://docs.python.org/"}


async def test_what_keeps_its_path_needs_no_redirect(session, superuser):
    assert await services.follow_move(session, "/same", "/same/", by=superuser) is None

    assert await _leads(session) == {}


async def test_the_history_says_that_a_redirect_came_from_a_move(session, superuser):
    await services.follow_move(session, "/old/", "/new/", by=superuser)
    await session.commit()

    entry = await session.scalar(select(AuditEntry).where(AuditEntry.table_name == "redirects"))
    assert (entry.action, entry.remark) == ("follow move", "/old/ moved to /new/.")
