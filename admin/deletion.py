"""Deleting: a page that says what goes with the rows and what hinders, then one transaction for all of them or none.

More rows than a person waits for are deleted in the background, where what is refused hinders nobody else.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin import forms
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView, Reached
from admin.bulk import Intended, confirm_or_start, list_url
from admin.choosing import CHANGED_SINCE, Chosen, chosen_of, few_keys, reached_rows, seen_of
from admin.redirect_offers import redirect_offer
from admin.rendering import go_to, render
from admin.requests import resources_of
from admin.urls import url_to
from cms.core import bulk
from cms.core.deletion import Deletion, foresee
from cms.core.errors import CMSError, Conflict, PermissionDenied
from cms.core.integrity import explained
from cms.users.models import User


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A chosen row and what its deletion would mean."""

    row: Any
    is_allowed: bool
    deletion: Deletion

    @property
    def is_hindered(self) -> bool:
        return not self.is_allowed or bool(self.deletion.hinder)

    @property
    def seen(self) -> str:
        return seen_of(self.row)


async def confirm_or_delete(request: Request) -> Response:
    """GET shows what would happen; POST deletes all the chosen rows, or none of them."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.delete)
    if not view.can_delete:
        raise PermissionDenied(f"A {view.name.lower()} is not deleted here.")
    posted = await forms.read_form(request) if request.method == "POST" else None
    chosen = chosen_of(request.query_params if posted is None else posted)
    async with resources_of(request).sessionmaker() as session:
        keys = await few_keys(session, view, user, chosen)
        if keys is None:
            return await confirm_or_start(
                session, request, view, user, intended=_intended(view), chosen=chosen, posted=posted
            )
        reached = await reached_rows(session, view, user, keys, lock=posted is not None)
        if posted is None:
            return await _show(request, view, chosen, [await _foreseen(session, found) for found in reached])
        try:
            told = await _delete(session, view, chosen, reached, by=user)
            await session.commit()
        except (CMSError, IntegrityError) as error:
            refusal = explained(error) if isinstance(error, IntegrityError) else error
            await session.rollback()
            session.expunge_all()
            again = await reached_rows(session, view, user, keys, lock=False)
            foreseen = [await _foreseen(session, found) for found in again]
            return await _show(request, view, chosen, foreseen, problem=refusal)
    link = redirect_offer(user, [found.row for found in reached])
    return go_to(request, list_url(view, chosen), saying=told, link=link)


async def _delete(session: AsyncSession, view: AdminView, chosen: Chosen, reached: list[Reached], *, by: User) -> str:
    """Delete the rows and return what to tell. Raises PermissionDenied, and Conflict for what was changed meanwhile."""
    if not all(found.may_delete for found in reached):
        raise PermissionDenied("You may not delete all of the chosen rows; nothing was deleted.")
    for found in reached:
        if chosen.is_stale(found.row):
            raise Conflict(f"“{found.row}”: {CHANGED_SINCE} Nothing was deleted.")
    names = [str(found.row) for found in reached]
    for found in reached:
        await view.remove(session, found.row, by=by)
    return f"“{names[0]}” was deleted." if len(names) == 1 else f"{len(names)} rows were deleted."


def _intended(view: AdminView) -> Intended:
    return Intended(
        action=bulk.DELETE,
        label="Delete",
        permission=view.permissions.delete,
        consequence="They are deleted for good, with what belongs to them. What something else still uses is left.",
        address=url_to("delete", identity=view.identity),
        tone="danger",
    )


async def _foreseen(session: AsyncSession, found: Reached) -> Foreseen:
    return Foreseen(found.row, found.may_delete, await foresee(session, found.row))


async def _show(
    request: Request,
    view: AdminView,
    chosen: Chosen,
    foreseen: list[Foreseen],
    *,
    problem: CMSError | None = None,
) -> Response:
    context = {
        "view": view,
        "foreseen": foreseen,
        "is_hindered": any(found.is_hindered for found in foreseen),
        "problem": problem.message if problem else "",
        "list_url": list_url(view, chosen),
        "title": f"Delete {view.name.lower() if len(foreseen) == 1 else view.name_plural.lower()}",
    }
    return await render(request, "delete.html", context, status_code=problem.status_code if problem else 200)


routes = [Route("/{identity}/delete", confirm_or_delete, methods=["GET", "POST"])]
