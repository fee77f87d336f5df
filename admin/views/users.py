"""People and roles in the back office."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from wtforms import Form

from admin import people
from admin.base import AdminView, Fieldset, Reached
from admin.columns import permissions_of
from admin.decisions import BulkEdit
from admin.fields import CheckboxesField
from admin.filters import SinceFilter, YesNoFilter
from admin.roles import RolesInline
from admin.why import AREAS
from cms.core.permissions import Permission
from cms.users import passwords, services
from cms.users.models import EmailPrivacy, Role, SearchVisibility, User

PRIVACY = (
    (EmailPrivacy.ANYONE, "Everybody"),
    (EmailPrivacy.SIGNED_IN, "Who is signed in"),
    (EmailPrivacy.NOBODY, "Nobody"),
)
PERMISSIONS_BY_AREA = {area: [(found.value, found.words) for found in permissions] for area, permissions in AREAS}
VISIBILITY = ((SearchVisibility.PUBLIC, "May list it"), (SearchVisibility.HIDDEN, "May not list it"))


class UserAdmin(AdminView, model=User):
    identity = "users"
    name = "User"
    name_plural = "Users"
    category = "People"
    permission_area = "users"
    found_detail = "email"
    saving = staticmethod(services.save_user)
    removing = staticmethod(services.delete_user)
    form_template = "user_form.html"
    details_template = "user_details.html"

    column_list = (User.username, User.email, "full_name", User.is_staff, User.is_active, User.last_login_at)
    column_sortable_list = (User.username, User.joined_at)
    column_default_sort = (User.username, False)
    column_labels = {
        "full_name": "Name",
        User.username: "User name",
        User.is_staff: "Staff",
        User.is_active: "Active",
        User.is_superuser: "Superuser",
        User.last_login_at: "Last sign-in",
        User.joined_at: "Joined",
        User.email: "E-mail address",
        User.bio_kind: "Written in",
        User.bio: "About this person",
        User.search_visibility: "Search engines",
        User.email_privacy: "Who sees the address",
        User.is_profile_public: "Public profile",
    }
    list_filters = (
        YesNoFilter(User.is_staff, "Staff"),
        YesNoFilter(User.is_superuser, "Superuser"),
        YesNoFilter(User.is_active, "Active"),
        SinceFilter(User.last_login_at, "Last sign-in"),
    )
    date_hierarchy = "joined_at"
    inline_toggles = ("is_active",)
    bulk_edits = (
        BulkEdit(column="is_active", label="Change activity", labels=((True, "Active"), (False, "Not active"))),
    )
    column_choices = (User.first_name, User.last_name, User.joined_at, User.email_verified_at, User.is_superuser)

    fieldsets = (
        Fieldset("", ("username", "email", "first_name", "last_name")),
        Fieldset("Rights", ("is_active", "is_staff", "is_superuser")),
        Fieldset(
            "Profile",
            ("bio", "bio_kind", "is_profile_public", "search_visibility", "email_privacy"),
            folded=True,
        ),
    )
    form_args = {
        "username": {"description": "What the person signs in with; it stands in the history."},
        "email": {"description": "Where the links to choose a password are sent."},
        "first_name": {"description": "As the person writes it; the back office greets them by it."},
        "last_name": {"description": "As the person writes it."},
        "is_active": {"description": "Without this, nobody can sign in with the account; sessions end at once."},
        "is_staff": {"description": "May enter the back office; what is open there, the roles decide."},
        "is_superuser": {"description": "May do everything."},
        "bio": {
            "description": "What the person tells about themselves on their profile.",
            "render_kw": {"class": "form-control", "rows": 4},
        },
        "is_profile_public": {"description": "Whether visitors may read the profile."},
        "search_visibility": {
            "labels": tuple((int(value), label) for value, label in VISIBILITY),
            "description": "Whether search engines may list the profile.",
        },
        "email_privacy": {
            "labels": tuple((int(value), label) for value, label in PRIVACY),
            "description": "Who sees the e-mail address on the profile.",
        },
    }
    inlines = (RolesInline(permission=Permission.ROLES_EDIT),)

    def before_save(self, row: Any, form: Form, *, is_new: bool) -> None:
        if is_new:
            row.password = passwords.unusable()

    async def form_context(self, session: AsyncSession, request: Request, reached: Reached | None) -> dict[str, Any]:
        return await people.about(session, request, reached.row) if reached else {}


class RoleAdmin(AdminView, model=Role):
    identity = "roles"
    name = "Role"
    name_plural = "Roles"
    category = "People"
    permission_area = "roles"
    found_detail = "description"
    saving = staticmethod(services.save_role)
    removing = staticmethod(services.delete_role)
    list_help = "A role is a set of permissions. Who holds one is set on the form of the person."

    column_list = (Role.label, Role.name, Role.description)
    column_searchable_list = (Role.label, Role.name)
    column_sortable_list = (Role.label, Role.name)
    column_default_sort = (Role.label, False)
    column_labels = {Role.label: "Role", Role.name: "Short name"}
    column_formatters = {Role.permissions: permissions_of}

    fieldsets = (Fieldset("", ("label", "name", "description")), Fieldset("What it allows", ("permissions",)))
    form_overrides = {"permissions": CheckboxesField}
    form_args = {
        "label": {"description": "What the role is called wherever people read of it."},
        "name": {"description": "Small letters, digits and hyphens; demo accounts are called after it."},
        "description": {
            "description": "Whom it is meant for, and what they do with it.",
            "render_kw": {"class": "form-control", "rows": 2},
        },
        "permissions": {"choices": PERMISSIONS_BY_AREA, "default": [], "description": "What whoever holds it may do."},
    }
    slug_sources = {"name": "label"}
