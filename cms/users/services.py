"""Decisions about people and roles: nobody raises their own rights, and one superuser always remains."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import audit, deletion
from cms.core.errors import Conflict, Invalid, PermissionDenied
from cms.core.integrity import explain_constraint
from cms.core.permissions import SCOPE_KINDS, Actor, Permission, require
from cms.users import queries, sessions
from cms.users.grants import load_grants
from cms.users.models import Role, RoleAssignment, User

USERNAME = re.compile(r"[A-Za-z0-9@.+_-]{1,150}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ROLE_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
NAME_TAKEN = "A user with that username already exists."
RIGHTS = ("is_staff", "is_superuser")

explain_constraint("uq_users_username", field="username", sentence=NAME_TAKEN)
explain_constraint("uq_users_username_lower", field="username", sentence=NAME_TAKEN)
explain_constraint("uq_roles_name", field="name", sentence="There is a role with this name already.")


@dataclass(frozen=True, slots=True)
class Assigned:
    """A role to be held: everywhere, or for the rows that a scope names."""

    role: Role
    scope_kind: str | None = None
    scope_values: tuple[str, ...] = ()


async def save_user(session: AsyncSession, user: User, *, by: Actor) -> None:
    """Write a new or changed account.

    Only superusers grant or take the rights of staff and superusers, and nobody their own. An account that is
    no longer active loses its sessions. Raises PermissionDenied, Conflict for the last superuser, and Invalid.
    """
    await _refuse_change_of_rights(session, user, by=by)
    if errors := await _broken_rules(session, user):
        raise Invalid.in_fields(errors)
    session.add(user)
    await session.flush()
    if not user.is_active:
        await end_sessions(session, user)


async def assign_roles(session: AsyncSession, user: User, assigned: Sequence[Assigned], *, by: Actor) -> None:
    """Let the person hold exactly these roles; whoever decides needs `roles:edit` and cannot be the person itself.

    Raises PermissionDenied, or Invalid where a scope is not one.
    """
    await require(session, by, Permission.ROLES_EDIT)
    if by.id == user.id and not by.is_superuser:
        message = "You cannot change your own roles."
        raise PermissionDenied(message)
    _check_scopes(assigned)
    _refuse_raising(assigned, by=by)
    held = {
        (row.role_id, row.scope_kind): row
        for row in await session.scalars(select(RoleAssignment).where(RoleAssignment.user_id == user.id))
    }
    for wanted in assigned:
        row = held.pop((wanted.role.id, wanted.scope_kind), None)
        if row is None:
            row = RoleAssignment(user_id=user.id, role_id=wanted.role.id, scope_kind=wanted.scope_kind)
            session.add(row)
        row.scope_values = list(wanted.scope_values)
    for row in held.values():
        await session.delete(row)
    await session.flush()


async def save_role(session: AsyncSession, role: Role, *, by: Actor) -> None:
    """Write a new or changed role.

    Raises PermissionDenied, also where somebody would raise their own rights by it, and Invalid.
    """
    await require(session, by, Permission.ROLES_EDIT)
    errors: dict[str, list[str]] = {}
    if not ROLE_NAME.fullmatch(role.name or ""):
        errors["name"] = ["Write the name with small letters, digits and hyphens, such as “web-editor”."]
    if unknown := sorted(set(role.permissions) - {permission.value for permission in Permission}):
        errors["permissions"] = [f"There is no permission “{unknown[0]}”."]
    if errors:
        raise Invalid.in_fields(errors)
    role.permissions = sorted(set(role.permissions))
    if not by.is_superuser:
        await _refuse_own_gain(session, role, by=by)
    session.add(role)
    await session.flush()


async def delete_role(session: AsyncSession, role: Role, *, by: Actor) -> None:
    """Delete a role. Raises PermissionDenied, or Conflict while somebody holds it."""
    await deletion.delete(session, role, permission=Permission.ROLES_EDIT, by=by)


async def delete_user(session: AsyncSession, user: User, *, by: Actor) -> None:
    """Delete an account; what the person wrote stays. Raises PermissionDenied, or Conflict for the last superuser."""
    await require_authority(session, user, by=by)
    if by.id == user.id:
        message = "You cannot delete your own account here."
        raise PermissionDenied(message)
    if user.is_superuser:
        await _refuse_last_superuser(session, user)
    await deletion.delete(session, user, permission=Permission.USERS_EDIT, by=by)


async def require_authority(session: AsyncSession, user: User, *, by: Actor) -> None:
    """Raise PermissionDenied unless `by` may change this account.

    That takes `users:edit`, and that the person may do nothing that `by` may not: whoever changes an address or a
    password could otherwise sign in as somebody with more rights.
    """
    await require(session, by, Permission.USERS_EDIT)
    if by.is_superuser:
        return
    if user.is_superuser:
        message = "Only a superuser can change the account of a superuser."
        raise PermissionDenied(message)
    with session.no_autoflush:
        grants = await load_grants(session, user)
    beyond = next((grant for grant in grants.held if not by.grants.allows(grant.permission)), None)
    if beyond is not None and by.id != user.id:
        raise PermissionDenied(f"“{user}” holds “{beyond.permission}” and you do not; a superuser has to do this.")


async def end_sessions(session: AsyncSession, user: User) -> None:
    """Sign the person out everywhere."""
    await sessions.end_all(session, user)
    audit.record(session, user, action="end sessions")


async def _refuse_change_of_rights(session: AsyncSession, user: User, *, by: Actor) -> None:
    state = inspect(user)
    is_new = not state.persistent
    changed = [
        name
        for name in (*RIGHTS, "is_active")
        if (state.attrs[name].history.has_changes() and not (is_new and getattr(user, name) is not True))
    ]
    rights = [name for name in changed if name in RIGHTS]
    if rights and not by.is_superuser:
        message = "Only a superuser can make somebody staff or superuser, or take that away."
        raise PermissionDenied(message)
    if changed and not is_new and by.id == user.id:
        message = "You cannot change your own rights; another superuser has to."
        raise PermissionDenied(message)
    was_superuser = bool((state.attrs.is_superuser.history.deleted or [user.is_superuser])[0])
    if is_new:
        await require(session, by, Permission.USERS_EDIT)
    else:
        await require_authority(session, user, by=by)
    if not is_new and was_superuser and not (user.is_superuser and user.is_active):
        await _refuse_last_superuser(session, user)


async def _refuse_last_superuser(session: AsyncSession, user: User) -> None:
    with session.no_autoflush:
        others = queries.active_superusers().where(User.id != user.id).with_for_update().limit(1)
        if (await session.scalars(others)).first() is None:
            message = "This is the last superuser; make somebody else one first."
            raise Conflict(message)


async def _broken_rules(session: AsyncSession, user: User) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    user.username, user.email = (user.username or "").strip(), (user.email or "").strip()
    if not USERNAME.fullmatch(user.username):
        errors["username"] = ["Write a user name of at most 150 letters, digits and @ . + - _"]
    else:
        with session.no_autoflush:
            taken = await session.scalar(queries.named(user.username).where(User.id != (user.id or 0)))
        if taken is not None:
            errors["username"] = [NAME_TAKEN]
    if user.email and not EMAIL.fullmatch(user.email):
        errors["email"] = ["Write an e-mail address, such as name@example.org."]
    return errors


def _check_scopes(assigned: Sequence[Assigned]) -> None:
    seen: set[tuple[int, str | None]] = set()
    for wanted in assigned:
        if wanted.scope_kind is not None and wanted.scope_kind not in SCOPE_KINDS:
            raise Invalid.in_fields({"scope_kind": [f"There is no scope “{wanted.scope_kind}”."]})
        if bool(wanted.scope_kind) != bool(wanted.scope_values):
            raise Invalid.in_fields({"scope_values": ["A scope needs its values, and values need a scope."]})
        if (wanted.role.id, wanted.scope_kind) in seen:
            raise Invalid.in_fields({"role": [f"“{wanted.role}” is assigned twice."]})
        seen.add((wanted.role.id, wanted.scope_kind))


def _refuse_raising(assigned: Sequence[Assigned], *, by: Actor) -> None:
    """Nobody hands out what they do not hold themselves, or an accomplice would hand it back."""
    if by.is_superuser:
        return
    for wanted in assigned:
        for permission in wanted.role.permissions:
            if not by.grants.allows(Permission(permission)):
                words = Permission(permission).words
                raise PermissionDenied(f"You cannot assign “{wanted.role}”: you do not hold “{words}” yourself.")


async def _refuse_own_gain(session: AsyncSession, role: Role, *, by: Actor) -> None:
    gained = [name for name in role.permissions if not by.grants.allows(Permission(name))]
    if gained:
        raise PermissionDenied(f"You cannot put “{gained[0]}” into a role: you do not hold it yourself.")
    mine = select(RoleAssignment.id).where(RoleAssignment.user_id == by.id, RoleAssignment.role_id == (role.id or 0))
    with session.no_autoflush:
        if await session.scalar(mine) is not None:
            message = "You cannot change a role that you hold yourself."
            raise PermissionDenied(message)
