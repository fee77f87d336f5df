"""Two people, one row: what the other one saved, beside what this one typed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from wtforms import Form

from admin import formats, forms
from admin.base import AdminView
from cms.core.audit import AuditEntry


@dataclass(frozen=True, slots=True)
class Conflicting:
    """A field in which the saved row and the form differ."""

    label: str
    saved: str
    typed: str


async def conflicts_of(session: AsyncSession, view: AdminView, row: Any, form: Form) -> list[Conflicting]:
    """Return the fields in which the form differs from the row as it now is."""
    names = [name for name in view.get_form_columns() if name in view.mapper.columns and name in form]
    saved = forms.values_of(row, names)
    found = []
    for name in names:
        typed = getattr(form[name], "value", form[name].data)
        theirs, ours = formats.plain(saved[name]), formats.plain(typed)
        if theirs.replace("\r\n", "\n") != ours.replace("\r\n", "\n"):
            found.append(Conflicting(view.label_of(name), theirs, ours))
    return found


async def last_entry(session: AsyncSession, row: Any) -> AuditEntry | None:
    """Return who wrote the row last."""
    return await session.scalar(
        select(AuditEntry)
        .where(AuditEntry.table_name == row.__tablename__, AuditEntry.row_id == row.id)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
