"""How often somebody may try to sign in or have a password reset; counted in PostgreSQL, so nothing else is needed."""

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Index, String, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import clock
from cms.core.database import Base, Recorded, stored_by_value
from cms.core.errors import TooManyAttempts

WINDOW = timedelta(hours=1)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
MOST_DOUBLINGS = 10

FAILURES_KEPT = timedelta(days=1)
SUCCESSES_KEPT = timedelta(days=90)


class Occasion(StrEnum):
    """What is attempted; each is counted for itself."""

    SIGN_IN = "sign-in"
    PASSWORD_RESET = "password-reset"  # noqa: S105 - the name of an occasion, not a secret


@dataclass(frozen=True, slots=True)
class Limits:
    """How many attempts an hour are free of any pause, by what they have in common."""

    pair: int
    """One account from one address: somebody who mistypes, or guesses."""
    address: int
    """All accounts from one address: an office behind one address, or somebody who tries one password on many."""
    account: int
    """One account from addresses where it never succeeded: a guess from many machines. Addresses that the owner
    has signed in from stay open, so that nobody can lock an owner out from afar."""


LIMITS = {
    Occasion.SIGN_IN: Limits(pair=5, address=30, account=60),
    Occasion.PASSWORD_RESET: Limits(pair=3, address=20, account=10),
}


class SignInAttempt(Recorded, Base):
    """One try. It counts as failed from the moment it begins until it has succeeded.

    What was typed as a name is kept as its SHA-256 only, because people type passwords there.
    """

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        Index("ix_sign_in_attempts_account", "account", "at"),
        Index("ix_sign_in_attempts_address", "address", "at"),
        Index("ix_sign_in_attempts_at", "at"),
    )
    audited = False
    invalidates = ()

    occasion: Mapped[Occasion] = mapped_column(stored_by_value(Occasion))
    account: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    has_succeeded: Mapped[bool] = mapped_column(default=False)


async def begin(
    session: AsyncSession, name: str, *, address: str, occasion: Occasion = Occasion.SIGN_IN
) -> SignInAttempt:
    """Count an attempt before it is made, so that attempts made at the same time see each other.

    The caller commits at once. Raises TooManyAttempts, uncounted: waiting helps, however often one asks meanwhile.
    """
    attempt = SignInAttempt(occasion=occasion, account=account_key(name), address=network_of(address), at=clock.now())
    await _one_at_a_time(session, attempt)
    open_at = await _opens_at(session, attempt)
    if open_at > attempt.at:
        raise _too_many(open_at - attempt.at)
    session.add(attempt)
    await session.flush()
    return attempt


async def succeed(session: AsyncSession, attempt: SignInAttempt) -> None:
    """Say that the attempt was right: what was mistyped before it, here, is forgotten."""
    attempt.has_succeeded = True
    same = (
        SignInAttempt.account == attempt.account,
        SignInAttempt.address == attempt.address,
        SignInAttempt.id != attempt.id,
    )
    await _delete(session, *same, SignInAttempt.occasion == attempt.occasion)


async def forgive(session: AsyncSession, name: str, *, address: str) -> None:
    """Forget what was mistyped for this name from this address: its owner has proved to be who they are."""
    same = (SignInAttempt.account == account_key(name), SignInAttempt.address == network_of(address))
    await _delete(session, *same, SignInAttempt.has_succeeded.is_(False))


async def purge(session: AsyncSession) -> None:
    """Forget the attempts that no longer matter to any limit."""
    moment = clock.now()
    await _delete(session, SignInAttempt.at < moment - FAILURES_KEPT, SignInAttempt.has_succeeded.is_(False))
    await _delete(session, SignInAttempt.at < moment - SUCCESSES_KEPT)


def account_key(name: str) -> str:
    """Return under what a typed name is counted.

    It is the name as typed that counts, not the account behind it: otherwise a pause would tell which address
    belongs to which user name.
    """
    return hashlib.sha256(name.strip().casefold().encode(errors="surrogatepass")).hexdigest()


def network_of(address: str) -> str:
    """Return the part of an address that one person has for themselves: with IPv6, that is a whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False).network_address)
    return str(parsed)


def pause_after(failures: int, *, free: int) -> timedelta:
    """Return how long to wait after so many failures: nothing while they are free, then twice as long each time."""
    if failures < free:
        return timedelta()
    doublings = min(failures - free, MOST_DOUBLINGS)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


async def _opens_at(session: AsyncSession, attempt: SignInAttempt) -> datetime:
    """Return from when on such an attempt is allowed; a moment in the past, if it is allowed now."""
    limits = LIMITS[attempt.occasion]
    same_account = SignInAttempt.account == attempt.account
    same_address = SignInAttempt.address == attempt.address
    rules: list[tuple[tuple[ColumnElement[bool], ...], int]] = [
        ((same_account, same_address), limits.pair),
        ((same_address,), limits.address),
    ]
    if not await _is_known(session, attempt):
        rules.append(((same_account,), limits.account))
    moments = [await _opens_for(session, attempt, like, free=free) for like, free in rules]
    return max(moments)


async def _opens_for(
    session: AsyncSession, attempt: SignInAttempt, like: Sequence[ColumnElement[bool]], *, free: int
) -> datetime:
    statement = select(func.count(), func.coalesce(func.max(SignInAttempt.at), attempt.at)).where(
        *like,
        SignInAttempt.occasion == attempt.occasion,
        SignInAttempt.has_succeeded.is_(False),
        SignInAttempt.at > attempt.at - WINDOW,
    )
    failures, last = (await session.execute(statement)).one()
    return last + pause_after(failures, free=free)


async def _is_known(session: AsyncSession, attempt: SignInAttempt) -> bool:
    statement = select(SignInAttempt.id).where(
        SignInAttempt.account == attempt.account,
        SignInAttempt.address == attempt.address,
        SignInAttempt.has_succeeded.is_(True),
        SignInAttempt.at > attempt.at - SUCCESSES_KEPT,
    )
    return await session.scalar(statement.limit(1)) is not None


async def _one_at_a_time(session: AsyncSession, attempt: SignInAttempt) -> None:
    """Let attempts on one account, and from one address, be counted one after the other, until the commit."""
    for key in sorted({attempt.account, attempt.address}):
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


async def _delete(session: AsyncSession, *conditions: ColumnElement[bool]) -> None:
    """Delete attempts at once, which no page shows, no index holds and no audit entry mentions."""
    await session.execute(delete(SignInAttempt).where(*conditions).execution_options(consequences_handled=True))


def _too_many(remaining: timedelta) -> TooManyAttempts:
    seconds = max(1, round(remaining.total_seconds()))
    minutes = -(-seconds // 60)
    when = f"{minutes} minutes" if minutes > 1 else f"{seconds} seconds"
    return TooManyAttempts(f"There were too many attempts. Please try again in {when}.", retry_after=seconds)
