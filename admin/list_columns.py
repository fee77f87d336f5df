"""The columns of a list: which it shows by itself, and which a person may choose instead."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, Text, select
from sqlalchemy.ext.asyncio import AsyncSession

from admin.base import AdminView
from cms.core.audit import SECRET
from cms.core.permissions import allows
from cms.users.models import User

KEPT_BY_ITSELF = ("created_at", "updated_at", "created_by_id", "updated_by_id")
PEOPLE = frozenset({"created_by_id", "updated_by_id"})


def shown_columns(view: AdminView) -> tuple[str, ...]:
    """Return the columns that a list shows where nobody chose others."""
    return tuple(view._list_prop_names)  # noqa: SLF001 - SQLAdmin keeps the declaration there


def offered_columns(view: AdminView, user: User) -> list[str]:
    """Return what the person may choose from: the list's own columns, and those declared or else the form's short ones.

    A field that asks for a permission is offered only to those who hold it.
    """
    declared = [str(getattr(column, "key", column)) for column in view.column_choices]
    others = declared or [*(name for name in view.get_form_columns() if _is_short(view, name)), *KEPT_BY_ITSELF]
    known = [*shown_columns(view), *(name for name in others if declared or name in view.mapper.columns)]
    closed = {name for name, permission in view.field_permissions.items() if not allows(user, permission)}
    return [name for name in dict.fromkeys(known) if name not in closed]


async def names_of_people(session: AsyncSession, rows: Iterable[Any], columns: Iterable[str]) -> dict[int, str]:
    """Return the user names that the columns “made by” and “last saved by” of these rows need."""
    wanted = PEOPLE.intersection(columns)
    ids = {getattr(row, name) for row in rows for name in wanted} - {None}
    if not ids:
        return {}
    found = await session.execute(select(User.id, User.username).where(User.id.in_(ids)))
    return dict(found.all())


def _is_short(view: AdminView, name: str) -> bool:
    column = view.mapper.columns.get(name)
    return column is not None and not isinstance(column.type, Text | JSON) and column.info.get("audit") != SECRET
