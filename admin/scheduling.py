"""The schedule of a row: when it, or its unpublished changes, go live, and when it is taken down again."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import Form, validators

from admin import forms
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView
from admin.fields import UtcDateTimeField
from admin.formats import exact
from admin.rendering import go_to, render
from admin.requests import resources_of
from admin.urls import url_to
from cms.core import publishing
from cms.core.errors import Conflict, Invalid, NotFound
from cms.core.permissions import require
from cms.core.publishing import Publishable
from cms.users.models import User


class ScheduleForm(Form):
    """Two moments; either may be empty."""

    publish_at = UtcDateTimeField(
        "Goes live",
        [validators.Optional()],
        description="Empty: not by itself.",
        render_kw={"class": "form-control"},
    )
    expire_at = UtcDateTimeField(
        "Expires",
        [validators.Optional()],
        description="Empty: it stays live until somebody unpublishes it.",
        render_kw={"class": "form-control"},
    )


async def schedule(request: Request) -> Response:
    """Show the moments of a row, or set them."""
    view = publishable_view(request)
    user = require_somewhere(request, view.model.publish_permission)  # type: ignore[attr-defined]  # it is Publishable
    posted = await forms.read_form(request) if request.method == "POST" else None
    async with resources_of(request).sessionmaker() as session:
        reached = await view.find(session, user, request.path_params["pk"], lock=posted is not None)
        row = reached.row
        await require(session, user, row.publish_permission, row)
        if posted is not None and str(posted.get("lock_version", row.lock_version)) != str(row.lock_version):
            raise Conflict(f"Somebody else changed “{row}” while you looked at its schedule. Look at it once more.")
        if posted is None:
            form = ScheduleForm(data={"publish_at": row.publish_at, "expire_at": row.expire_at})
            return await _show(request, view, row, form)
        form = ScheduleForm(posted)
        if not form.validate():
            return await _show(request, view, row, form, status_code=422)
        try:
            await _set(session, row, form, by=user)
            await session.commit()
        except Invalid as refusal:
            await session.rollback()
            row = (await view.find(session, user, request.path_params["pk"])).row
            for name, sentences in refusal.errors.items():
                form[name].errors = [*form[name].errors, *sentences]
            return await _show(request, view, row, form, status_code=refusal.status_code)
    return go_to(request, url_to("edit", identity=view.identity, pk=row.id), saying=_told(row))


def publishable_view(request: Request) -> AdminView:
    """Return the view that the address names; raises NotFound where its rows are not published."""
    view = view_of_request(request)
    if not issubclass(view.model, Publishable):
        raise NotFound("What is kept here is not published.")
    return view


async def _set(session: AsyncSession, row: Any, form: Form, *, by: User) -> None:
    publish_at, expire_at = form["publish_at"].data, form["expire_at"].data
    await publishing.schedule(session, row, publish_at=publish_at, expire_at=expire_at, by=by)


def _told(row: Any) -> str:
    told = []
    if row.publish_at is not None:
        told.append(f"goes live on {exact(row.publish_at)}")
    if row.expire_at is not None:
        told.append(f"is taken down on {exact(row.expire_at)}")
    return f"“{row}” {' and '.join(told)}." if told else f"“{row}” has no schedule any more."


async def _show(request: Request, view: AdminView, row: Any, form: Form, *, status_code: int = 200) -> Response:
    context = {"view": view, "row": row, "form": form, "title": f"Schedule of “{row}”"}
    return await render(request, "schedule.html", context, status_code=status_code)


routes = [Route("/{identity}/schedule/{pk}", schedule, methods=["GET", "POST"])]
