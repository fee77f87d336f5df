"""The roles of a person inside their form; what may be granted, the domain decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from wtforms import Form

from admin.fields import ChoiceField, LinesField
from admin.inlines import Inline, InlineWork, entries_of
from cms.core.errors import Invalid
from cms.core.permissions import SCOPE_KINDS
from cms.users import queries, services
from cms.users.models import Role
from cms.users.services import Assigned

EVERYWHERE = ""


@dataclass(frozen=True, kw_only=True)
class RolesInline(Inline):
    """Role assignments, which are written by the domain as a whole: it refuses whoever would raise their own rights."""

    relation: str = "assignments"
    label: str = "Roles"
    row_label: str = "role"
    columns: Sequence[str] = ("role", "scope_kind", "scope_values")

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", {"role": "Role", "scope_kind": "Reaches", "scope_values": "Limited to"})
        object.__setattr__(
            self,
            "arguments",
            {
                "role": {"is_short": True, "description": "What the person may do."},
                "scope_kind": {
                    "labels": _reaches(),
                    "default": EVERYWHERE,
                    "validators": [],
                    "description": "To which rows that extends; reading is never limited.",
                },
                "scope_values": {
                    "description": "One a line: paths, or series such as 3.14.",
                    "render_kw": {"class": "form-control", "rows": 1},
                },
            },
        )
        object.__setattr__(self, "overrides", {"scope_kind": ScopeField, "scope_values": LinesField})

    def take_out(
        self, form: Form, parent: Any, existing: Mapping[str, Any]
    ) -> bool:  # `save` takes away what the form no longer lists.
        return False

    def write(
        self, form: Form, parent: Any, existing: Mapping[str, Any], *, are_copied: bool = False
    ) -> list[tuple[Any, Form]]:
        """Leave the rows alone; `save` hands the whole list to the domain."""
        return [(None, entry.form) for entry in entries_of(form, self.relation) if not entry.form.is_removed.data]

    async def save(self, session: AsyncSession, work: InlineWork) -> None:
        """Assign exactly what the form lists, if that is a change at all."""
        roles = {role.id: role for role in (await session.scalars(queries.roles())).all()}
        wanted = [_assigned(row_form, roles) for _, row_form in work.kept]
        held = {(row.role_id, row.scope_kind, tuple(row.scope_values)) for row in work.parent.assignments}
        if {(one.role.id, one.scope_kind, one.scope_values) for one in wanted} != held or len(wanted) != len(held):
            await services.assign_roles(session, work.parent, wanted, by=work.by)


class ScopeField(ChoiceField):
    """Everywhere, or one of the kinds of scope."""

    def process_data(self, value: Any) -> None:
        self.data = value or EVERYWHERE


def _reaches() -> list[tuple[str, str]]:
    return [(EVERYWHERE, "Everywhere"), *((kind, known.label) for kind, known in SCOPE_KINDS.items())]


def _assigned(row_form: Any, roles: dict[int, Role]) -> Assigned:
    role = roles.get(row_form["role"].value)
    if role is None:
        raise Invalid("Choose a role in each row, or remove the row.")
    return Assigned(role, row_form["scope_kind"].value or None, tuple(row_form["scope_values"].data or ()))
