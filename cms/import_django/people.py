"""Roles: the groups, rights and flags of the old site's people, written as assignments of ours."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import outbox
from cms.core.audit import AuditEntry
from cms.core.cdn import ALL_PAGES
from cms.core.legacy import Known, shown
from cms.import_django.report import Report, TableReport
from cms.import_django.source import OldSite
from cms.import_django.writer import CONSEQUENCES_FOLLOW
from cms.users.legacy import GROUPS, LegacyRoles, addresses_left_behind, roles_of
from cms.users.models import Role, RoleAssignment, User

TABLES = ("users_user_groups", "users_user_user_permissions")
WRITERS = "old-api-writer"
"""The role of staff who could write by API alone; it stands for no group, so that the old site never says it."""


async def import_roles(session: AsyncSession, old: OldSite, known: Known, report: Report) -> None:
    """Give people the roles that their groups and rights become; roles given here are left alone."""
    legacy = await roles_of(old, known)
    role_ids = await _role_ids(session, legacy, report)
    rows = await session.execute(select(RoleAssignment.user_id, RoleAssignment.role_id))
    held = {(user, role) for user, role in rows}
    before = frozenset(held)
    tables = {table: await _begun(old, table, report) for table in TABLES if old.has(table)}
    for table, row_id, user_id, names in legacy.held:
        wanted = {(user_id, role_ids[name]) for name in names}
        missing = wanted - held
        for user, role in sorted(missing):
            values = {"user_id": user, "role_id": role}
            await session.execute(insert(RoleAssignment), [values], execution_options=CONSEQUENCES_FOLLOW)
        held |= missing
        tables[table].created += bool(wanted - before)
        tables[table].unchanged += not wanted - before
        if wanted - held:
            tables[table].differences.append(f"Row {row_id} did not become an assignment.")
    for table, row, reason in legacy.refused:
        tables[table].refuse(row.get("id"), reason, row)
    if held != before:
        outbox.enqueue(session, "purge_keys", keys=[ALL_PAGES])
    await _report_groups(old, report)
    await _report_assignments_gone(session, legacy, role_ids, tables)


async def report_addresses(old: OldSite, known: Known, report: Report) -> None:
    """Say which e-mail addresses no account took over."""
    if not old.has("account_emailaddress"):
        report.table("users_user").remarks.append(
            "The table account_emailaddress is missing, so no address counts as confirmed."
        )
        return
    table = await _begun(old, "account_emailaddress", report, target="users")
    for row, reason in await addresses_left_behind(old, known):
        table.refuse(row.get("id"), reason, row)
    table.unchanged = table.read - len(table.refused)


async def _begun(old: OldSite, table: str, report: Report, *, target: str = "role_assignments") -> TableReport:
    begun = TableReport(source=table, target=target, read=await old.count(table))
    report.tables.append(begun)
    return begun


async def _role_ids(session: AsyncSession, legacy: LegacyRoles, report: Report) -> dict[str, int]:
    """Return the ids of all roles by name, after making those that are missing.

    One that is here stays as it is: a superuser may have taken permissions from it.
    """
    roles = {role.name: role for role in (await session.scalars(select(Role))).all()}
    for name, wanted in sorted(legacy.made.items()):
        if name not in roles:
            permissions = list(wanted.permissions)
            roles[name] = Role(name=name, label=wanted.label, description=wanted.description, permissions=permissions)
            session.add(roles[name])
        elif set(roles[name].permissions) != set(wanted.permissions):
            there, here = ", ".join(wanted.permissions) or "nothing", ", ".join(roles[name].permissions) or "nothing"
            report.table("users_user").remarks.append(
                f"The role {shown(roles[name].label)} allows {here}; the old site says {there}. It stays as it is."
            )
    await session.flush()
    return {name: role.id for name, role in roles.items()}


async def _report_groups(old: OldSite, report: Report) -> None:
    if not old.has("auth_group"):
        return
    table = await _begun(old, "auth_group", report, target="roles")
    for group in await old.rows("auth_group"):
        if group.get("id") is None:
            table.refuse(None, "It has no id, so nobody can be in it.", group)
            continue
        table.unchanged += 1
        roles = GROUPS.get(str(group.get("name")).strip().lower())
        becomes = ", ".join(roles) if roles else "a role of its own"
        table.remarks.append(f"The group {shown(group.get('name'))} becomes {becomes}.")


async def _report_assignments_gone(
    session: AsyncSession, legacy: LegacyRoles, role_ids: dict[str, int], tables: dict[str, TableReport]
) -> None:
    """Say which assignments of an earlier import have no old row any more; nobody here gave those roles by hand."""
    wanted = {(user, role_ids[name]) for _, _, user, names in legacy.held for name in names}
    by_hand = select(AuditEntry.row_id).where(
        AuditEntry.table_name == "role_assignments", AuditEntry.row_id.is_not(None)
    )
    imported = await session.execute(
        select(RoleAssignment.user_id, RoleAssignment.role_id, User.username, Role.label)
        .join(User, User.id == RoleAssignment.user_id)
        .join(Role)
        .where(RoleAssignment.id.not_in(by_hand), Role.name != WRITERS)
        .order_by(RoleAssignment.id)
    )
    for user_id, role_id, username, label in imported:
        if (user_id, role_id) not in wanted and tables:
            next(iter(tables.values())).gone.append(f"{username} as {label}, which the old site no longer says.")
