import time

import pytest
from sqlalchemy import select

from cms.core.audit import AuditEntry
from cms.core.errors import Invalid, TooManyAttempts
from cms.core.outbox import OutboxMessage
from cms.users import passwords
from cms.users import sign_in as module
from cms.users.models import User
from cms.users.sign_in import REFUSAL_TAKES, REFUSED, AccountInactive, sign_in
from tests.factories.users import PASSWORD, make_user

HERE = "192.0.2.7"
OLD_HASH = "pbkdf2_sha1$2000$sMnAQUvCJczKDUmnCnSlLB$IdOnaov3csDc6zLn1ZI2rDnNd/c="
OLD_PASSWORD = "correct horse é battery"


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(module, "REFUSAL_TAKES", 0)


async def refusal(session, name, password):
    with pytest.raises(Invalid) as refused:
        await sign_in(session, name, password, address=HERE)
    return refused.value


@pytest.mark.parametrize("typed", ["Alice", "alice", " ALICE ", "Alice@Example.org", "alice@example.org"])
async def test_people_sign_in_by_name_or_by_address_in_any_case(session, typed):
    alice = await make_user(session, username="Alice", email="alice@example.org")

    assert (await sign_in(session, typed, PASSWORD, address=HERE)).id == alice.id


async def test_unknown_names_and_wrong_passwords_are_answered_alike(session, at_once):
    await make_user(session, username="alice", email="alice@example.org")
    await make_user(session, username="unusable", password="!")
    await make_user(session, username="inactive", is_active=False)
    unusable = (await session.scalars(select(User).where(User.username == "unusable"))).one()
    unusable.password = passwords.unusable()
    await session.commit()

    refusals = [
        await refusal(session, name, "wrong")
        for name in ("alice", "alice@example.org", "nobody", "nobody@example.org", "unusable", "inactive", "", "a\x00b")
    ]

    assert {refused.message for refused in refusals} == {REFUSED}
    assert {str(refused.errors) for refused in refusals} == {str({"": [REFUSED]})}


async def test_every_refusal_takes_longer_than_any_comparison(session):
    await make_user(session, username="alice")
    took = []

    for name in ("alice", "nobody"):
        started = time.monotonic()
        await refusal(session, name, "wrong")
        took.append(time.monotonic() - started)

    assert min(took) >= REFUSAL_TAKES


async def test_an_inactive_account_says_so_only_to_who_knows_the_password(session, at_once):
    await make_user(session, username="alice", is_active=False)

    assert (await refusal(session, "alice", "wrong")).message == REFUSED
    with pytest.raises(AccountInactive) as told:
        await sign_in(session, "alice", PASSWORD, address=HERE)

    assert told.value.message == "This account has been deactivated."


async def test_an_address_shared_by_several_accounts_is_nobodys(session, at_once):
    await make_user(session, username="one", email="shared@example.org")
    await make_user(session, username="two", email="Shared@example.org")

    assert (await refusal(session, "shared@example.org", PASSWORD)).message == REFUSED
    assert (await sign_in(session, "two", PASSWORD, address=HERE)).username == "two"


async def test_a_shared_address_is_its_who_confirmed_it(session, clock):
    await make_user(session, username="one", email="shared@example.org")
    await make_user(session, username="two", email="shared@example.org", email_verified_at=clock.now())

    assert (await sign_in(session, "shared@example.org", PASSWORD, address=HERE)).username == "two"


async def test_an_inactive_namesake_does_not_make_an_address_ambiguous(session):
    await make_user(session, username="one", email="shared@example.org", is_active=False)
    await make_user(session, username="two", email="shared@example.org")

    assert (await sign_in(session, "shared@example.org", PASSWORD, address=HERE)).username == "two"


async def test_an_old_hash_is_replaced_at_the_first_sign_in(session):
    user = await make_user(session, username="alice")
    user.password = OLD_HASH
    await session.commit()

    await sign_in(session, "alice", OLD_PASSWORD, address=HERE)
    await session.commit()
    stored = await session.scalar(select(User.password))
    again = await sign_in(session, "alice", OLD_PASSWORD, address=HERE)

    assert stored.startswith("$argon2id$")
    assert again.password == stored


async def test_a_sign_in_is_no_edit_of_the_account(session, clock):
    user = await make_user(session, username="alice")
    before = user.lock_version, user.updated_at
    messages = len((await session.scalars(select(OutboxMessage))).all())
    clock.move(hours=1)

    signed_in = await sign_in(session, "alice", PASSWORD, address=HERE)
    await session.commit()

    assert signed_in.last_login_at == clock.now()
    assert (signed_in.lock_version, signed_in.updated_at) == before
    assert len((await session.scalars(select(OutboxMessage))).all()) == messages


async def test_sign_ins_and_refusals_are_in_the_audit_without_passwords(session, at_once):
    alice = await make_user(session, username="alice")

    await refusal(session, "alice", "a wrong password")
    await refusal(session, "my secret password", "x")
    await sign_in(session, "alice", PASSWORD, address=HERE)
    await session.commit()

    entries = (await session.scalars(select(AuditEntry).where(AuditEntry.action.like("%sign%")).order_by("id"))).all()
    assert [(entry.action, entry.actor_id, entry.row_id) for entry in entries] == [
        ("refuse sign-in", None, alice.id),
        ("sign in", alice.id, alice.id),
    ]
    assert [entry.remark for entry in entries] == [f"Wrong password, from {HERE}.", f"From {HERE}."]


async def test_refused_attempts_count_although_they_were_refused(session, sessionmaker, at_once, clock):
    await make_user(session, username="alice")

    for _ in range(5):
        async with sessionmaker() as other:
            await refusal(other, "alice", "wrong")

    with pytest.raises(TooManyAttempts) as refused:
        await sign_in(session, "alice", PASSWORD, address=HERE)
    assert refused.value.message == "There were too many attempts. Please try again in 30 seconds."


async def test_unknown_names_are_throttled_like_known_ones(session, at_once, clock):
    await make_user(session, username="alice")
    answers = {}

    for name in ("alice", "nobody"):
        for _ in range(5):
            await refusal(session, name, "wrong")
        with pytest.raises(TooManyAttempts) as refused:
            await sign_in(session, name, "wrong", address=HERE)
        answers[name] = refused.value.message

    assert answers["alice"] == answers["nobody"]


async def test_after_the_pause_the_right_password_is_accepted(session, at_once, clock):
    await make_user(session, username="alice")
    for _ in range(5):
        await refusal(session, "alice", "wrong")
    clock.move(seconds=30)

    assert (await sign_in(session, "alice", PASSWORD, address=HERE)).username == "alice"


async def test_a_password_changed_while_it_is_compared_does_not_open_the_account(session, at_once, monkeypatch):
    user = await make_user(session, username="alice")
    compare = passwords.verify

    async def verify_slowly(password, encoded):
        verdict = await compare(password, encoded)
        user.password = await passwords.hash_password("another pass phrase")
        await session.commit()
        return verdict

    monkeypatch.setattr(passwords, "verify", verify_slowly)

    assert (await refusal(session, "alice", PASSWORD)).message == REFUSED
