"""API keys in the back office: each person's own, and all of them for superusers."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from wtforms import Form
from wtforms.fields.core import UnboundField

from admin import formats
from admin.base import AdminView, Fieldset
from admin.columns import badge, permissions_of
from admin.decisions import Decision
from admin.fields import CheckboxesField
from admin.filters import BeginsWithFilter, Filter, SinceFilter
from admin.why import AREAS
from cms.core.permissions import Permission, allows
from cms.users import api_keys
from cms.users.api_keys import ApiKey
from cms.users.models import User

STATES = (("usable", "Usable"), ("expired", "Expired"), ("revoked", "Revoked"))
EVERYTHING = "Whatever its owner may do"
ONLY_WHEN_NEW = ("user", "scopes")
"""What a key may do, and for whom, is settled when it is made: nobody finds one wider than they left it."""


def state_of(row: ApiKey, _name: str = "") -> Markup:
    """Show whether a key opens anything now."""
    if row.revoked_at is not None:
        return badge("Revoked", "draft")
    return badge("Usable", "yes") if row.is_usable else badge("Expired", "expired")


def limits_of(row: ApiKey, name: str) -> str:
    """Show what a key is limited to."""
    return permissions_of(row, name) if row.scopes else EVERYTHING


def last_used(row: ApiKey, _name: str) -> Any:
    """Show how long ago a key was used."""
    return formats.moment(row.last_used_at, relative=True) if row.last_used_at else "Never"


def expires(row: ApiKey, _name: str) -> Any:
    """Show when a key's time is over."""
    return formats.moment(row.expires_at) if row.expires_at else "Never"


@dataclass(frozen=True)
class KeyStateFilter(Filter):
    """Whether a key opens anything now."""

    @property
    def name(self) -> str:
        return "state"

    def choices(self) -> tuple[tuple[str, str], ...]:
        return STATES

    def condition(self, value: str) -> ColumnElement[bool] | None:
        return {
            "usable": api_keys.is_usable(),
            "expired": ApiKey.revoked_at.is_(None) & api_keys.has_expired(),
            "revoked": ApiKey.revoked_at.is_not(None),
        }.get(value)


@dataclass(frozen=True)
class OwnerFilter(BeginsWithFilter):
    """Whose keys, by the beginning of a user name."""

    @property
    def name(self) -> str:
        return "owner"

    def condition(self, value: str) -> ColumnElement[bool] | None:
        typed = value.strip()
        return ApiKey.user.has(User.username.startswith(typed, autoescape=True)) if typed else None


class ApiKeyAdmin(AdminView, model=ApiKey):
    identity = "api-keys"
    name = "API key"
    name_plural = "API keys"
    category = "People"
    permission_area = "apikeys"
    saving = staticmethod(api_keys.save)
    secret_template = "api_key_made.html"  # noqa: S105 - the page that shows one
    list_help = (
        "By a key, a script acts for a person. It is shown once, when it is made; nobody can read it afterwards."
    )
    can_delete = False

    column_list = (
        ApiKey.name,
        "user",
        ApiKey.hint,
        ApiKey.scopes,
        ApiKey.last_used_at,
        ApiKey.expires_at,
        ApiKey.revoked_at,
    )
    column_sortable_list = (ApiKey.name, ApiKey.last_used_at, ApiKey.expires_at)
    column_default_sort = (ApiKey.id, True)
    column_labels = {
        ApiKey.name: "What it is for",
        "user": "Owner",
        ApiKey.hint: "Begins with",
        ApiKey.scopes: "Limited to",
        ApiKey.last_used_at: "Last used",
        ApiKey.expires_at: "Expires",
        ApiKey.revoked_at: "State",
    }
    column_choices = (ApiKey.created_at,)
    column_formatters = {
        ApiKey.scopes: limits_of,
        ApiKey.last_used_at: last_used,
        ApiKey.expires_at: expires,
        ApiKey.revoked_at: state_of,
    }
    list_filters = (
        KeyStateFilter(ApiKey.revoked_at, "State"),
        OwnerFilter(ApiKey.user_id, "Owner begins with", placeholder="ada"),
        SinceFilter(ApiKey.last_used_at, "Last used"),
    )
    found_detail = "hint"

    fieldsets = (
        Fieldset("", ("name", "user", "expires_at")),
        Fieldset("What it is limited to", ("scopes",)),
    )
    form_overrides = {"scopes": CheckboxesField}
    form_args = {
        "name": {"description": "For you, so that you know which to revoke: “release script on my laptop”."},
        "user": {"description": "Whose permissions the key has."},
        "expires_at": {"description": "From then on it opens nothing. Leave it empty for a key that stays."},
        "scopes": {
            "choices": {},
            "default": [],
            "description": "Tick as little as the script needs. Without a tick it may do whatever its owner may, "
            "also what their roles allow later.",
        },
    }
    decisions = (
        Decision(
            name="revoke",
            label="Revoke",
            permission=Permission.APIKEYS_EDIT,
            perform=api_keys.revoke,
            hindrance=lambda row: "It has been revoked already." if row.revoked_at is not None else "",
            ready=lambda model: model.revoked_at.is_(None),
            consequence="Every script that uses it is refused from now on. This cannot be taken back.",
            outcome="“{row}” is revoked; it opens nothing any more.",
            tone="danger",
            is_confirmed=True,
        ),
    )

    def get_details_columns(self) -> list[str]:
        return ["name", "user", "hint", "revoked_at", "scopes", "created_at", "expires_at", "last_used_at"]

    def reachable(self, user: User) -> Select[Any]:
        """Select keys together with whose they are."""
        return super().reachable(user).options(selectinload(ApiKey.user))

    def list_extra_columns(self) -> tuple[str, ...]:
        return (*super().list_extra_columns(), "user_id", "scopes", "expires_at", "revoked_at")

    async def form_class(self, user: User, *, is_new: bool) -> type[Form]:
        """Return the form; a new key may be limited to what the person holds, and superusers choose its owner."""
        form = await super().form_class(user, is_new=is_new)
        if not is_new:
            return type(form.__name__, (form,), dict.fromkeys(ONLY_WHEN_NEW))
        fields = vars(form)
        owner = _with(fields["user"], default=user.id) if user.is_superuser else None
        limits = _with(fields["scopes"], choices=_held_by(user))
        return type(form.__name__, (form,), {"user": owner, "scopes": limits})

    async def save(self, session: AsyncSession, row: Any, *, by: User, is_new: bool) -> str | None:
        if not is_new:
            return await super().save(session, row, by=by, is_new=is_new)
        chosen = await session.get(User, row.user_id) if row.user_id else None
        return await api_keys.issue(session, row, chosen or by, by=by)


def _held_by(user: User) -> dict[str, list[tuple[str, str]]]:
    """Return what the person may do, by area, as the boxes offer it."""
    held = {
        area: [(found.value, found.words) for found in permissions if allows(user, found)]
        for area, permissions in AREAS
    }
    return {area: permissions for area, permissions in held.items() if permissions}


def _with(field: Any, **options: Any) -> Any:
    """Return the field of a form with some of its options set for one person."""
    return UnboundField(field.field_class, *field.args, name=field.name, **{**field.kwargs, **options})
