"""The roles that ship with the program, written into the database as rows."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import audit
from cms.core.permissions import SHIPPED_ROLES
from cms.users.models import Role


async def write_shipped_roles(session: AsyncSession) -> dict[str, Role]:
    """Bring the shipped roles to what the code says, and return every role there is by its name."""
    roles = {role.name: role for role in (await session.scalars(select(Role))).all()}
    for name, shipped in SHIPPED_ROLES.items():
        role = roles.get(name)
        if role is None:
            role = roles[name] = Role(name=name)
            session.add(role)
            audit.note(session, role, action="seed")
        role.label, role.description = shipped.label, shipped.description
        if role.permissions != sorted(shipped.permissions):
            role.permissions = sorted(shipped.permissions)
    await session.flush()
    return roles
