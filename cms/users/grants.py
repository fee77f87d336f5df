"""What a person's roles allow, read from the database."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import SCOPE_KINDS, Actor, Grant, Grants, Permission, Scope, scope_condition
from cms.users.models import Role, RoleAssignment, User

KNOWN = {permission.value for permission in Permission}


async def load_grants(session: AsyncSession, user: User) -> Grants:
    """Return what the person's roles allow, and set it on the row; one statement."""
    rows = await session.execute(
        select(Role.label, Role.permissions, RoleAssignment.scope_kind, RoleAssignment.scope_values)
        .join(RoleAssignment, RoleAssignment.role_id == Role.id)
        .where(RoleAssignment.user_id == user.id)
        .order_by(Role.name)
    )
    user.grants = Grants(tuple(grant for row in rows for grant in _grants_of(*row)))
    return user.grants


def grants_of_role(role: Role) -> Grants:
    """Return what a role allows where it is assigned without a scope."""
    return Grants(tuple(_grants_of(role.label, role.permissions, None, [])))


def _grants_of(label: str, permissions: list[str], kind: str | None, values: list[str]) -> Iterable[Grant]:
    """Yield a role's grants; a permission or scope that the code no longer knows allows nothing."""
    if kind is not None and kind not in SCOPE_KINDS:
        return
    scope = Scope(kind, tuple(values)) if kind else None
    for name in permissions:
        if name in KNOWN:
            yield Grant(Permission(name), label, scope)


async def explain(session: AsyncSession, person: Actor, permission: Permission, row: object = None) -> str:
    """Return one sentence that says why the person may or may not do this, perhaps to one row."""
    if not person.is_active:
        return "No: the account is not active."
    if person.is_superuser:
        return "Yes: a superuser may do everything."
    grants = person.grants.of(permission)
    if not grants:
        return f"No: none of the roles held includes “{permission.words}”."
    through = "; ".join(f"{grant.role} ({grant.scope or 'everywhere'})" for grant in grants)
    if row is None:
        return f"Yes, through {through}."
    model = type(row)
    condition = scope_condition(person, permission, model)
    reached = await session.scalar(select(model.id).where(model.id == row.id, condition))  # type: ignore[attr-defined]  # any mapped class
    if reached is None:
        return f"No: “{permission.words}” is held through {through}, but that does not extend to “{row}”."
    return f"Yes, through {through}, which extends to “{row}”."
