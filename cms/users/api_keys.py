"""Keys by which programs act for a person: made once, kept as a hash, limited, and given up again."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import cast

from sqlalchemy import ColumnElement, ForeignKey, Select, String, and_, false, func, not_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from cms.core import audit, clock
from cms.core.audit import QUIET, SECRET
from cms.core.changes import AS_HANDLED
from cms.core.database import Base, Identified, Timestamped, Versioned
from cms.core.errors import Invalid, InvalidTransition, PermissionDenied
from cms.core.permissions import Actor, Grant, Grants, Permission, require, row_rule
from cms.users.grants import load_grants
from cms.users.models import User

PREFIX = "pyorg_"
"""So that whoever finds a key in a file or a log knows what it opens; scripts take letters, digits and this."""

SECRET_BYTES = 20
LONGEST_SECRET = 128
HINT_LENGTH = len(PREFIX) + 4
TOUCH_EVERY = timedelta(minutes=1)
"""How exactly it is known when a key was last used; more often would be a write for each request."""

NAME_TAKEN = (
    "There is a key of this name already. A key is shown once, when it is made, and never again: if it was not kept, "
    "revoke it, and make another."
)
KNOWN = frozenset(permission.value for permission in Permission)


class ApiKey(Identified, Timestamped, Versioned, Base):
    """A key of one person. The key itself is told once and kept nowhere; here is its SHA-256."""

    __tablename__ = "api_keys"
    invalidates = ()
    searched_columns = ("name", "hint")

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True, info={"audit": SECRET})
    hint: Mapped[str] = mapped_column(String(HINT_LENGTH), default="")
    """How the key begins, so that its owner knows which it is."""

    scopes: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """The permissions that the key is limited to; without any, it may do whatever its owner may."""

    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None] = mapped_column(info={"audit": QUIET})

    user: Mapped[User] = relationship(lazy="raise")

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > clock.now())

    def __str__(self) -> str:
        return self.name


async def create(
    session: AsyncSession,
    owner: User,
    *,
    name: str,
    by: Actor,
    scopes: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key for its owner, and return it with the secret; where the name is taken, it gets a number.

    Raises as `issue` does.
    """
    key = ApiKey(name=await _free_name(session, owner, name), scopes=list(scopes), expires_at=expires_at)
    return key, await issue(session, key, owner, by=by)


async def issue(session: AsyncSession, key: ApiKey, owner: User, *, by: Actor) -> str:
    """Give a new key to its owner and return its secret, which exists nowhere else.

    People make keys for themselves; a superuser, or the command line, for anybody. Raises PermissionDenied, and
    Invalid naming each field that breaks a rule.
    """
    secret = PREFIX + secrets.token_hex(SECRET_BYTES)
    key.user_id, key.user = owner.id, owner
    key.key_hash, key.hint = hash_of(secret), secret[:HINT_LENGTH]
    await save(session, key, by=by)
    return secret


async def save(session: AsyncSession, key: ApiKey, *, by: Actor) -> None:
    """Write a new or changed key. Raises PermissionDenied, or Invalid naming each field that breaks a rule."""
    await _require_own(session, key, by=by)
    key.name = (key.name or "").strip()
    errors: dict[str, list[str]] = {}
    if not key.name:
        errors["name"] = ["Say what the key is for, such as “release script on my laptop”."]
    elif await _is_taken(session, key):
        errors["name"] = [NAME_TAKEN]
    if unknown := sorted(set(key.scopes) - KNOWN):
        errors["scopes"] = [f"There is no permission “{unknown[0]}”."]
    if key.expires_at is not None and key.last_used_at is None and key.expires_at <= clock.now():
        errors["expires_at"] = ["This moment is past."]
    if errors:
        raise Invalid.in_fields(errors)
    key.scopes = sorted(set(key.scopes))
    session.add(key)
    await session.flush()


async def revoke(session: AsyncSession, key: ApiKey, *, by: Actor) -> None:
    """Let a key open nothing any more, for good. Raises PermissionDenied, or InvalidTransition if it does not now."""
    await _require_own(session, key, by=by)
    if key.revoked_at is not None:
        raise InvalidTransition(f"“{key}” has been revoked already.")
    key.revoked_at = clock.now()
    audit.note(session, key, action="revoke")


def known_by(secret: str) -> Select[ApiKey]:
    """Return the key of this secret together with its owner, usable or not."""
    return (
        select(ApiKey).join(ApiKey.user).where(ApiKey.key_hash == hash_of(secret)).options(contains_eager(ApiKey.user))
    )


async def find(session: AsyncSession, secret: str, *, username: str | None = None) -> ApiKey | None:
    """Return the usable key of a secret, its owner holding what the key allows: two statements.

    None stands for no such key, one that has expired or was revoked, an owner who is not active, or one who is not
    the person named.
    """
    if not 0 < len(secret) <= LONGEST_SECRET:
        return None
    key = (await session.scalars(known_by(secret))).one_or_none()
    if key is None or not key.is_usable or not key.user.is_active:
        return None
    if username is not None and key.user.username != username:
        return None
    await load_grants(session, key.user)
    limit_to_scopes(key)
    return key


def limit_to_scopes(key: ApiKey) -> None:
    """Leave the owner, in memory only, what the key's scopes allow of what they hold."""
    if not key.scopes:
        return
    allowed = {Permission(scope) for scope in key.scopes if scope in KNOWN}
    owner = key.user
    if owner.is_superuser:
        held = tuple(Grant(permission, "superuser") for permission in sorted(allowed))
        set_committed_value(owner, "is_superuser", False)  # noqa: FBT003 - SQLAlchemy takes values by position
    else:
        held = tuple(grant for grant in owner.grants.held if grant.permission in allowed)
    owner.grants = Grants(held)


async def touch(session: AsyncSession, key: ApiKey) -> bool:
    """Note that the key was used, at most once a minute; return whether there is something to commit."""
    moment = clock.now()
    if key.last_used_at is not None and moment - key.last_used_at < TOUCH_EVERY:
        return False
    await session.execute(
        update(ApiKey).where(ApiKey.id == key.id).values(last_used_at=moment, updated_at=ApiKey.updated_at),
        execution_options=AS_HANDLED,
    )
    return True


def of_owner(owner: Actor) -> Select[ApiKey]:
    """Return the keys of a person, newest first."""
    return select(ApiKey).where(ApiKey.user_id == owner.id).order_by(ApiKey.created_at.desc(), ApiKey.id.desc())


async def number_of_usable(session: AsyncSession, owner: Actor) -> int:
    """Return how many keys could act for the person now."""
    if not owner.is_active:
        return 0
    usable = of_owner(owner).where(is_usable()).order_by(None).subquery()
    return cast("int", await session.scalar(select(func.count()).select_from(usable)))


def is_usable() -> ColumnElement[bool]:
    """Return the condition under which a key opens something, as long as its owner's account is active."""
    return and_(ApiKey.revoked_at.is_(None), not_(has_expired()))


def has_expired() -> ColumnElement[bool]:
    """Return the condition under which a key's time is over."""
    return func.coalesce(ApiKey.expires_at <= clock.now(), false())


def hash_of(secret: str) -> str:
    """Return what is kept of a key. It is as long as it is random, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


@row_rule(Permission.APIKEYS_VIEW, ApiKey)
@row_rule(Permission.APIKEYS_EDIT, ApiKey)
def of_oneself(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which a key is the person's own; superusers see and revoke all."""
    owner_id: int | None = actor.id
    return ApiKey.user_id == owner_id


async def _is_taken(session: AsyncSession, key: ApiKey) -> bool:
    """Return whether another usable key of the owner has the name; two that are made at once wait for each other.

    So a form that is sent twice, by a reload, makes one key.
    """
    with session.no_autoflush:
        await session.execute(select(User.id).where(User.id == key.user_id).with_for_update(key_share=True))
        named = select(ApiKey.id).where(ApiKey.user_id == key.user_id, ApiKey.name == key.name, is_usable())
        return await session.scalar(named.where(ApiKey.id != key.id if key.id else true())) is not None


async def _free_name(session: AsyncSession, owner: User, name: str) -> str:
    """Return the name, with a number after it if the owner has a usable key that is called so."""
    taken = set(await session.scalars(select(ApiKey.name).where(ApiKey.user_id == owner.id, is_usable())))
    numbered = (f"{name.strip()} ({number})" for number in count(2))
    return name if name.strip() not in taken else next(found for found in numbered if found not in taken)


async def _require_own(session: AsyncSession, key: ApiKey, *, by: Actor) -> None:
    if by.is_superuser:
        return
    await require(session, by, Permission.APIKEYS_EDIT)
    if key.user_id != by.id:
        message = "You can make, change and revoke keys of your own only."
        raise PermissionDenied(message)
