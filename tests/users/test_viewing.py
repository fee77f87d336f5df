"""A superuser looks at the back office as another role: sees what it sees, changes nothing, and it is on the record."""

import pytest
from sqlalchemy import select

from cms.core.audit import AuditEntry
from cms.core.errors import PermissionDenied
from cms.core.permissions import Permission, allows
from cms.users import sessions, viewing
from cms.users.models import Role, UserSession
from tests.factories.users import make_role, make_user


@pytest.fixture
async def token(session, superuser):
    token = await sessions.start_session(session, superuser, address="192.0.2.1", user_agent="A browser")
    await session.commit()
    return token


@pytest.fixture
async def role(session) -> Role:
    role = await make_role(session, Permission.PAGES_VIEW, label="Reader of pages")
    await session.commit()
    return role


async def find(sessionmaker, token) -> UserSession:
    async with sessionmaker() as session:
        return await sessions.find(session, token)


async def start(sessionmaker, token, role, by):
    async with sessionmaker() as session:
        signed_in = await session.scalar(select(UserSession).where(UserSession.token_hash == sessions.hash_of(token)))
        await viewing.start_viewing(session, signed_in, role, by=by)
        await session.commit()


async def test_what_the_role_does_not_hold_is_not_open_meanwhile(sessionmaker, superuser, token, role):
    await start(sessionmaker, token, role, superuser)

    person = (await find(sessionmaker, token)).user

    assert [permission for permission in Permission if allows(person, permission)] == [Permission.PAGES_VIEW]


async def test_the_own_view_comes_back(sessionmaker, superuser, token, role):
    await start(sessionmaker, token, role, superuser)
    async with sessionmaker() as session:
        await viewing.stop_viewing(session, await find(sessionmaker, token))
        await session.commit()

    person = (await find(sessionmaker, token)).user

    assert allows(person, Permission.ROLES_EDIT)


async def test_it_is_on_the_record(session, sessionmaker, superuser, token, role):
    await start(sessionmaker, token, role, superuser)

    entry = await session.scalar(select(AuditEntry).where(AuditEntry.action == "view as role"))

    assert (entry.table_name, entry.row_id) == ("roles", role.id)


async def test_nobody_but_a_superuser_does_it(session, sessionmaker, token, role):
    person = await make_user(session, permissions=(Permission.ROLES_EDIT,))

    with pytest.raises(PermissionDenied, match="Only a superuser"):
        await start(sessionmaker, token, role, person)
