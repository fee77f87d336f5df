"""Who may change whose rights: nobody their own, and never the last superuser's."""

import pytest
from sqlalchemy import select

from cms.core.errors import Conflict, Invalid, PermissionDenied
from cms.core.permissions import Permission
from cms.pages.models import Page
from cms.users import password_changes, services, sessions
from cms.users.grants import load_grants
from cms.users.models import RoleAssignment, User, UserSession
from cms.users.services import Assigned
from tests.factories.pages import make_page
from tests.factories.users import make_role, make_user


@pytest.fixture
async def administrator(session):
    """Somebody who may edit people and roles, but is no superuser."""
    return await make_user(session, permissions=(Permission.USERS_EDIT, Permission.ROLES_EDIT))


async def test_nobody_but_a_superuser_makes_staff_or_superusers(session, administrator):
    person = await make_user(session)

    person.is_superuser = True
    with pytest.raises(PermissionDenied, match="Only a superuser"):
        await services.save_user(session, person, by=administrator)


async def test_nobody_changes_their_own_rights(session, superuser):
    superuser.is_staff = False

    with pytest.raises(PermissionDenied, match="your own rights"):
        await services.save_user(session, superuser, by=superuser)


async def test_the_last_superuser_cannot_be_demoted_deactivated_or_deleted(session, superuser):
    other = await make_user(session, is_superuser=True)
    superuser.is_active = False
    await services.save_user(session, superuser, by=other)

    other.is_superuser = False
    with pytest.raises((Conflict, PermissionDenied)):
        await services.save_user(session, other, by=other)
    with pytest.raises(PermissionDenied):
        await services.delete_user(session, other, by=other)


async def test_deleting_the_last_superuser_is_refused_also_to_the_command_line(session, superuser):
    operator = User(username="command line", is_superuser=True, is_active=True)

    with pytest.raises(Conflict, match="last superuser"):
        await services.delete_user(session, superuser, by=operator)


async def test_the_account_of_a_superuser_is_changed_by_superusers_only(session, superuser, administrator):
    superuser.email = "taken-over@example.org"

    with pytest.raises(PermissionDenied, match="account of a superuser"):
        await services.save_user(session, superuser, by=administrator)


async def test_nobody_takes_over_an_account_that_may_do_more(session, administrator):
    manager = await make_user(session, permissions=(Permission.DOWNLOADS_PUBLISH,))
    manager.email = "taken-over@example.org"

    with pytest.raises(PermissionDenied, match="downloads:publish"):
        await services.save_user(session, manager, by=administrator)
    with pytest.raises(PermissionDenied, match="downloads:publish"):
        await password_changes.set_password(session, manager, new="a pass phrase for a thief", by=administrator)


async def test_a_password_that_somebody_else_sets_ends_the_sessions(session, superuser):
    person = await make_user(session)
    await sessions.start_session(session, person, address="192.0.2.1", user_agent="A browser")

    await password_changes.set_password(session, person, new="a wholly different phrase", by=superuser)

    assert (await session.scalars(select(UserSession).where(UserSession.user_id == person.id))).all() == []


async def test_a_closed_account_loses_its_sessions(session, superuser):
    person = await make_user(session)
    await sessions.start_session(session, person, address="192.0.2.1", user_agent="A browser")

    person.is_active = False
    await services.save_user(session, person, by=superuser)

    assert (await session.scalars(select(UserSession).where(UserSession.user_id == person.id))).all() == []


@pytest.mark.parametrize(
    ("values", "field"),
    [({"username": "two words"}, "username"), ({"username": ""}, "username"), ({"email": "nobody"}, "email")],
)
async def test_an_account_that_breaks_a_rule_is_refused_naming_the_field(session, superuser, values, field):
    person = User(**{"username": "somebody", "password": "!", **values})

    with pytest.raises(Invalid) as refusal:
        await services.save_user(session, person, by=superuser)

    assert list(refusal.value.errors) == [field]


async def test_two_user_names_differ_in_more_than_case(session, superuser):
    await make_user(session, username="Guido")

    with pytest.raises(Invalid, match="already exists"):
        await services.save_user(session, User(username="guido", password="!"), by=superuser)


async def test_a_person_who_wrote_content_is_deleted_and_the_content_stays(session, superuser):
    author = await make_user(session)
    page = await make_page(session, created_by_id=author.id, updated_by_id=author.id)

    await services.delete_user(session, author, by=superuser)
    await session.commit()

    await session.refresh(page)
    assert (page.created_by_id, page.updated_by_id) == (None, None)
    assert await session.scalar(select(Page.id)) == page.id


async def test_roles_are_assigned_changed_and_taken_away(session, superuser):
    person = await make_user(session)
    editor, writer = await make_role(session, Permission.PAGES_EDIT), await make_role(session, Permission.BOXES_EDIT)

    await services.assign_roles(session, person, [Assigned(editor)], by=superuser)
    await services.assign_roles(session, person, [Assigned(writer), Assigned(editor, "path", ("psf",))], by=superuser)

    grants = await load_grants(session, person)
    assert {grant.permission for grant in grants.held} == {Permission.PAGES_EDIT, Permission.BOXES_EDIT}
    assert grants.of(Permission.PAGES_EDIT)[0].scope.values == ("psf",)
    assert len((await session.scalars(select(RoleAssignment))).all()) == 2


async def test_nobody_assigns_roles_to_themselves(session, administrator):
    role = await make_role(session, Permission.USERS_EDIT)

    with pytest.raises(PermissionDenied, match="your own roles"):
        await services.assign_roles(session, administrator, [Assigned(role)], by=administrator)


async def test_nobody_hands_out_what_they_do_not_hold(session, administrator):
    accomplice = await make_user(session)
    role = await make_role(session, Permission.DOWNLOADS_PUBLISH)

    with pytest.raises(PermissionDenied, match="do not hold"):
        await services.assign_roles(session, accomplice, [Assigned(role)], by=administrator)


async def test_nobody_writes_into_a_role_what_they_do_not_hold_nor_into_their_own(session, administrator):
    role = await make_role(session, Permission.USERS_EDIT)

    role.permissions = ["downloads:publish"]
    with pytest.raises(PermissionDenied, match="do not hold"):
        await services.save_role(session, role, by=administrator)


@pytest.mark.parametrize(("kind", "values"), [("planet", ("mars",)), ("series", ()), (None, ("3.14",))])
async def test_a_scope_that_is_none_is_refused(session, superuser, kind, values):
    role = await make_role(session, Permission.DOWNLOADS_EDIT)

    with pytest.raises(Invalid):
        await services.assign_roles(session, await make_user(session), [Assigned(role, kind, values)], by=superuser)


async def test_a_role_that_somebody_holds_cannot_be_deleted(session, superuser):
    role = await make_role(session, Permission.PAGES_EDIT)
    await services.assign_roles(session, await make_user(session), [Assigned(role)], by=superuser)

    with pytest.raises(Conflict, match="cannot be deleted"):
        await services.delete_role(session, role, by=superuser)


async def test_a_permission_the_code_no_longer_knows_allows_nothing(session, superuser):
    person = await make_user(session, permissions=(Permission.PAGES_EDIT,))
    role = await make_role(session, Permission.PAGES_EDIT)
    role.permissions = ["pages:abolished"]
    await services.assign_roles(session, person, [Assigned(role)], by=superuser)

    grants = await load_grants(session, person)

    assert grants.held == ()
