"""What a person may do on a view: SQLAdmin's actions translated into our permissions."""

from dataclasses import dataclass
from typing import Any

from sqladmin.authorization import AuthorizationBackend
from starlette.requests import Request

from admin.requests import user_of
from cms.core.errors import PermissionDenied
from cms.core.permissions import Permission, allows
from cms.users.models import User

READING = frozenset({"list", "details", "export"})


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaPermissions:
    """The permissions of one area, by what is done; where a narrow one is missing the wider one covers it."""

    view: Permission
    edit: Permission
    delete: Permission

    @classmethod
    def of(cls, area: str) -> "AreaPermissions":
        """Return the permissions whose names begin with `area`; an area has at least "edit"."""
        held = {permission.verb: permission for permission in Permission if permission.area == area}
        edit = held["edit"]
        return cls(view=held.get("view", edit), edit=edit, delete=held.get("delete", edit))

    def needed_to(self, action: str) -> Permission:
        if action in READING:
            return self.view
        return self.delete if action == "delete" else self.edit


class RolesDecide(AuthorizationBackend):
    """Answers SQLAdmin from the roles of the person, without a query: the grants came with the session."""

    def has_permission(self, request: Request, identity: str, action: str, obj: Any | None = None) -> bool:
        """Say whether the action is open to the person on some row; which rows, SQL decides."""
        user = request.scope.get("state", {}).get("user")
        return user is not None and bool(request.app.state.office.view_called(identity).is_open_to(user, action))


def require_somewhere(request: Request, permission: Permission) -> User:
    """Return the person if they hold `permission`, perhaps for some rows only.

    Raises PermissionDenied.
    """
    user = user_of(request)
    if not allows(user, permission):
        raise PermissionDenied(f"Your roles do not include “{permission.words}”.")
    return user
