"""Looking at the back office as a role sees it: for superusers, without changing anything, and on the record."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from cms.core import audit
from cms.core.errors import PermissionDenied
from cms.users.grants import grants_of_role
from cms.users.models import Role, User, UserSession

READ_ONLY = "You are looking at the back office as another role, so nothing is changed. Stop viewing first."


async def start_viewing(session: AsyncSession, signed_in: UserSession, role: Role, *, by: User) -> None:
    """Let the person see what the role sees, in this browser, until they stop. Raises PermissionDenied."""
    if not by.is_superuser:
        message = "Only a superuser can look at the back office as another role."
        raise PermissionDenied(message)
    row = await session.get_one(UserSession, signed_in.id)
    row.viewing_as_id = role.id
    audit.record(session, role, action="view as role")


async def stop_viewing(session: AsyncSession, signed_in: UserSession) -> None:
    """Give the person their own view back."""
    row = await session.get_one(UserSession, signed_in.id)
    row.viewing_as_id = None


def see_as(user: User, role: Role) -> None:
    """Leave the person nothing but what the role holds, in memory only."""
    user.grants = grants_of_role(role)
    set_committed_value(user, "is_superuser", False)  # noqa: FBT003 - SQLAlchemy takes values by position
