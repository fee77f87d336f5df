"""API keys for tests."""

from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import SYSTEM, Permission
from cms.users import api_keys
from cms.users.api_keys import ApiKey
from cms.users.models import User

_numbers = count(1)


async def make_api_key(session: AsyncSession, owner: User, *, scopes: tuple[Permission, ...] = ()) -> ApiKey:
    """Return a key of a person; who needs the key itself makes it by the domain."""
    key, _ = await api_keys.create(session, owner, name=f"script {next(_numbers)}", scopes=scopes, by=SYSTEM)
    await session.commit()
    return key
