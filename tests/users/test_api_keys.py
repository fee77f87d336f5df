"""API keys: told once, kept as a hash, limited to what their owner and their scopes allow, and revoked for good."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cms.core import clock as clocks
from cms.core.audit import HIDDEN_VALUE, AuditEntry
from cms.core.errors import Invalid, InvalidTransition, PermissionDenied
from cms.core.permissions import Permission, allows
from cms.users import api_keys
from cms.users.api_keys import ApiKey
from tests.factories.users import make_user

EDIT, VIEW, KEYS = Permission.DOWNLOADS_EDIT, Permission.DOWNLOADS_VIEW, Permission.APIKEYS_EDIT


@pytest.fixture
async def owner(session):
    return await make_user(session, permissions=(EDIT, VIEW, KEYS))


async def test_a_key_opens_what_its_owner_may_do_and_is_kept_nowhere(session, owner):
    key, secret = await api_keys.create(session, owner, name="laptop", by=owner)
    await session.commit()

    found = await api_keys.find(session, secret)

    assert found == key
    assert allows(found.user, EDIT)
    assert secret not in str(vars(key))
    entry = (await session.scalars(select(AuditEntry).where(AuditEntry.table_name == "api_keys"))).one()
    assert entry.changes["key_hash"] == [HIDDEN_VALUE] * 2


async def test_a_key_can_be_written_into_the_settings_of_the_release_scripts(session, owner):
    _, secret = await api_keys.create(session, owner, name="laptop", by=owner)

    assert secret.replace("_", "").isalnum()
    assert secret.startswith(api_keys.PREFIX)


async def test_a_key_with_scopes_allows_no_more_than_they_name(session, owner):
    _, secret = await api_keys.create(session, owner, name="reader", scopes=[VIEW, Permission.PAGES_EDIT], by=owner)
    await session.commit()

    person = (await api_keys.find(session, secret)).user

    assert allows(person, VIEW)
    assert not allows(person, EDIT)
    assert not allows(person, Permission.PAGES_EDIT)


async def test_the_key_of_a_superuser_with_scopes_is_not_a_superusers(session, superuser):
    _, secret = await api_keys.create(session, superuser, name="files", scopes=[EDIT], by=superuser)
    await session.commit()

    person = (await api_keys.find(session, secret)).user

    assert allows(person, EDIT)
    assert not allows(person, Permission.USERS_EDIT)


async def test_a_wrong_expired_or_revoked_key_and_that_of_somebody_else_open_nothing(session, owner, clock):
    key, secret = await api_keys.create(session, owner, name="a", by=owner)
    _, short = await api_keys.create(session, owner, name="b", expires_at=clock.now() + timedelta(days=1), by=owner)
    await session.commit()
    clock.move(days=2)

    assert await api_keys.find(session, "wrong") is None
    assert await api_keys.find(session, "x" * 5000) is None
    assert await api_keys.find(session, short) is None
    assert await api_keys.find(session, secret, username="somebody") is None
    assert await api_keys.find(session, secret, username=owner.username) == key
    await api_keys.revoke(session, key, by=owner)
    assert await api_keys.find(session, secret) is None
    with pytest.raises(InvalidTransition):
        await api_keys.revoke(session, key, by=owner)


async def test_the_key_of_an_account_that_is_not_active_opens_nothing(session, owner):
    _, secret = await api_keys.create(session, owner, name="laptop", by=owner)
    owner.is_active = False
    await session.commit()

    assert await api_keys.find(session, secret) is None


async def test_people_make_and_revoke_keys_of_their_own_only(session, owner, superuser):
    other = await make_user(session)
    key, _ = await api_keys.create(session, other, name="theirs", by=superuser)

    with pytest.raises(PermissionDenied):
        await api_keys.create(session, other, name="mine", by=owner)
    with pytest.raises(PermissionDenied):
        await api_keys.revoke(session, key, by=owner)
    with pytest.raises(PermissionDenied):
        await api_keys.create(session, other, name="mine", by=other)


async def test_a_key_without_a_name_with_an_unknown_scope_or_expired_at_once_is_refused(session, owner):
    yesterday = clocks.now() - timedelta(days=1)

    with pytest.raises(Invalid) as refusal:
        await api_keys.create(session, owner, name=" ", scopes=["all:things"], expires_at=yesterday, by=owner)

    assert set(refusal.value.errors) == {"name", "scopes", "expires_at"}


async def test_the_last_use_is_noted_once_a_minute(session, owner, clock):
    key, _ = await api_keys.create(session, owner, name="laptop", by=owner)
    await session.commit()

    assert await api_keys.touch(session, key)
    await session.refresh(key)
    assert not await api_keys.touch(session, key)
    clock.move(minutes=2)
    assert await api_keys.touch(session, key)
    noted = (await session.scalars(select(ApiKey.last_used_at).where(ApiKey.id == key.id))).one()
    assert noted == clock.now()
