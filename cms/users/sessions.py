"""Who is signed in, in which browser: sessions begin, are recognised by their token, and end."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from cms.core import clock
from cms.users.grants import load_grants
from cms.users.models import User, UserSession
from cms.users.viewing import see_as

TOKEN_BYTES = 32
TOUCH_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session was last used; more often would be a write for each page."""

LONGEST_USER_AGENT = 400
LONGEST_ADDRESS = 45
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts unused, and how long at most."""

    idle: timedelta
    absolute: timedelta


MEMBERS = Lifetime(idle=timedelta(days=14), absolute=timedelta(days=30))
"""People come back about every week; a forgotten browser is signed out within the month."""

STAFF = Lifetime(idle=timedelta(hours=12), absolute=timedelta(days=7))
"""A working day with its breaks, not the night after it: this session can publish."""


async def start_session(session: AsyncSession, user: User, *, address: str, user_agent: str) -> str:
    """Sign `user` in, and return the token for the cookie: it exists nowhere else."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    moment = clock.now()
    session.add(
        UserSession(
            token_hash=hash_of(token),
            user_id=user.id,
            created_at=moment,
            last_seen_at=moment,
            expires_at=_expiry(user, began_at=moment),
            address=address[:LONGEST_ADDRESS],
            user_agent=user_agent[:LONGEST_USER_AGENT],
        )
    )
    await session.flush()
    return token


async def find(session: AsyncSession, token: str) -> UserSession | None:
    """Return the living session of a token, with its user and what that person's roles allow: two statements.

    None stands for a visitor: no such session, one that has ended or expired, or a person who was deactivated.
    """
    statement = (
        _living()
        .join(UserSession.user)
        .where(UserSession.token_hash == hash_of(token), User.is_active)
        .options(contains_eager(UserSession.user).joinedload(User.preferences), joinedload(UserSession.viewing_as))
    )
    found = (await session.scalars(statement)).one_or_none()
    if found is not None:
        await load_grants(session, found.user)
        if found.viewing_as is not None and found.user.is_superuser:
            see_as(found.user, found.viewing_as)
    return found


async def touch(session: AsyncSession, used: UserSession) -> bool:
    """Note that the session is in use, and let it live on accordingly; say whether there was anything to note.

    That is once a minute, so that reading pages is not writing rows.
    """
    moment = clock.now()
    if moment - used.last_seen_at < TOUCH_EVERY:
        return False
    expires_at = _expiry(used.user, began_at=used.created_at)
    await session.execute(
        update(UserSession)
        .where(UserSession.id == used.id)
        .values(last_seen_at=moment, expires_at=expires_at)
        .execution_options(consequences_handled=True, synchronize_session=False)
    )
    return True


async def list_of(session: AsyncSession, user: User) -> Sequence[UserSession]:
    """Return the living sessions of a person, the latest used first."""
    statement = _living().where(UserSession.user_id == user.id)
    return (await session.scalars(statement.order_by(UserSession.last_seen_at.desc(), UserSession.id))).all()


async def end(session: AsyncSession, token: str) -> None:
    """End the session of a token; from now on it opens nothing."""
    await _delete(session, UserSession.token_hash == hash_of(token))


async def end_one(session: AsyncSession, user: User, session_id: int) -> None:
    """End one of this person's own sessions; another person's number ends nothing, nor does one beyond the column."""
    if session_id > LARGEST_ID:
        return
    await _delete(session, UserSession.id == session_id, UserSession.user_id == user.id)


async def end_all(session: AsyncSession, user: User, *, except_: UserSession | None = None) -> None:
    """Sign a person out everywhere, but for the session at hand."""
    kept = [UserSession.id != except_.id] if except_ else []
    await _delete(session, UserSession.user_id == user.id, *kept)


async def purge_expired(session: AsyncSession) -> None:
    """Forget the sessions that can no longer be used."""
    await _delete(session, UserSession.expires_at <= clock.now())


def lifetime_for(user: User) -> Lifetime:
    return STAFF if user.is_staff or user.is_superuser else MEMBERS


def hash_of(token: str) -> str:
    """Return what is stored of a token, from which nobody who reads the database can make a cookie."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _living() -> Select[UserSession]:
    return select(UserSession).where(UserSession.expires_at > clock.now())


def _expiry(user: User, *, began_at: datetime) -> datetime:
    lifetime = lifetime_for(user)
    return min(clock.now() + lifetime.idle, began_at + lifetime.absolute)


async def _delete(session: AsyncSession, *conditions: ColumnElement[bool]) -> None:
    """Delete sessions at once, which no page shows, no index holds and no audit entry mentions."""
    await session.execute(delete(UserSession).where(*conditions).execution_options(consequences_handled=True))
