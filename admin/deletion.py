"""Deleting: a page that says what goes with the rows and what hinders, then one transaction for all of them or none."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin import forms
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView, Reached
from admin.deciding import keys_of, reached_rows
from admin.rendering import go_to, render
from admin.requests import resources_of
from admin.urls import url_to
from cms.core.deletion import Deletion, foresee
from cms.core.errors import CMSError, PermissionDenied
from cms.core.integrity import explained


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A chosen row and what its deletion would mean."""

    row: Any
    is_allowed: bool
    deletion: Deletion

    @property
    def is_hindered(self) -> bool:
        return not self.is_allowed or bool(self.deletion.hinder)


async def confirm_or_delete(request: Request) -> Response:
    """GET shows what would happen; POST deletes all the chosen rows, or none of them."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.delete)
    if not view.can_delete:
        raise PermissionDenied(f"A {view.name.lower()} is not deleted here.")
    posted = await forms.read_form(request) if request.method == "POST" else None
    keys = keys_of(posted.getlist("pks") if posted is not None else request.query_params.getlist("pks"))
    async with resources_of(request).sessionmaker() as session:
        chosen = await reached_rows(session, view, user, keys, lock=posted is not None)
        if posted is None:
            return await _show(request, view, [await _foreseen(session, found) for found in chosen])
        if not all(found.may_delete for found in chosen):
            raise PermissionDenied("You may not delete all of the chosen rows; nothing was deleted.")
        names = [str(found.row) for found in chosen]
        try:
            for found in chosen:
                await view.remove(session, found.row, by=user)
            await session.commit()
        except (CMSError, IntegrityError) as error:
            refusal = explained(error) if isinstance(error, IntegrityError) else error
            await session.rollback()
            session.expunge_all()
            again = await reached_rows(session, view, user, keys, lock=False)
            foreseen = [await _foreseen(session, found) for found in again]
            return await _show(request, view, foreseen, problem=refusal.message, status_code=refusal.status_code)
    told = f"“{names[0]}” was deleted." if len(names) == 1 else f"{len(names)} rows were deleted."
    return go_to(request, url_to("list", identity=view.identity), saying=told)


async def _foreseen(session: Any, found: Reached) -> Foreseen:
    return Foreseen(found.row, found.may_delete, await foresee(session, found.row))


async def _show(
    request: Request, view: AdminView, foreseen: list[Foreseen], *, problem: str = "", status_code: int = 200
) -> Response:
    context = {
        "view": view,
        "foreseen": foreseen,
        "is_hindered": any(found.is_hindered for found in foreseen),
        "problem": problem,
        "title": f"Delete {view.name.lower() if len(foreseen) == 1 else view.name_plural.lower()}",
    }
    return await render(request, "delete.html", context, status_code=status_code)


routes = [Route("/{identity}/delete", confirm_or_delete, methods=["GET", "POST"])]
