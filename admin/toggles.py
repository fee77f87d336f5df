"""Switching a yes-or-no column of one row in the list itself, by the same rules as its form."""

from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from admin import forms
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView, Reached
from admin.choosing import version_of
from admin.rendering import NEVER_CACHED, go_to
from admin.requests import resources_of
from admin.urls import url_to
from cms.core.bulk import refuse_beside_draft
from cms.core.errors import CMSError, Conflict, Invalid, NotFound, PermissionDenied
from cms.core.integrity import explained
from cms.core.permissions import allows, require
from cms.users.models import User

VALUES = {"yes": True, "no": False}
STALE = "Somebody else changed this row meanwhile; load the list again and look at it."


def open_toggles(view: AdminView, user: User) -> frozenset[str]:
    """Return the columns that the person may switch on rows they may edit."""
    needed = view.field_permissions
    return frozenset(name for name in view.inline_toggles if name not in needed or allows(user, needed[name]))


def is_switched_here(reached: Reached) -> bool:
    """Return whether a switch is shown on this row; what is live is changed only by those who may publish it."""
    row = reached.row
    if not reached.may_edit or getattr(row, "draft_id", None) is not None:
        return False
    return not getattr(row, "is_published", False) or "publish" in reached.may_decide


async def toggle(request: Request) -> Response:
    """Switch one column of one row: the script is answered in JSON, a plain form is led back to its list."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.edit)
    posted = await forms.read_form(request)
    try:
        async with resources_of(request).sessionmaker() as session:
            row, told = await _switch(session, view, request, user, posted)
            await session.commit()
    except (CMSError, IntegrityError, StaleDataError) as error:
        refusal = _explained(error)
        if not _wants_json(request):
            raise refusal from error
        return JSONResponse({"problem": refusal.message}, status_code=refusal.status_code, headers=NEVER_CACHED)
    if _wants_json(request):
        column = request.path_params["column"]
        answer = {"is_on": getattr(row, column), "version": version_of(row), "told": told}
        return JSONResponse(answer, headers=NEVER_CACHED)
    query = request.query_params.get("from", "")
    return go_to(request, url_to("list", identity=view.identity) + (f"?{query}" if query else ""), saying=told)


async def _switch(
    session: AsyncSession, view: AdminView, request: Request, user: User, posted: FormData
) -> tuple[Any, str]:
    """Write the value. Raises Conflict where the row is not as the list showed it, and what its domain refuses."""
    column = request.path_params["column"]
    if column not in view.inline_toggles:
        raise NotFound("There is no such switch.")
    if column not in open_toggles(view, user):
        raise PermissionDenied(f"Your roles do not open the field “{view.label_of(column)}”.")
    wanted, _, version = str(posted.get("change", "")).partition("/")
    if wanted not in VALUES:
        raise Invalid("A switch is either on or off.")
    reached = await view.find(session, user, request.path_params["pk"], lock=True)
    row = reached.row
    if not reached.may_edit:
        raise PermissionDenied(f"You may read “{row}”, but not change it.")
    if version != version_of(row):
        raise Conflict(STALE)
    refuse_beside_draft(row)
    with session.no_autoflush:
        setattr(row, column, VALUES[wanted])
        await view.save(session, row, by=user, is_new=False)
    await session.flush()
    await require(session, user, view.permissions.edit, row)
    return row, f"“{row}”, {view.label_of(column)}: {wanted}."


def _explained(error: CMSError | IntegrityError | StaleDataError) -> CMSError:
    if isinstance(error, CMSError):
        return error
    return explained(error) if isinstance(error, IntegrityError) else Conflict(STALE)


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


routes = [Route("/{identity}/toggle/{pk}/{column}", toggle, methods=["POST"])]
