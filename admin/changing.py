"""Setting one field of many rows to one value: a page asks for the value and names the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import cms.bulk_actions  # noqa: F401 - registers what can be done to many rows.
from admin import forms
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView, Reached
from admin.bulk import Intended, confirm_or_start, list_url
from admin.choosing import CHANGED_SINCE, Candidate, Chosen, chosen_of, few_keys, reached_rows
from admin.decisions import BulkEdit
from admin.rendering import go_to, render
from admin.requests import resources_of
from admin.urls import url_to
from cms.core import bulk
from cms.core.errors import NotFound, PermissionDenied
from cms.core.permissions import allows
from cms.users.models import User

REASONS_TOLD = 3


@dataclass(frozen=True, slots=True)
class Value:
    """A value that may be chosen: as the form sends it, as people call it, and as the column holds it."""

    sent: str
    label: str
    kept: Any


def open_edits(view: AdminView, user: User) -> list[BulkEdit]:
    """Return the fields that the person may set in many rows."""
    if not view.is_open_to(user, "edit"):
        return []
    return [edit for edit in view.bulk_edits if _is_open(view, user, edit.column)]


async def ask_or_change(request: Request) -> Response:
    """GET asks for the value and names the rows; POST writes it, to more than a few rows in the background."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.edit)
    edit = _edit_of(view, user, request.path_params["column"])
    posted = await forms.read_form(request) if request.method == "POST" else None
    chosen = chosen_of(request.query_params if posted is None else posted)
    async with resources_of(request).sessionmaker() as session:
        values = await _values(session, edit)
        value = next((found for found in values if posted is not None and found.sent == posted.get("value")), None)
        keys = await few_keys(session, view, user, chosen)
        if keys is None and value is not None:
            intended = _intended(view, edit, value)
            is_confirmed = posted is not None and "expected" in posted
            return await confirm_or_start(
                session, request, view, user, intended=intended, chosen=chosen, posted=posted if is_confirmed else None
            )
        reached = [] if keys is None else await reached_rows(session, view, user, keys, lock=posted is not None)
        candidates = [Candidate(found.row, _hindrance(found, chosen)) for found in reached]
        ready = [found.row for found in candidates if not found.hindrance]
        if value is None or not ready:
            return await _ask(request, view, edit, chosen, candidates, values, is_refused=posted is not None)
        refusals = await _change(session, view, edit, value, ready, by=user)
        await session.commit()
    refusals = [*(f"“{found.row}”: {found.hindrance}" for found in candidates if found.hindrance), *refusals]
    return go_to(request, list_url(view, chosen), saying=_told(edit, value, len(candidates), refusals))


async def _ask(
    request: Request,
    view: AdminView,
    edit: BulkEdit,
    chosen: Chosen,
    candidates: Sequence[Candidate],
    values: Sequence[Value],
    *,
    is_refused: bool,
) -> Response:
    context = {
        "view": view,
        "edit": edit,
        "chosen": chosen,
        "candidates": candidates,
        "ready": [candidate for candidate in candidates if not candidate.hindrance],
        "values": values,
        "list_url": list_url(view, chosen),
        "is_refused": is_refused,
        "title": edit.label,
    }
    status_code = HTTPStatus.CONFLICT if is_refused else HTTPStatus.OK
    return await render(request, "change.html", context, status_code=status_code)


async def _change(
    session: AsyncSession, view: AdminView, edit: BulkEdit, value: Value, rows: Sequence[Any], *, by: User
) -> list[str]:
    """Write the value to each row, and return why some were refused."""
    arguments = {"column": edit.column, "value": value.kept}
    perform = bulk.actions_of(view.mapper.local_table.description).performing(bulk.CHANGE, arguments)
    names = [str(row) for row in rows]
    refusals = [await bulk.refusal_of(session, perform, row, by=by) for row in rows]
    return [f"“{name}”: {refusal}" for name, refusal in zip(names, refusals, strict=True) if refusal]


async def _values(session: AsyncSession, edit: BulkEdit) -> list[Value]:
    offered = list(edit.labels)
    if edit.choices_from is not None:
        rows = await session.scalars(select(edit.choices_from).order_by(edit.choices_from.id))
        offered = [(row.id, str(row)) for row in rows]
    return [Value(str(getattr(value, "value", value)), label, value) for value, label in offered]


def _intended(view: AdminView, edit: BulkEdit, value: Value) -> Intended:
    return Intended(
        action=bulk.CHANGE,
        label=f"{edit.label}: {value.label}",
        permission=view.permissions.edit,
        consequence=f"{view.label_of(edit.column)} becomes “{value.label}” in each of them.",
        address=url_to("change", identity=view.identity, column=edit.column),
        arguments={"column": edit.column, "value": value.kept},
        hidden={"value": value.sent},
    )


def _edit_of(view: AdminView, user: User, column: str) -> BulkEdit:
    for edit in view.bulk_edits:
        if edit.column == column:
            if not _is_open(view, user, column):
                raise PermissionDenied(f"Your roles do not open the field “{view.label_of(column)}”.")
            return edit
    raise NotFound("There is no such field to change in many rows.")


def _is_open(view: AdminView, user: User, column: str) -> bool:
    needed = view.field_permissions.get(column)
    return needed is None or allows(user, needed)


def _hindrance(found: Reached, chosen: Chosen) -> str:
    if not found.may_edit:
        return "Your roles do not allow it here."
    return CHANGED_SINCE if chosen.is_stale(found.row) else ""


def _told(edit: BulkEdit, value: Value, total: int, refusals: Sequence[str]) -> str:
    told = f"{edit.label}: “{value.label}” in {total - len(refusals)} of {total} rows."
    more = " …" if len(refusals) > REASONS_TOLD else ""
    return f"{told} {' '.join(refusals[:REASONS_TOLD])}{more}" if refusals else told


routes = [Route("/{identity}/change/{column}", ask_or_change, methods=["GET", "POST"])]
