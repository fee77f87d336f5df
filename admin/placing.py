"""Giving a row another place among the others: by its buttons, by the keyboard, or by dragging it."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from admin import forms
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import row_key
from admin.ordering import Ordering
from admin.rendering import NEVER_CACHED, go_to
from admin.requests import resources_of
from admin.urls import url_to
from cms.core.errors import Invalid, NotFound, PermissionDenied

MOVES = ("up", "down", "moved")
"""Fields of the form, of which one names the row: a button's direction, or a row that was dragged before another."""


async def place(request: Request) -> Response:
    """Move a row, and say where it is now; a script is told in JSON, because it has moved the row on the page."""
    view = view_of_request(request)
    if view.ordering is None:
        raise NotFound("These rows have no order of their own.")
    user = require_somewhere(request, view.permissions.edit)
    posted = await forms.read_form(request)
    move = next((name for name in MOVES if posted.get(name)), None)
    if move is None:
        raise Invalid("Say which row is to be moved.")
    async with resources_of(request).sessionmaker() as session:
        reached = await view.find(session, user, str(posted[move]))
        if not reached.may_edit:
            raise PermissionDenied(f"You may read “{reached.row}”, but not move it.")
        following = await _following(session, view.ordering, reached.row, move, posted)
        await view.ordering.place(session, reached.row, following, by=user)
        rows = (await session.scalars(view.ordering.rows())).all()
        said = f"“{reached.row}” is now number {rows.index(reached.row) + 1} of {len(rows)}."
        await session.commit()
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"said": said}, headers=NEVER_CACHED)
    return go_to(request, url_to("list", identity=view.identity), saying=said)


async def _following(session: AsyncSession, ordering: Ordering, row: Any, move: str, posted: FormData) -> Any:
    """Return the row before which this one is to stand; None where it is to be the last."""
    rows = list((await session.scalars(ordering.rows())).all())
    if move == "moved":
        before = str(posted.get("before", ""))
        found = [other for other in rows if before and other.id == row_key(before)]
        if before and not found:
            raise NotFound("The row before which this one is to stand is not there any more.")
        return found[0] if found else None
    present = rows.index(row)
    wanted = max(present - 1, 0) if move == "up" else present + 2
    return rows[wanted] if wanted < len(rows) else None


routes = [Route("/{identity}/order", place, methods=["POST"])]
