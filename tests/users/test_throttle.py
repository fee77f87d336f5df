import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from cms.core.errors import TooManyAttempts
from cms.core.session import make_sessionmaker
from cms.users import throttle
from cms.users.throttle import LIMITS, Occasion, SignInAttempt, network_of, pause_after

FREE = LIMITS[Occasion.SIGN_IN].pair
HERE = "192.0.2.7"
ELSEWHERE = "198.51.100.20"


async def fail(session, name="alice", *, address=HERE, times=1, occasion=Occasion.SIGN_IN):
    for _ in range(times):
        await throttle.begin(session, name, address=address, occasion=occasion)


async def seconds_to_wait(session, name="alice", *, address=HERE, occasion=Occasion.SIGN_IN):
    try:
        async with session.begin_nested() as attempt:
            await throttle.begin(session, name, address=address, occasion=occasion)
            await attempt.rollback()
    except TooManyAttempts as refusal:
        return refusal.retry_after
    return 0


async def test_the_first_mistakes_are_free_and_then_each_pause_is_twice_as_long(session, clock):
    await fail(session, times=FREE)
    pauses = []
    for _ in range(7):
        pauses.append(await seconds_to_wait(session))
        clock.move(seconds=pauses[-1])
        await fail(session)

    assert pauses == [30, 60, 120, 240, 480, 900, 900]


async def test_the_refusal_says_when_to_try_again(session, clock):
    await fail(session, times=FREE)

    with pytest.raises(TooManyAttempts) as refusal:
        await fail(session)

    assert refusal.value.message == "There were too many attempts. Please try again in 30 seconds."
    assert refusal.value.retry_after == 30
    assert refusal.value.status_code == 429


async def test_asking_again_during_a_pause_does_not_lengthen_it(session, clock):
    await fail(session, times=FREE)

    for _ in range(20):
        assert await seconds_to_wait(session) > 0
        with pytest.raises(TooManyAttempts):
            await fail(session)
    clock.move(seconds=30)

    assert await seconds_to_wait(session) == 0


async def test_an_hour_later_everything_is_forgiven(session, clock):
    await fail(session, times=FREE)
    clock.move(minutes=61)

    await fail(session, times=FREE - 1)

    assert await seconds_to_wait(session) == 0


async def test_success_forgets_the_mistakes_made_here_but_not_those_on_other_accounts(session, clock):
    await fail(session, "mallory", times=FREE)
    await fail(session, times=FREE - 1)

    attempt = await throttle.begin(session, "alice", address=HERE)
    await throttle.succeed(session, attempt)

    await fail(session, times=FREE - 1)
    assert await seconds_to_wait(session) == 0
    assert await seconds_to_wait(session, "mallory") == 30


async def test_one_password_tried_on_many_accounts_is_slowed_down_by_its_address(session, clock):
    for number in range(LIMITS[Occasion.SIGN_IN].address):
        await fail(session, f"account-{number}")

    assert await seconds_to_wait(session, "one-more") == 30
    assert await seconds_to_wait(session, "one-more", address=ELSEWHERE) == 0


async def test_one_account_tried_from_many_addresses_is_slowed_down(session, clock):
    for number in range(LIMITS[Occasion.SIGN_IN].account):
        await fail(session, address=f"203.0.113.{number}")

    assert await seconds_to_wait(session, address=ELSEWHERE) == 30


async def test_nobody_can_lock_out_an_owner_who_signed_in_from_here_before(session, clock):
    attempt = await throttle.begin(session, "alice", address=HERE)
    await throttle.succeed(session, attempt)
    clock.move(days=20)

    for number in range(LIMITS[Occasion.SIGN_IN].account):
        await fail(session, address=f"203.0.113.{number}")

    assert await seconds_to_wait(session, address=ELSEWHERE) > 0
    assert await seconds_to_wait(session, address=HERE) == 0


async def test_a_pause_never_exceeds_a_quarter_of_an_hour():
    assert pause_after(10_000, free=5) == timedelta(minutes=15)
    assert pause_after(4, free=5) == timedelta()


async def test_letters_case_and_spaces_do_not_make_another_account(session, clock):
    await fail(session, "alice", times=FREE)

    assert await seconds_to_wait(session, "  ALICE ") == 30


async def test_what_was_typed_as_a_name_is_not_stored(session, clock):
    await fail(session, "my secret password")

    attempt = (await session.scalars(select(SignInAttempt))).one()

    assert "secret" not in attempt.account
    assert len(attempt.account) == 64


async def test_any_text_can_be_a_name(session, clock):
    for name in ("", "a\x00b", "\ud800", "x" * 100_000):
        await fail(session, name)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_an_address_stands_for_what_one_person_has(address, network):
    assert network_of(address) == network


async def test_mails_about_passwords_are_counted_for_themselves(session, clock):
    reset = Occasion.PASSWORD_RESET
    await fail(session, "alice@example.org", times=LIMITS[reset].pair, occasion=reset)

    assert await seconds_to_wait(session, "alice@example.org", occasion=reset) == 30
    assert await seconds_to_wait(session, "alice@example.org") == 0


async def test_what_no_longer_counts_is_purged(session, clock):
    attempt = await throttle.begin(session, "alice", address=HERE)
    await throttle.succeed(session, attempt)
    await fail(session, "bob")
    clock.move(days=2)
    await throttle.purge(session)
    after_days = await session.scalar(select(func.count()).select_from(SignInAttempt))
    clock.move(days=90)
    await throttle.purge(session)

    assert after_days == 1
    assert await session.scalar(select(func.count()).select_from(SignInAttempt)) == 0


async def test_attempts_made_at_the_same_time_see_each_other(engine):
    sessionmaker = make_sessionmaker(engine)

    async def attempt():
        async with sessionmaker() as session:
            await throttle.begin(session, "raced", address=HERE)
            await session.commit()

    answers = await asyncio.gather(*(attempt() for _ in range(30)), return_exceptions=True)

    async with sessionmaker() as session:
        key = throttle.account_key("raced")
        statement = delete(SignInAttempt).where(SignInAttempt.account == key)
        await session.execute(statement.execution_options(consequences_handled=True))
        await session.commit()
    assert sum(answer is None for answer in answers) == FREE
    assert sum(isinstance(answer, TooManyAttempts) for answer in answers) == 30 - FREE
