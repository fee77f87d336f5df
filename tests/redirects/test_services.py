"""What may be decided about redirects."""

import pytest
from sqlalchemy import select

from cms.core.audit import AuditEntry
from cms.core.errors import Invalid, InvalidTransition, PermissionDenied
from cms.core.permissions import Permission
from cms.redirects import services
from cms.redirects.models import Redirect
from tests.factories.pages import make_page
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
        ("/doc/versions/", "/new/", "old_path"),
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


async def _steps(session):
    session.expunge_all()
    return dict((await session.execute(select(Redirect.old_path, Redirect.steps))).all())


async def _save(session, superuser, old_path, new_path):
    redirect = Redirect(old_path=old_path, new_path=new_path)
    await services.save_redirect(session, redirect, by=superuser)
    await session.commit()
    return redirect


async def test_it_is_known_by_way_of_how_many_redirects_one_is_led(session, superuser):
    await _save(session, superuser, "/a/", "/b/")
    await _save(session, superuser, "/c", "/d/")
    before = await _steps(session)

    await _save(session, superuser, "/b", "/c/")

    assert before == {"/a/": 1, "/c": 1}
    assert await _steps(session) == {"/a/": 3, "/b": 2, "/c": 1}


async def test_the_way_becomes_shorter_when_a_redirect_on_it_goes_or_changes(session, superuser):
    await _save(session, superuser, "/a/", "/b/")
    middle = await _save(session, superuser, "/b/", "/c/")
    last = await _save(session, superuser, "/c/", "/d/")

    await services.delete_redirect(session, last, by=superuser)
    await session.commit()
    without_last = await _steps(session)
    middle = await session.get(Redirect, middle.id)
    middle.old_path = "/elsewhere/"
    await services.save_redirect(session, middle, by=superuser)
    await session.commit()

    assert without_last == {"/a/": 2, "/b/": 1}
    assert await _steps(session) == {"/a/": 1, "/elsewhere/": 1}


async def test_counting_steps_makes_no_colleagues_form_stale(session, superuser):
    first = await _save(session, superuser, "/a/", "/b/")
    before = first.lock_version, first.updated_at

    await _save(session, superuser, "/b/", "/c/")

    await session.refresh(first)
    assert (first.lock_version, first.updated_at) == before


async def test_a_redirect_is_made_to_lead_straight_to_the_end(session, superuser):
    first = await _save(session, superuser, "/a/", "/b/")
    await _save(session, superuser, "/b/", "/c/")
    await _save(session, superuser, "/c/", "https://docs.python.org/")
    await session.refresh(first)

    await services.lead_straight(session, first, by=superuser)
    await session.commit()

    assert await _leads(session) == {
        "/a/": "https://docs.python.org/",
        "/b/": "/c/",
        "/c/": "https://docs.python.org/",
    }
    assert await _steps(session) == {"/a/": 1, "/b/": 2, "/c/": 1}


async def test_what_leads_straight_already_is_left_alone(session, superuser):
    redirect = await _save(session, superuser, "/a/", "/b/")

    with pytest.raises(InvalidTransition, match="already"):
        await services.lead_straight(session, redirect, by=superuser)


async def test_a_move_shortens_the_ways_to_what_moved(session, superuser):
    await _save(session, superuser, "/a/", "/old/")
    await _save(session, superuser, "/old/", "/elsewhere/")

    await services.follow_move(session, "/old/", "/new/", by=superuser)
    await session.commit()

    assert await _steps(session) == {"/a/": 1, "/old/": 1}
    assert await _leads(session) == {"/a/": "/new/", "/old/": "/elsewhere/"}


async def test_a_redirect_does_not_hide_a_live_page(session, superuser):
    await make_page(session, title="About", path="about", is_published=True)

    with pytest.raises(Invalid) as refusal:
        await services.save_redirect(session, Redirect(old_path="/about/", new_path="/psf/"), by=superuser)

    assert "the page “About”" in refusal.value.errors["old_path"][0]


@pytest.mark.parametrize("path", ["/", "/h/\r\nX: y", "/a\tb/"])
async def test_nobody_is_redirected_from_where_nobody_can_be(session, superuser, path):
    with pytest.raises(Invalid) as refusal:
        await services.save_redirect(session, Redirect(old_path=path, new_path="/psf/"), by=superuser)

    assert list(refusal.value.errors) == ["old_path"]
