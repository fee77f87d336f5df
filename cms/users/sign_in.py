"""Who may come in: a name or an e-mail address, and the password that belongs to it."""

import asyncio
import time

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import audit, clock
from cms.core.errors import Invalid, PermissionDenied
from cms.users import passwords, queries, throttle
from cms.users.models import User

REFUSAL_TAKES = 0.5
"""In seconds. A hash of the old site takes up to 0.35 s to compare, one of ours a tenth of that. A refusal that
always takes longer than either tells neither which of them there is, nor whether there is any."""

REFUSED = "The user name or the password is wrong."
LONGEST_NAME = 254
"""As long as an e-mail address can be."""

MOST_SHARING = 20
"""An address with more accounts than this is looked at no further."""

log = structlog.get_logger(__name__)


class AccountInactive(PermissionDenied):
    """The password is right, but the account has been deactivated."""


async def sign_in(session: AsyncSession, name_or_email: str, password: str, *, address: str) -> User:
    """Return the person who has this name or e-mail address, and this password.

    Unlike other services this one commits: an attempt counts before it is made, also if it is refused, and no
    connection is kept busy while hashes are compared. Raises TooManyAttempts; Invalid, with one sentence for
    unknown names and wrong passwords; AccountInactive, only to those who know the password; or Unavailable.
    """
    began_at = time.monotonic()
    attempt = await throttle.begin(session, name_or_email, address=address)
    named = await find_by_name_or_email(session, name_or_email)
    encoded = named.password if named else None
    await session.commit()

    verdict = await passwords.verify(password, encoded)
    fresh = await passwords.hash_password(password) if verdict.needs_rehash else None
    user = await _locked(session, named, encoded) if named and verdict.valid else None
    if user is None:
        await _refuse(session, named, address=address)
        await asyncio.sleep(REFUSAL_TAKES - (time.monotonic() - began_at))
        raise Invalid(REFUSED, errors={"": [REFUSED]})
    await throttle.succeed(session, attempt)
    if not user.is_active:
        await _turn_away(session, user, address=address)
    await _welcome(session, user, fresh_hash=fresh, address=address)
    return user


async def find_by_name_or_email(session: AsyncSession, name_or_email: str) -> User | None:
    """Return the person of that user name, in any case of letters, or else of that e-mail address.

    An address that several active accounts share is nobody's, unless exactly one of them has confirmed it.
    """
    wanted = name_or_email.strip()
    if not wanted.isprintable() or len(wanted) > LONGEST_NAME:
        return None
    named = await session.scalar(queries.named(wanted))
    if named is not None or "@" not in wanted:
        return named
    sharing = (await session.scalars(queries.with_address(wanted).limit(MOST_SHARING))).all()
    active = [user for user in sharing if user.is_active]
    confirmed = [user for user in active if user.email_verified_at is not None]
    return next((found[0] for found in (confirmed, active, sharing) if len(found) == 1), None)


async def _locked(session: AsyncSession, user: User, encoded: str | None) -> User | None:
    """Return the row as it is now, kept from changing, unless the password was changed while it was compared."""
    statement = select(User).where(User.id == user.id, User.password == encoded)
    return await session.scalar(statement.with_for_update().execution_options(populate_existing=True))


async def _refuse(session: AsyncSession, user: User | None, *, address: str) -> None:
    """Record a refusal; of an unknown name nothing is kept, because people type passwords there."""
    if user is None:
        log.info("A sign-in was refused.", account="unknown", address=address)
        return
    log.info("A sign-in was refused.", account=user.id, address=address)
    audit.record(session, user, action="refuse sign-in", remark=f"Wrong password, from {address}.")
    await session.commit()


async def _turn_away(session: AsyncSession, user: User, *, address: str) -> None:
    audit.record(session, user, action="refuse sign-in", remark=f"The account is not active; from {address}.")
    await session.commit()
    message = "This account has been deactivated."
    raise AccountInactive(message)


async def _welcome(session: AsyncSession, user: User, *, fresh_hash: str | None, address: str) -> None:
    """Note the sign-in, and the new hash of a password whose old one was weak.

    Neither is an edit of the account: an open form about it stays valid, and its public page the same.
    """
    values = {"last_login_at": clock.now(), "updated_at": User.updated_at}
    remark = f"From {address}."
    if fresh_hash is not None:
        values["password"] = fresh_hash
        remark += " The password was hashed anew."
    statement = update(User).where(User.id == user.id).values(values)
    await session.execute(statement.execution_options(consequences_handled=True, synchronize_session=False))
    await session.refresh(user, ["last_login_at", "password"])
    with audit.acting_as(user):
        audit.record(session, user, action="sign in", remark=remark)
