"""Every permission there is, the roles that ship, and the one way to ask whether somebody may."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.errors import PermissionDenied
from cms.core.permission_words import AREA_WORDS, PERMISSION_WORDS


class Permission(StrEnum):
    """What may be allowed, as `domain:verb`, in alphabetical order."""

    APIKEYS_EDIT = "apikeys:edit"
    APIKEYS_VIEW = "apikeys:view"
    AUDIT_VIEW = "audit:view"
    BANNERS_DELETE = "banners:delete"
    BANNERS_EDIT = "banners:edit"
    BANNERS_PUBLISH = "banners:publish"
    BANNERS_VIEW = "banners:view"
    BOXES_DELETE = "boxes:delete"
    BOXES_EDIT = "boxes:edit"
    BOXES_PUBLISH = "boxes:publish"
    BOXES_VIEW = "boxes:view"
    CODESAMPLES_DELETE = "codesamples:delete"
    CODESAMPLES_EDIT = "codesamples:edit"
    CODESAMPLES_PUBLISH = "codesamples:publish"
    CODESAMPLES_VIEW = "codesamples:view"
    DOWNLOADS_DELETE = "downloads:delete"
    DOWNLOADS_EDIT = "downloads:edit"
    DOWNLOADS_OVERRIDE = "downloads:override"
    DOWNLOADS_PUBLISH = "downloads:publish"
    DOWNLOADS_VIEW = "downloads:view"
    MEDIA_DELETE = "media:delete"
    MEDIA_EDIT = "media:edit"
    MEDIA_REPLACE = "media:replace"
    MEDIA_VIEW = "media:view"
    MENUS_EDIT = "menus:edit"
    MENUS_VIEW = "menus:view"
    OPERATIONS_RUN = "operations:run"
    OPERATIONS_VIEW = "operations:view"
    PAGES_DELETE = "pages:delete"
    PAGES_EDIT = "pages:edit"
    PAGES_PUBLISH = "pages:publish"
    PAGES_TRUSTED_MARKUP = "pages:trusted-markup"
    PAGES_VIEW = "pages:view"
    REDIRECTS_EDIT = "redirects:edit"
    REDIRECTS_VIEW = "redirects:view"
    ROLES_EDIT = "roles:edit"
    USERS_EDIT = "users:edit"
    USERS_VIEW = "users:view"

    @property
    def area(self) -> str:
        return self.value.partition(":")[0]

    @property
    def verb(self) -> str:
        return self.value.partition(":")[2]

    def beside(self, verb: str) -> "Permission":
        """Return the permission of the same area to do something else."""
        return Permission(f"{self.area}:{verb}")

    @property
    def words(self) -> str:
        """What is allowed, as people say it: “Publish pages”."""
        return PERMISSION_WORDS[self.value]

    @property
    def area_words(self) -> str:
        return AREA_WORDS[self.area]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows an assigned role reaches: a kind such as "series", and its values such as "3.14"."""

    kind: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{SCOPE_KINDS[self.kind].label}: {', '.join(self.values)}"


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission that somebody holds through a role; without a scope it reaches every row."""

    permission: Permission
    role: str
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Grants:
    """All that a person's roles allow."""

    held: tuple[Grant, ...] = ()
    by_permission: dict[Permission, tuple[Grant, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        grouped: dict[Permission, tuple[Grant, ...]] = {}
        for grant in self.held:
            grouped[grant.permission] = (*grouped.get(grant.permission, ()), grant)
        object.__setattr__(self, "by_permission", grouped)

    def of(self, permission: Permission) -> tuple[Grant, ...]:
        """Return every grant of `permission`, so that one can say through which role it is held."""
        return self.by_permission.get(permission, ())

    def allows(self, permission: Permission) -> bool:
        """Return whether the permission is held at all, perhaps for some rows only."""
        return permission in self.by_permission


NO_GRANTS = Grants()


class Actor(Protocol):
    """Who decides: a person, or the system when a scheduled moment comes."""

    @property
    def id(self) -> Any: ...
    @property
    def username(self) -> Any: ...
    @property
    def is_active(self) -> Any: ...
    @property
    def is_superuser(self) -> Any: ...
    @property
    def grants(self) -> Grants: ...


@dataclass(frozen=True, slots=True)
class SystemActor:
    """The program itself, which carries out what people decided earlier."""

    id: None = None
    username: str = "system"
    is_active: bool = True
    is_superuser: bool = True
    grants: Grants = NO_GRANTS


SYSTEM = SystemActor()


@dataclass(frozen=True, slots=True)
class ScopeKind:
    """A way to restrict an assigned role to rows; permissions outside `restricts` stay unrestricted."""

    label: str
    help: str
    restricts: frozenset[Permission]


_AUTHORING = frozenset(p for p in Permission if p.verb in {"edit", "publish", "override", "replace", "delete"})

SCOPE_KINDS: dict[str, ScopeKind] = {
    "own": ScopeKind("Own rows", "Rows that the person made; write “own”.", _AUTHORING),
    "path": ScopeKind(
        "Pages under paths",
        "Paths such as “community”; each reaches the page there and all below it.",
        frozenset(p for p in _AUTHORING if p.area == "pages"),
    ),
    "series": ScopeKind(
        "Release series",
        "Series such as “3.14”.",
        frozenset(p for p in _AUTHORING if p.area == "downloads"),
    ),
}

ScopeCondition = Callable[[Sequence[str]], ColumnElement[bool]]
RowRule = Callable[[Actor], ColumnElement[bool]]

_scope_conditions: dict[tuple[str, type[Any]], ScopeCondition] = {}
_row_rules: dict[tuple[Permission, type[Any]], RowRule] = {}


def row_scope(kind: str, model: type[Any]) -> Callable[[ScopeCondition], ScopeCondition]:
    """Register the condition under which a row of `model` lies within a scope's values."""

    def register(condition: ScopeCondition) -> ScopeCondition:
        _scope_conditions[kind, model] = condition
        return condition

    return register


def row_rule(permission: Permission, model: type[Any]) -> Callable[[RowRule], RowRule]:
    """Register a condition that holds for everybody but superusers, whatever their scope."""

    def register(rule: RowRule) -> RowRule:
        _row_rules[permission, model] = rule
        return rule

    return register


def allows(actor: Actor, permission: Permission) -> bool:
    """Return whether the actor holds the permission at all, perhaps for some rows only."""
    return bool(actor.is_active) and (bool(actor.is_superuser) or actor.grants.allows(permission))


def scope_condition(actor: Actor, permission: Permission, model: type[Any]) -> ColumnElement[bool]:
    """Return the SQL condition for the rows of `model` to which the actor's permission extends.

    The one truth for lists, for reaching a row by its URL or the API, and for decisions.
    """
    if not allows(actor, permission):
        return false()
    if actor.is_superuser:
        return true()
    grants = actor.grants.of(permission)
    reached = (
        true()
        if any(_reaches_all(grant) for grant in grants)
        else or_(*(_condition_of(grant.scope, actor, model) for grant in grants if grant.scope))
    )
    rule = _row_rules.get((permission, model))
    return and_(reached, rule(actor)) if rule else reached


def is_unrestricted(actor: Actor, permission: Permission, model: type[Any]) -> bool:
    """Return whether the permission extends to every row, so that no row needs to be looked at."""
    if not allows(actor, permission):
        return False
    if actor.is_superuser:
        return True
    unruled = (permission, model) not in _row_rules
    return unruled and any(_reaches_all(grant) for grant in actor.grants.of(permission))


async def extends_to(session: AsyncSession, actor: Actor, permission: Permission, row: Any) -> bool:
    """Return whether the actor's permission extends to this row; a new row is written first."""
    model = type(row)
    if not allows(actor, permission) or is_unrestricted(actor, permission, model):
        return allows(actor, permission)
    await session.flush()
    condition = scope_condition(actor, permission, model)
    found = await session.scalar(select(model.id).where(model.id == row.id, condition))
    return found is not None


async def require(session: AsyncSession, actor: Actor, permission: Permission, row: Any = None) -> None:
    """Raise PermissionDenied, with a sentence, unless the actor may; `row` narrows the question to it."""
    if not allows(actor, permission):
        raise PermissionDenied(f"Your roles do not include “{permission.words}”.")
    if row is not None and not await extends_to(session, actor, permission, row):
        raise PermissionDenied(f"Your permission “{permission.words}” does not extend to “{row}”.")


def _reaches_all(grant: Grant) -> bool:
    return grant.scope is None or grant.permission not in SCOPE_KINDS[grant.scope.kind].restricts


def _condition_of(scope: Scope, actor: Actor, model: type[Any]) -> ColumnElement[bool]:
    if scope.kind == "own":
        return model.created_by_id == actor.id if hasattr(model, "created_by_id") else false()
    condition = _scope_conditions.get((scope.kind, model))
    return condition(scope.values) if condition else false()


@dataclass(frozen=True, slots=True)
class ShippedRole:
    """A role as it ships; `cms seed` writes it."""

    label: str
    description: str
    permissions: frozenset[Permission]


def _role(label: str, description: str, permissions: Iterable[Permission]) -> ShippedRole:
    return ShippedRole(label, description, frozenset(permissions))


P = Permission
READS_CONTENT = (
    P.PAGES_VIEW,
    P.BOXES_VIEW,
    P.BANNERS_VIEW,
    P.CODESAMPLES_VIEW,
    P.DOWNLOADS_VIEW,
    P.MEDIA_VIEW,
)
KEEPS_OWN_KEYS = (P.APIKEYS_VIEW, P.APIKEYS_EDIT)
EDITS_BANNERS = (P.BANNERS_EDIT, P.BANNERS_PUBLISH, P.BANNERS_DELETE)
EDITS_CODE_SAMPLES = (P.CODESAMPLES_EDIT, P.CODESAMPLES_PUBLISH, P.CODESAMPLES_DELETE)

SHIPPED_ROLES: dict[str, ShippedRole] = {
    "web-editor": _role(
        "Web editor",
        "Writes and publishes pages, boxes, banners and code samples; keeps the media, the menus and the redirects.",
        (
            *READS_CONTENT,
            *KEEPS_OWN_KEYS,
            *EDITS_BANNERS,
            *EDITS_CODE_SAMPLES,
            P.AUDIT_VIEW,
            P.PAGES_EDIT,
            P.PAGES_PUBLISH,
            P.PAGES_DELETE,
            P.PAGES_TRUSTED_MARKUP,
            P.BOXES_EDIT,
            P.BOXES_PUBLISH,
            P.BOXES_DELETE,
            P.MEDIA_EDIT,
            P.MEDIA_REPLACE,
            P.MEDIA_DELETE,
            P.MENUS_VIEW,
            P.MENUS_EDIT,
            P.REDIRECTS_VIEW,
            P.REDIRECTS_EDIT,
        ),
    ),
    "release-manager": _role(
        "Release manager",
        "Publishes Python releases and their files.",
        (
            *READS_CONTENT,
            *KEEPS_OWN_KEYS,
            P.AUDIT_VIEW,
            P.DOWNLOADS_EDIT,
            P.DOWNLOADS_PUBLISH,
            P.DOWNLOADS_OVERRIDE,
            P.DOWNLOADS_DELETE,
        ),
    ),
    "events-editor": _role("Events editor", "Keeps the calendars; reads the content.", READS_CONTENT),
    "job-moderator": _role("Job moderator", "Reviews the job board; reads the content.", READS_CONTENT),
    "sponsor-manager": _role("Sponsor manager", "Looks after sponsors; reads the content.", READS_CONTENT),
    "membership-manager": _role(
        "Membership manager",
        "Looks after members; reads the content and who has an account.",
        (*READS_CONTENT, P.USERS_VIEW),
    ),
    "nominations-manager": _role("Nominations manager", "Runs elections; reads the content.", READS_CONTENT),
    "communications": _role(
        "Communications",
        "Writes and publishes banners and boxes; writes drafts of pages, which a web editor publishes.",
        (*READS_CONTENT, *EDITS_BANNERS, P.PAGES_EDIT, P.BOXES_EDIT, P.BOXES_PUBLISH, P.MEDIA_EDIT, P.MEDIA_REPLACE),
    ),
    "volunteer": _role(
        "Volunteer",
        "Writes drafts of pages, as a rule under the paths that the assignment names.",
        (P.PAGES_VIEW, P.BOXES_VIEW, P.PAGES_EDIT, P.MEDIA_VIEW, P.MEDIA_EDIT),
    ),
    "auditor": _role(
        "Auditor",
        "Reads everything, changes nothing.",
        (p for p in P if p.verb == "view"),
    ),
}
