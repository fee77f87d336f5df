from datetime import timedelta

import pytest
from sqlalchemy import event, select

from cms.core.audit import AuditEntry
from cms.core.outbox import OutboxMessage
from cms.core.permissions import Permission
from cms.users import sessions, tasks
from cms.users.models import RoleAssignment, UserSession
from cms.users.sessions import MEMBERS, STAFF
from tests.factories.users import make_user


async def start(session, user, *, user_agent="Firefox"):
    return await sessions.start_session(session, user, address="192.0.2.7", user_agent=user_agent)


@pytest.fixture
async def member(session, clock):
    return await make_user(session)


async def test_a_session_is_found_by_its_token_with_its_user(session, member):
    token = await start(session, member)

    found = await sessions.find(session, token)

    assert found.user.id == member.id
    assert (found.address, found.user_agent) == ("192.0.2.7", "Firefox")


async def test_the_token_is_long_and_nowhere_in_the_database(session, member):
    token = await start(session, member)

    row = (await session.scalars(select(UserSession))).one()

    assert len(token) >= 43
    assert token not in {row.token_hash, row.user_agent, row.address}
    assert await sessions.find(session, row.token_hash) is None


@pytest.mark.parametrize("token", ["", "wrong", "\x00", "\ud800", "x" * 10_000])
async def test_any_other_token_finds_nothing(session, member, token):
    await start(session, member)

    assert await sessions.find(session, token) is None


async def test_two_sessions_never_share_a_token(session, member):
    assert len({await start(session, member) for _ in range(5)}) == 5


async def test_finding_takes_two_statements_and_brings_the_grants(session, sessionmaker, connection, clock):
    user = await make_user(session, permissions=(Permission.PAGES_EDIT,))
    token = await start(session, user)
    await session.commit()
    statements = []
    event.listen(connection.sync_connection, "before_cursor_execute", lambda *args: statements.append(args[2]))

    async with sessionmaker() as other:
        found = await sessions.find(other, token)

    selects = [statement for statement in statements if statement.startswith("SELECT")]
    assert len(selects) == 2
    assert found.user.grants.allows(Permission.PAGES_EDIT)
    assert not found.user.grants.allows(Permission.PAGES_PUBLISH)


async def test_a_revoked_role_is_gone_at_the_next_look(session, sessionmaker, clock):
    user = await make_user(session, permissions=(Permission.PAGES_EDIT,))
    token = await start(session, user)
    await session.delete((await session.scalars(select(RoleAssignment))).one())
    await session.commit()

    async with sessionmaker() as other:
        found = await sessions.find(other, token)

    assert not found.user.grants.allows(Permission.PAGES_EDIT)


async def test_a_deactivated_person_has_no_session(session, sessionmaker, member):
    token = await start(session, member)
    member.is_active = False
    await session.commit()

    async with sessionmaker() as other:
        assert await sessions.find(other, token) is None


async def test_an_unused_session_expires_sooner_for_staff(session, clock, member):
    staff = await make_user(session, is_staff=True)
    tokens = await start(session, member), await start(session, staff)

    clock.move(seconds=STAFF.idle.total_seconds())
    after_a_day = [await sessions.find(session, token) is not None for token in tokens]
    clock.move(seconds=MEMBERS.idle.total_seconds())
    after_weeks = [await sessions.find(session, token) is not None for token in tokens]

    assert after_a_day == [True, False]
    assert after_weeks == [False, False]


async def test_use_keeps_a_session_alive_but_not_beyond_its_longest_time(session, clock, member):
    token = await start(session, member)
    began_at = clock.now()

    while (found := await sessions.find(session, token)) is not None:
        await sessions.touch(session, found)
        session.expire_all()
        clock.move(days=3)

    assert clock.now() - began_at == MEMBERS.absolute


async def test_use_is_noted_once_a_minute_without_audit_or_purge(session, clock, member):
    found = await sessions.find(session, await start(session, member))
    entries = len((await session.scalars(select(AuditEntry))).all())
    messages = len((await session.scalars(select(OutboxMessage))).all())

    at_once = await sessions.touch(session, found)
    clock.move(seconds=61)
    later = await sessions.touch(session, found)

    assert (at_once, later) == (False, True)
    row = await session.get_one(UserSession, found.id, populate_existing=True)
    assert row.last_seen_at == clock.now()
    assert len((await session.scalars(select(AuditEntry))).all()) == entries
    assert len((await session.scalars(select(OutboxMessage))).all()) == messages


async def test_signing_out_ends_one_session_only(session, member):
    here, there = await start(session, member), await start(session, member)

    await sessions.end(session, here)

    assert await sessions.find(session, here) is None
    assert await sessions.find(session, there) is not None


async def test_all_sessions_but_the_one_at_hand_are_ended(session, member):
    here, there = await start(session, member), await start(session, member)
    other = await start(session, await make_user(session))

    await sessions.end_all(session, member, except_=await sessions.find(session, here))

    found = [await sessions.find(session, token) is not None for token in (here, there, other)]
    assert found == [True, False, True]


async def test_nobody_ends_the_session_of_somebody_else(session, member):
    token = await start(session, member)
    found = await sessions.find(session, token)

    await sessions.end_one(session, await make_user(session), found.id)
    await sessions.end_one(session, member, 2**200)
    still_there = await sessions.find(session, token) is not None
    await sessions.end_one(session, member, found.id)

    assert still_there
    assert await sessions.find(session, token) is None


async def test_the_list_holds_the_living_sessions_of_one_person_latest_first(session, clock, member):
    await start(session, member, user_agent="long ago")
    clock.move(days=15)
    await start(session, member, user_agent="yesterday")
    clock.move(days=1)
    await start(session, member, user_agent="today")
    await start(session, await make_user(session), user_agent="somebody else")

    assert [row.user_agent for row in await sessions.list_of(session, member)] == ["today", "yesterday"]


async def test_expired_sessions_are_purged(resources, session, clock, member):
    await start(session, member)
    clock.move(seconds=(MEMBERS.idle + timedelta(seconds=1)).total_seconds())
    kept = await start(session, member)

    await tasks.purge_expired_sessions(resources, session)

    assert [row.token_hash for row in await session.scalars(select(UserSession))] == [sessions.hash_of(kept)]


async def test_endless_headers_are_cut_to_the_column(session, member):
    token = await sessions.start_session(session, member, address="x" * 500, user_agent="y" * 5000)

    assert await sessions.find(session, token) is not None
