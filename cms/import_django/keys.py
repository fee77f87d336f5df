"""API keys of the old site: taken over as hashes, so that scripts go on working, and given up where it gave them up."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock
from cms.core.legacy import Known, Values, moment
from cms.core.permissions import Permission
from cms.import_django.people import WRITERS
from cms.import_django.report import Report, TableReport
from cms.import_django.source import OldSite
from cms.import_django.writer import CONSEQUENCES_FOLLOW
from cms.users.api_keys import LONGEST_SECRET, ApiKey, hash_of
from cms.users.models import Role, RoleAssignment, User

HINT_LENGTH = 4
MAY_WRITE = (
    Permission.DOWNLOADS_VIEW,
    Permission.DOWNLOADS_EDIT,
    Permission.DOWNLOADS_PUBLISH,
    Permission.DOWNLOADS_DELETE,
)


@dataclass(frozen=True, slots=True)
class LegacyKeys:
    """A table of keys on the old site, and what its keys are called here."""

    source: str
    identity: str
    name: str


TABLES = (
    LegacyKeys("tastypie_apikey", "id", "Key of the old site, for API v1"),
    LegacyKeys("authtoken_token", "user_id", "Token of the old site, for API v2"),
)


async def import_keys(session: AsyncSession, old: OldSite, known: Known, report: Report) -> None:
    """Take over every key; what the old site has no longer is revoked here. Keys made here are left alone."""
    for table in TABLES:
        if old.has(table.source):
            told = TableReport(source=table.source, target="api_keys", read=await old.count(table.source))
            report.tables.append(told)
            await _import_table(session, old, known, table, told)


async def give_writers_their_role(session: AsyncSession, report: Report) -> None:
    """Let staff without any role go on writing releases by their keys.

    On the old site, being staff was enough for that. Who had a group or a right has the role that stands for it;
    for the others, writing by API was all they could do there.
    """
    idle = select(User).where(User.is_staff, User.is_active, ~User.is_superuser, ~User.assignments.any())
    people = (await session.scalars(idle.order_by(User.username))).all()
    if not people:
        return
    role = (await session.scalars(select(Role).where(Role.name == WRITERS))).one_or_none()
    if role is None:
        role = Role(
            name=WRITERS,
            label="Former writer by API",
            description="Staff of the old site without a group, who could write releases by their API keys.",
            permissions=sorted(MAY_WRITE),
        )
        session.add(role)
        await session.flush()
    rows = [{"user_id": person.id, "role_id": role.id} for person in people]
    await session.execute(insert(RoleAssignment), rows, execution_options=CONSEQUENCES_FOLLOW)
    names = ", ".join(person.username for person in people)
    report.table("users_user").remarks.append(
        f"Staff without any group or right, who could write releases by API on the old site, hold “{role}”: {names}. "
        "Take it from those who do not publish releases."
    )


async def _import_table(
    session: AsyncSession, old: OldSite, known: Known, table: LegacyKeys, report: TableReport
) -> None:
    there = set(await session.scalars(select(ApiKey.key_hash)))
    seen: set[str] = set()
    new: list[dict[str, Any]] = []
    for row in await old.rows(table.source):
        key = _converted(row, table)
        if reason := _hindrance(row, key, known, seen):
            report.refuse(row.get(table.identity), reason, {"user_id": row.get("user_id")})
            continue
        seen.add(key["key_hash"])
        if key["key_hash"] in there:
            report.unchanged += 1
        else:
            new.append(key)
    if new:
        await session.execute(insert(ApiKey), new, execution_options=CONSEQUENCES_FOLLOW)
    report.created = len(new)
    await _revoke_what_is_gone(session, table, seen, report)


def _converted(row: Values, table: LegacyKeys) -> dict[str, Any]:
    secret = str(row.get("key") or "")
    created_at = moment(row.get("created")) or clock.now()
    return {
        "user_id": row.get("user_id"),
        "name": table.name,
        "hint": secret[:HINT_LENGTH],
        "key_hash": hash_of(secret) if 0 < len(secret) <= LONGEST_SECRET else "",
        "created_at": created_at,
        "updated_at": created_at,
    }


def _hindrance(row: Values, key: dict[str, Any], known: Known, seen: set[str]) -> str:
    if row.get("user_id") not in known.ids.get("users_user", ()):
        return f"Its user {row.get('user_id')} does not exist or was refused."
    if not key["key_hash"]:
        return "It is empty, or too long to be a key."
    return "Another row has the same key." if key["key_hash"] in seen else ""


async def _revoke_what_is_gone(session: AsyncSession, table: LegacyKeys, seen: set[str], report: TableReport) -> None:
    imported = await session.scalars(
        select(ApiKey).where(ApiKey.name == table.name, ApiKey.revoked_at.is_(None)).order_by(ApiKey.id)
    )
    gone = [key for key in imported if key.key_hash not in seen]
    for key in gone:
        report.gone.append(f"Key {key.id} of user {key.user_id}, which the old site has no longer; it was revoked.")
    if gone:
        await session.execute(
            update(ApiKey).where(ApiKey.id.in_([key.id for key in gone])).values(revoked_at=clock.now()),
            execution_options=CONSEQUENCES_FOLLOW,
        )
