"""People of the old site: their accounts, and which of our roles their groups, rights and flags become."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from cms.core.legacy import Known, LegacyRow, LegacyTable, Refused, Rows, Values, default_of, shown
from cms.core.permissions import Permission
from cms.core.text import slugify, storable
from cms.users.models import EmailPrivacy, SearchVisibility, User
from cms.users.passwords import OLD_FORMATS, OWN_PREFIX, is_usable

USERNAME = re.compile(r"[\w.@+-]+")
EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\.]+(\.[^@\s<>,;:\"()\[\]\\.]+)+")
ADDRESSES = "verified addresses of users"
CHOICES = {"search_visibility": SearchVisibility, "email_privacy": EmailPrivacy}

GROUPS = {
    "job board admin": ("job-moderator",),
    "release managers": ("release-manager",),
    "sponsorship admin": ("sponsor-manager",),
    "webmasters": ("web-editor",),
    "events editors": ("events-editor",),
    "success story reviewers": ("communications",),
    "psf staff": ("membership-manager", "nominations-manager"),
}
"""Groups of the old site, by name in small letters, and the shipped roles that their members hold here."""

P = Permission

RIGHTS: dict[str, tuple[Permission, ...]] = {
    "admin.view_logentry": (P.AUDIT_VIEW,),
    "auth.change_group": (P.ROLES_EDIT,),
    "banners.add_banner": (P.BANNERS_VIEW, P.BANNERS_EDIT, P.BANNERS_PUBLISH),
    "banners.change_banner": (P.BANNERS_VIEW, P.BANNERS_EDIT, P.BANNERS_PUBLISH),
    "banners.delete_banner": (P.BANNERS_VIEW, P.BANNERS_DELETE),
    "banners.view_banner": (P.BANNERS_VIEW,),
    "boxes.add_box": (P.BOXES_VIEW, P.BOXES_EDIT, P.BOXES_PUBLISH),
    "boxes.change_box": (P.BOXES_VIEW, P.BOXES_EDIT, P.BOXES_PUBLISH),
    "boxes.delete_box": (P.BOXES_VIEW, P.BOXES_DELETE),
    "boxes.view_box": (P.BOXES_VIEW,),
    "codesamples.add_codesample": (P.CODESAMPLES_VIEW, P.CODESAMPLES_EDIT, P.CODESAMPLES_PUBLISH),
    "codesamples.change_codesample": (P.CODESAMPLES_VIEW, P.CODESAMPLES_EDIT, P.CODESAMPLES_PUBLISH),
    "codesamples.delete_codesample": (P.CODESAMPLES_VIEW, P.CODESAMPLES_DELETE),
    "codesamples.view_codesample": (P.CODESAMPLES_VIEW,),
    "downloads.add_release": (P.DOWNLOADS_VIEW, P.DOWNLOADS_EDIT, P.DOWNLOADS_PUBLISH),
    "downloads.change_release": (P.DOWNLOADS_VIEW, P.DOWNLOADS_EDIT, P.DOWNLOADS_PUBLISH),
    "downloads.delete_release": (P.DOWNLOADS_VIEW, P.DOWNLOADS_DELETE),
    "downloads.view_release": (P.DOWNLOADS_VIEW,),
    "pages.add_page": (P.PAGES_VIEW, P.PAGES_EDIT, P.PAGES_PUBLISH),
    "pages.change_page": (P.PAGES_VIEW, P.PAGES_EDIT, P.PAGES_PUBLISH),
    "pages.delete_page": (P.PAGES_VIEW, P.PAGES_DELETE),
    "pages.view_page": (P.PAGES_VIEW,),
    "redirects.add_redirect": (P.REDIRECTS_VIEW, P.REDIRECTS_EDIT),
    "redirects.change_redirect": (P.REDIRECTS_VIEW, P.REDIRECTS_EDIT),
    "redirects.delete_redirect": (P.REDIRECTS_VIEW, P.REDIRECTS_EDIT),
    "redirects.view_redirect": (P.REDIRECTS_VIEW,),
    "users.change_user": (P.USERS_VIEW, P.USERS_EDIT),
    "users.view_user": (P.USERS_VIEW,),
}
"""Rights of the old site that have a counterpart here. Whoever could change something could publish it, too."""

DOMAIN_ROLES = {"jobs.can_moderate_jobs": "job-moderator"}
"""Rights that are the whole of a shipped role."""

ROLE_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class LegacyRole:
    """A role of our own making for a group or right of the old site that no shipped role stands for."""

    label: str
    description: str
    permissions: tuple[str, ...]


@dataclass
class LegacyRoles:
    """Who holds which role, and the roles that have to be made for it."""

    made: dict[str, LegacyRole] = field(default_factory=dict)
    held: list[tuple[str, int | None, int, tuple[str, ...]]] = field(default_factory=list)
    """Table and id of the old row, user, names of the roles."""

    refused: list[tuple[str, Values, str]] = field(default_factory=list)
    """Table of the old row, the row, the reason."""


async def roles_of(old: Rows, known: Known) -> LegacyRoles:
    """Return what the old site's groups and directly given rights become here."""
    found = LegacyRoles()
    rights = await _rights(old)
    groups = {
        group["id"]: await _roles_of_group(old, group, rights, found)
        for group in await old.rows("auth_group")
        if group.get("id") is not None
    }
    for row in await old.rows("users_user_groups"):
        _hold(
            found, known, "users_user_groups", row, groups.get(row.get("group_id")), f"Its group {row.get('group_id')}"
        )
    for row in await old.rows("users_user_user_permissions"):
        right = rights.get(row.get("permission_id"))
        names = (_role_of_right(right, found),) if right else None
        _hold(found, known, "users_user_user_permissions", row, names, f"Its permission {row.get('permission_id')}")
    return found


async def _rights(old: Rows) -> dict[Any, str]:
    """Return the names of all rights, such as `pages.change_page`, by id."""
    areas = {row.get("id"): row.get("app_label", "") for row in await old.rows("django_content_type")}
    return {
        row["id"]: f"{areas.get(row.get('content_type_id'), '')}.{row.get('codename', '')}"
        for row in await old.rows("auth_permission")
        if row.get("id") is not None
    }


async def _roles_of_group(old: Rows, group: Values, rights: dict[Any, str], found: LegacyRoles) -> tuple[str, ...]:
    name = str(group.get("name") or "").strip()
    if name.lower() in GROUPS:
        return GROUPS[name.lower()]
    held = [
        rights.get(row.get("permission_id"), "")
        for row in await old.rows("auth_group_permissions")
        if row.get("group_id") == group["id"]
    ]
    permissions = {permission for right in held for permission in RIGHTS.get(right, ())}
    role = f"old-group-{slugify(name) or group['id']}"[:ROLE_NAME_LENGTH]
    if role in found.made:
        # Two groups must not become one role: members of either would hold the rights of the other.
        role = f"{role[: ROLE_NAME_LENGTH - 12]}-{group['id']}"
    found.made[role] = LegacyRole(
        label=f"Former group {storable(name) or group['id']}"[:100],
        description=f"A group of the old site with {len(held)} rights there; those known here are its permissions.",
        permissions=tuple(sorted(permissions)),
    )
    return (role, *sorted({DOMAIN_ROLES[right] for right in held if right in DOMAIN_ROLES}))


def _role_of_right(right: str, found: LegacyRoles) -> str:
    if right in DOMAIN_ROLES:
        return DOMAIN_ROLES[right]
    role = f"old-right-{slugify(right.replace('_', '-').replace('.', '-'))}"[:ROLE_NAME_LENGTH]
    found.made[role] = LegacyRole(
        label=f"Former right {right}"[:100],
        description=f"Held “{right}” on the old site, given to the person directly.",
        permissions=tuple(sorted(RIGHTS.get(right, ()))),
    )
    return role


def _hold(found: LegacyRoles, known: Known, table: str, row: Values, names: tuple[str, ...] | None, named: str) -> None:
    user = row.get("user_id")
    if not isinstance(user, int) or user not in known.ids.get("users_user", ()):
        found.refused.append((table, row, f"Its user {user} does not exist or was refused."))
    elif names is None:
        found.refused.append((table, row, f"{named} does not exist."))
    else:
        found.held.append((table, row.get("id"), user, names))


async def addresses_left_behind(old: Rows, known: Known) -> list[tuple[Values, str]]:
    """Return the rows of `account_emailaddress` that no account took over, each with the reason."""
    users = await old.rows("users_user", "id", "email")
    emails = {row.get("id"): str(row.get("email") or "").strip().lower() for row in users}
    found: list[tuple[Values, str]] = []
    for row in await old.rows("account_emailaddress", "id", "user_id", "email"):
        user = row.get("user_id")
        address = str(row.get("email") or "").strip().lower()
        if user not in known.ids.get("users_user", ()):
            found.append((row, f"Its user {user} does not exist or was refused."))
        elif not address:
            found.append((row, "It holds no address."))
        elif address != (emails[user] or known.facts[ADDRESSES].get(user, [""])[0].lower()):
            found.append((row, "An account has one address here, and this is another."))
    return found


async def _find_addresses(old: Rows, known: Known) -> None:
    """Learn which addresses people have proved to be theirs."""
    verified: defaultdict[Any, list[str]] = defaultdict(list)
    rows = await old.rows("account_emailaddress", "user_id", "email", "verified", "primary")
    for row in sorted(rows, key=lambda row: not row.get("primary")):
        if row.get("verified") is True and (address := str(row.get("email") or "").strip()):
            verified[row.get("user_id")].append(address)
    known.facts[ADDRESSES] = verified


def _user(row: LegacyRow, values: Values, known: Known) -> None:
    name = row.strip(values, "username")
    if not name:
        raise Refused("It has no user name, so nobody can sign in with it.")
    other = known.claim(row, "user name", name.lower())
    if other is not None:
        raise Refused(f"Its user name {shown(name)} differs from that of user {other} in capital letters at most.")
    if not USERNAME.fullmatch(name):
        row.changed(f"Its user name {shown(name)} has unusual characters; it is kept.")
    _settle_password(row, values)
    _settle_email(row, values, known)
    values["created_at"] = values["updated_at"] = values["joined_at"]
    for choice, allowed in CHOICES.items():
        if values[choice] not in {int(member) for member in allowed}:
            default = default_of(USERS.target.c[choice])
            row.changed(f"“{choice}” is {values[choice]}, which means nothing; it was set to {int(default)}.")
            values[choice] = int(default)


def _settle_password(row: LegacyRow, values: Values) -> None:
    encoded = values["password"]
    if is_usable(encoded) and encoded.partition("$")[0] not in OLD_FORMATS:
        row.changed("Its password is stored in a format that cannot be checked here; the person has to set a new one.")


def _settle_email(row: LegacyRow, values: Values, known: Known) -> None:
    email = row.strip(values, "email")
    verified = known.facts[ADDRESSES].get(row.id, [])
    if not email and verified:
        email = values["email"] = verified[0]
        row.changed(f"It had no address; {shown(email)}, which the person has confirmed, was taken.")
    if email and not EMAIL.fullmatch(email):
        row.changed(f"{shown(email)} is no e-mail address; it is kept, as not confirmed.")
    elif email.lower() in {address.lower() for address in verified}:
        values["email_verified_at"] = values["joined_at"]
        return
    values["email_verified_at"] = None


def _kept(here: Values, there: Values) -> Values:
    """Let people go on with the password that they have signed in by here, and remember that they did."""
    kept: Values = {"updated_at": here["updated_at"]}
    if here["password"].startswith(OWN_PREFIX):
        kept["password"] = here["password"]
    if here["last_login_at"] and (there["last_login_at"] is None or there["last_login_at"] < here["last_login_at"]):
        kept["last_login_at"] = here["last_login_at"]
    if here["email_verified_at"] and there["email_verified_at"] is None and here["email"] == there["email"]:
        kept["email_verified_at"] = here["email_verified_at"]
    return kept


USERS = LegacyTable(
    source="users_user",
    model=User,
    columns={
        "id": "id",
        "username": "username",
        "password": "password",
        "first_name": "first_name",
        "last_name": "last_name",
        "email": "email",
        "is_active": "is_active",
        "is_staff": "is_staff",
        "is_superuser": "is_superuser",
        "joined_at": "date_joined",
        "last_login_at": "last_login",
        "search_visibility": "search_visibility",
        "email_privacy": "email_privacy",
        "is_profile_public": "public_profile",
    },
    markup="bio",
    derived=frozenset({"email_verified_at", "created_at", "updated_at"}),
    prepare=_find_addresses,
    convert=_user,
    kept=_kept,
)
