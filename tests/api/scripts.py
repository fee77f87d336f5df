"""Scripts that call the old APIs in somebody's name, and the headers that they do it with."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import SYSTEM, Permission
from cms.users import api_keys
from cms.users.models import User
from tests.factories.users import make_user

RELEASE_MANAGER = (
    Permission.DOWNLOADS_VIEW,
    Permission.DOWNLOADS_EDIT,
    Permission.DOWNLOADS_PUBLISH,
    Permission.DOWNLOADS_DELETE,
)


@dataclass(frozen=True)
class ApiCaller:
    user: User
    secret: str

    @property
    def version_1(self) -> dict[str, str]:
        return {"Authorization": f"ApiKey {self.user.username}:{self.secret}"}

    @property
    def version_2(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.secret}"}


async def make_caller(
    session: AsyncSession, *, permissions: tuple[Permission, ...] = RELEASE_MANAGER, **values: Any
) -> ApiCaller:
    """Return a person with a key that may do all that the person may."""
    user = await make_user(session, permissions=permissions, **values)
    _, secret = await api_keys.create(session, user, name="script", by=SYSTEM)
    await session.commit()
    return ApiCaller(user, secret)
