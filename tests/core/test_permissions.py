"""Who may do what: roles, scopes, and the sentences of a refusal."""

import pytest
from sqlalchemy import select

from cms.core.errors import PermissionDenied
from cms.core.permission_words import AREA_WORDS, PERMISSION_WORDS
from cms.core.permissions import (
    SCOPE_KINDS,
    SHIPPED_ROLES,
    SYSTEM,
    Permission,
    allows,
    extends_to,
    require,
    scope_condition,
)
from cms.downloads.models import Release, ReleaseFile
from cms.pages.models import Page
from cms.users.grants import explain
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user


async def test_somebody_without_roles_may_nothing(session):
    person = await make_user(session)

    assert [permission for permission in Permission if allows(person, permission)] == []


async def test_a_superuser_may_everything_until_the_account_is_closed(session):
    person = await make_user(session, is_superuser=True)
    assert all(allows(person, permission) for permission in Permission)

    person.is_active = False
    assert not any(allows(person, permission) for permission in Permission)


async def test_a_refusal_names_the_missing_permission(session):
    person = await make_user(session)

    with pytest.raises(PermissionDenied, match="Write pages"):
        await require(session, person, Permission.PAGES_EDIT)


async def test_a_series_scope_reaches_the_releases_and_files_of_the_series_only(session):
    manager = await make_user(
        session, permissions=(Permission.DOWNLOADS_EDIT,), scope_kind="series", scope_values=("3.14",)
    )
    system = await make_operating_system(session)
    mine, other = await make_release(session, "Python 3.14.1"), await make_release(session, "Python 3.13.9")
    my_file, other_file = await make_file(session, mine, system), await make_file(session, other, system)

    assert await extends_to(session, manager, Permission.DOWNLOADS_EDIT, mine)
    assert not await extends_to(session, manager, Permission.DOWNLOADS_EDIT, other)
    reached = select(ReleaseFile.id).where(scope_condition(manager, Permission.DOWNLOADS_EDIT, ReleaseFile))
    assert (await session.scalars(reached)).all() == [my_file.id]
    assert other_file.id != my_file.id


async def test_a_row_made_outside_of_the_scope_is_refused(session):
    manager = await make_user(
        session, permissions=(Permission.DOWNLOADS_EDIT,), scope_kind="series", scope_values=("3.14",)
    )
    release = Release(name="Python 3.13.0", slug="python-3130")
    session.add(release)

    with pytest.raises(PermissionDenied, match="does not extend"):
        await require(session, manager, Permission.DOWNLOADS_EDIT, release)


async def test_a_scope_does_not_narrow_what_it_is_not_about(session):
    person = await make_user(session, permissions=(Permission.BOXES_EDIT,), scope_kind="series", scope_values=("3.14",))

    assert await extends_to(session, person, Permission.BOXES_EDIT, await _box(session))


async def test_two_roles_add_up(session):
    person = await make_user(
        session, permissions=(Permission.PAGES_EDIT,), scope_kind="path", scope_values=("community",)
    )
    drafts = [
        await make_page(session, path=path, is_published=False)
        for path in ("community", "community/irc", "communityx", "psf")
    ]

    reached = select(Page.path).where(scope_condition(person, Permission.PAGES_EDIT, Page)).order_by(Page.path)

    assert (await session.scalars(reached)).all() == ["community", "community/irc"]
    assert len(drafts) == 4


async def test_a_live_page_is_deleted_only_by_those_who_may_publish(session):
    writer = await make_user(session, permissions=(Permission.PAGES_DELETE,))
    publisher = await make_user(session, permissions=(Permission.PAGES_DELETE, Permission.PAGES_PUBLISH))
    page = await make_page(session, is_published=True)

    assert not await extends_to(session, writer, Permission.PAGES_DELETE, page)
    assert await extends_to(session, publisher, Permission.PAGES_DELETE, page)


async def test_own_rows_are_those_that_the_person_made(session):
    person = await make_user(session, permissions=(Permission.BOXES_EDIT,), scope_kind="own", scope_values=("own",))
    mine, other = await _box(session, created_by_id=person.id), await _box(session)

    assert await extends_to(session, person, Permission.BOXES_EDIT, mine)
    assert not await extends_to(session, person, Permission.BOXES_EDIT, other)


async def test_the_answer_to_why_names_the_role_or_what_is_missing(session):
    person = await make_user(
        session, permissions=(Permission.PAGES_EDIT,), scope_kind="path", scope_values=("community",)
    )
    page = await make_page(session, path="psf", is_published=False)

    assert (await explain(session, person, Permission.PAGES_EDIT)).startswith("Yes, through Role")
    assert "does not extend" in await explain(session, person, Permission.PAGES_EDIT, page)
    assert (
        await explain(session, person, Permission.USERS_EDIT)
        == "No: none of the roles held includes “Change accounts”."
    )


def test_the_system_may_everything():
    assert all(allows(SYSTEM, permission) for permission in Permission)


def test_the_auditor_views_everything_and_changes_nothing():
    held = SHIPPED_ROLES["auditor"].permissions

    assert held == {permission for permission in Permission if permission.verb == "view"}


def test_permissions_are_written_in_alphabetical_order():
    assert list(Permission) == sorted(Permission)


def test_every_scope_restricts_something():
    assert all(kind.restricts for kind in SCOPE_KINDS.values())


async def _box(session, **values):
    from tests.factories.boxes import make_box

    return await make_box(session, **values)


def test_every_permission_and_every_area_has_its_words():
    assert set(PERMISSION_WORDS) == {permission.value for permission in Permission}
    assert set(AREA_WORDS) == {permission.area for permission in Permission}
    assert len(set(PERMISSION_WORDS.values())) == len(PERMISSION_WORDS)
