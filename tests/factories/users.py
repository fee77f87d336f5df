"""People and roles for tests."""

from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import Permission
from cms.users.grants import load_grants
from cms.users.models import Role, RoleAssignment, User
from cms.users.passwords import hash_password

PASSWORD = "a long pass phrase for tests"
_numbers = count(1)
_hashes: dict[str, str] = {}


async def make_user(
    session: AsyncSession,
    *,
    permissions: tuple[Permission, ...] = (),
    scope_kind: str | None = None,
    scope_values: tuple[str, ...] = (),
    password: str = PASSWORD,
    **values: Any,
) -> User:
    """Return a person; with `permissions`, one who holds them through a role, perhaps within a scope."""
    number = next(_numbers)
    if password not in _hashes:
        _hashes[password] = await hash_password(password)
    defaults = {"username": f"person-{number}", "email": f"person-{number}@example.org", "is_staff": bool(permissions)}
    user = User(**{**defaults, "password": _hashes[password], **values})
    session.add(user)
    await session.flush()
    if permissions:
        role = await make_role(session, *permissions)
        assignment = RoleAssignment(
            user_id=user.id, role_id=role.id, scope_kind=scope_kind, scope_values=list(scope_values)
        )
        session.add(assignment)
    await session.commit()
    await load_grants(session, user)
    return user


async def make_role(session: AsyncSession, *permissions: Permission, **values: Any) -> Role:
    """Return a role that holds `permissions`."""
    number = next(_numbers)
    defaults = {"name": f"role-{number}", "label": f"Role {number}", "permissions": sorted(permissions)}
    role = Role(**{**defaults, **values})
    session.add(role)
    await session.flush()
    return role
