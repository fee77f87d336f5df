"""How a password becomes another one: changed by who knows it, or reset by who reads the account's mail."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import audit, clock, outbox, tokens
from cms.core.errors import Conflict, Invalid, NotFound
from cms.core.permissions import Actor
from cms.core.settings import Settings
from cms.users import passwords, queries, services, sessions, throttle
from cms.users.models import User
from cms.users.password_policy import check_password

RESET_LASTS = timedelta(hours=3)
RESET_PURPOSE = "reset-password"
INVITATION_LASTS = timedelta(days=7)
INVITATION_PURPOSE = "invitation"
LIFETIMES = {RESET_PURPOSE: RESET_LASTS, INVITATION_PURPOSE: INVITATION_LASTS}
"""How long each kind of link lasts: who asked for one waits for it, who is invited may be on holiday."""

CHANGED_MEANWHILE = "This password has just been changed elsewhere."
LINK_ENDED = "This link is not valid any more. Please ask for a new one."
MOST_ACCOUNTS_OF_AN_ADDRESS = 20


async def change_password(session: AsyncSession, user: User, *, current: str, new: str, address: str) -> None:
    """Give `user` a new password, end every session and tell the owner by mail.

    Wrong tries count like those of a sign-in, and like there they are committed here. Raises TooManyAttempts,
    Invalid, Conflict or Unavailable.
    """
    attempt = await throttle.begin(session, user.username, address=address)
    row = await session.get_one(User, user.id)
    encoded = row.password
    await session.commit()
    if not (await passwords.verify(current, encoded)).valid:
        raise Invalid.in_fields({"current": ["This is not your current password."]})
    await throttle.succeed(session, attempt)
    check_password(new, user=row, field="new")
    await _set(session, row, await passwords.hash_password(new), replacing=encoded, action="change password")


async def set_password(session: AsyncSession, user: User, *, new: str, by: Actor) -> None:
    """Give somebody else's account a new password, end every session of theirs and tell them by mail.

    Raises PermissionDenied, Invalid naming the field "new_password", Conflict or Unavailable.
    """
    await services.require_authority(session, user, by=by)
    check_password(new, user=user, field="new_password")
    hashed = await passwords.hash_password(new)
    await _set(session, user, hashed, replacing=user.password, action="set password")


async def invite(session: AsyncSession, user: User, *, by: Actor) -> None:
    """Send somebody whose account has no password yet a link to choose one.

    Raises PermissionDenied, or Conflict where the account has no address, a password, or is not active.
    """
    await services.require_authority(session, user, by=by)
    if not user.email or not user.is_active or passwords.is_usable(user.password):
        raise Conflict(f"“{user}” cannot be invited: that takes an active account with an address and no password.")
    audit.record(session, user, action="invite")
    outbox.enqueue(session, "send_invitation", user_id=user.id, invited_by=by.username)


async def ask_for_reset(session: AsyncSession, email: str, *, address: str) -> None:
    """Have a link sent to everybody who has this e-mail address.

    Whether there is anybody is looked up by the task, so that the answer is the same and takes as long. Raises
    TooManyAttempts, for unknown addresses as well.
    """
    await throttle.begin(session, email, address=address, occasion=throttle.Occasion.PASSWORD_RESET)
    outbox.enqueue(session, "send_password_resets", email=email)


async def resettable(session: AsyncSession, email: str) -> Sequence[User]:
    """Return the active accounts of an e-mail address: each may have its password reset by whoever reads its mail."""
    statement = queries.with_address(email).where(User.is_active).order_by(User.id)
    return (await session.scalars(statement.limit(MOST_ACCOUNTS_OF_AN_ADDRESS))).all()


def reset_token(user: User, settings: Settings) -> str:
    """Return the token of a link by which the password can be reset, once, in the next hours."""
    return _token(user, RESET_PURPOSE, settings)


def invitation_token(user: User, settings: Settings) -> str:
    """Return the token of a link by which the first password can be chosen, once, in the next days."""
    return _token(user, INVITATION_PURPOSE, settings)


async def owner_of(session: AsyncSession, token: str, settings: Settings) -> User:
    """Return whose password a link resets.

    Raises NotFound once the link is too old or has been used, or the account's password or address has changed.
    """
    content = _content_of(token, settings)
    user = await session.scalar(select(User).where(User.id == content["user"], User.is_active))
    if user is None or _state_of(user) != content["state"]:
        raise NotFound(LINK_ENDED)
    return user


async def reset_password(session: AsyncSession, user: User, *, new: str, address: str) -> None:
    """Give the owner of a link a new password, end every session and tell the owner by mail.

    Whoever used the link reads mail at that address, which is thereby confirmed. Raises Invalid, Conflict or
    Unavailable.
    """
    check_password(new, user=user, field="new")
    encoded = user.password
    with audit.acting_as(user):
        await _set(session, user, await passwords.hash_password(new), replacing=encoded, action="reset password")
        user.email_verified_at = user.email_verified_at or clock.now()
        await session.flush()
    for name in (user.username, user.email):
        await throttle.forgive(session, name, address=address)


async def _set(session: AsyncSession, user: User, encoded: str, *, replacing: str, action: str) -> None:
    """Write the new hash, unless another request was quicker: of two uses of one link, one succeeds."""
    statement = select(User.id).where(User.id == user.id, User.password == replacing)
    if await session.scalar(statement.with_for_update()) is None:
        raise Conflict(CHANGED_MEANWHILE)
    user.password = encoded
    audit.note(session, user, action=action)
    await session.flush()
    await sessions.end_all(session, user)
    outbox.enqueue(session, "send_password_changed", user_id=user.id)


def _state_of(user: User) -> str:
    """Return a digest of what, once changed, makes every link sent before worthless."""
    state = f"{user.password}\n{user.email.casefold()}"
    return hashlib.sha256(state.encode()).hexdigest()[:32]


def _token(user: User, purpose: str, settings: Settings) -> str:
    return tokens.sign({"user": user.id, "state": _state_of(user)}, purpose=purpose, settings=settings)


def _content_of(token: str, settings: Settings) -> dict[str, Any]:
    """Return what a link of either kind carries. Raises NotFound with what is wrong with it."""
    refusal = LINK_ENDED
    for purpose, lasts in LIFETIMES.items():
        try:
            return tokens.read(token, purpose=purpose, max_age=lasts, settings=settings)
        except Invalid as error:
            refusal = error.message
    raise NotFound(refusal)
