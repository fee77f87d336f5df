"""What whoever operates the system does by a command: purge pages, index anew, make keys and the first superuser."""

from collections.abc import Collection, Sequence
from datetime import timedelta

import cms.worker  # noqa: F401 - registers every domain's documents.
from cms.core import clock, search_rebuilds
from cms.core.audit import acting_as
from cms.core.cdn import ALL_PAGES
from cms.core.errors import NotFound
from cms.core.permissions import SYSTEM
from cms.core.resources import Resources
from cms.users import api_keys, passwords, queries, services
from cms.users.models import User
from cms.users.password_policy import check_password


async def purge(resources: Resources, keys: Collection[str]) -> None:
    """Have all who keep copies of pages forget those with these keys; without keys, all pages."""
    await resources.cdn.purge(keys or [ALL_PAGES])


async def reindex(resources: Resources, indexes: Collection[str]) -> dict[str, int]:
    """Build these search indexes anew, or all, and return how many documents each has; raises NotFound."""
    return await search_rebuilds.rebuild(resources, indexes)


async def create_api_key(
    resources: Resources, *, username: str, name: str, scopes: Sequence[str], days: int | None
) -> str:
    """Make a key for a person and return it; raises NotFound where there is nobody of that name, and Invalid."""
    async with resources.sessionmaker() as session:
        owner = (await session.scalars(queries.named(username))).one_or_none()
        if owner is None:
            raise NotFound(f"There is nobody called “{username}”.")
        expires_at = None if days is None else clock.now() + timedelta(days=days)
        with acting_as(SYSTEM):
            _, secret = await api_keys.create(
                session, owner, name=name, scopes=scopes, expires_at=expires_at, by=SYSTEM
            )
            await session.commit()
        return secret


async def create_superuser(resources: Resources, *, username: str, email: str, password: str) -> None:
    """Create a person who may do everything; raises Invalid for a name that is taken or a weak password."""
    user = User(username=username, email=email, is_active=True, is_staff=True, is_superuser=True)
    check_password(password, user=user)
    user.password = passwords.hash_now(password)
    user.email_verified_at = clock.now()
    async with resources.sessionmaker() as session:
        with acting_as(SYSTEM):
            await services.save_user(session, user, by=SYSTEM)
            await session.commit()
