"""Previews: of one text, of a whole form in the public page it would make, and the links to show that to others."""

import asyncio
from http import HTTPStatus
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from wtforms import Form

from admin import forms
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView
from admin.formats import exact
from admin.forms import read_form
from admin.relations import fill
from admin.rendering import NEVER_CACHED, go_to, render
from admin.requests import office_of, resources_of, user_of
from admin.urls import url_to
from cms.core import markup, previews, publishing
from cms.core.errors import CMSError, Invalid, NotFound, PermissionDenied
from cms.core.markup import TRUSTED_KINDS, MarkupKind, render_markup_fields
from cms.core.permissions import Permission, allows, require
from cms.core.publishing import Publishable
from cms.core.session import only_read
from cms.users.models import User

RIBBON = "Preview: nobody else sees this yet."
SAVED_RIBBON = "Preview of what is saved; only staff see it."
PUBLIC_PREVIEW = "/preview/"


async def preview_markup(request: Request) -> Response:
    """Answer the HTML that a text will be; unfiltered kinds are for those who may write them."""
    if not any(allows(user_of(request), permission) for permission in Permission if permission.verb == "edit"):
        raise PermissionDenied("Your roles do not include writing anything.")
    posted = await read_form(request)
    source, kind = str(posted.get("source", "")), str(posted.get("kind", ""))
    if kind not in {known.value for known in MarkupKind}:
        raise Invalid("There is no such kind of markup.")
    if MarkupKind(kind) in TRUSTED_KINDS:
        async with resources_of(request).sessionmaker() as session:
            await require(session, user_of(request), Permission.PAGES_TRUSTED_MARKUP)
    made = await asyncio.to_thread(markup.render, source, MarkupKind(kind))
    return JSONResponse({"html": made}, headers=NEVER_CACHED)


async def preview_row(request: Request) -> Response:
    """Answer the public page that a form would make if it were saved and published; nothing is written."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.edit)
    posted = await read_form(request)
    office = office_of(request)
    async with resources_of(request).sessionmaker() as session:
        await only_read(session)
        try:
            row = await _row_of_form(session, request, view, posted, user=user)
        except Invalid as refusal:
            return _put_off(request, refusal)
        page = await office.previews.page_of(session, row, ribbon=RIBBON)
    return HTMLResponse(page, headers=dict(office.previews.headers))


async def preview_saved(request: Request) -> Response:
    """Answer the public page of a row with its unpublished changes, as they are saved."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.view)
    _require_preview(request, view)
    office = office_of(request)
    async with resources_of(request).sessionmaker() as session:
        await only_read(session)
        reached = await view.find(session, user, request.path_params["pk"])
        row = await previews.as_shown(session, reached.row)
        page = await office.previews.page_of(session, row, ribbon=SAVED_RIBBON)
    return HTMLResponse(page, headers=dict(office.previews.headers))


async def make_link(request: Request) -> Response:
    """Make a link by which somebody without an account sees the newest state of a row, and show it once."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.edit)
    posted = await read_form(request)
    days = str(posted.get("days", ""))
    settings = resources_of(request).settings
    async with resources_of(request).sessionmaker() as session:
        row = await _editable_row(session, request, view, user)
        number = int(days) if days.isdecimal() and days.isascii() and len(days) < 4 else 0
        token = await previews.make_link(session, row, days=number, by=user, settings=settings)
        link = await session.scalar(previews.open_links(row).limit(1))
        await session.commit()
    context = {
        "view": view,
        "row": row,
        "link": f"{settings.site_url}{PUBLIC_PREVIEW}{token}/",
        "ends": exact(link.expires_at) if link else "",
        "title": f"A link to the preview of “{row}”",
    }
    return await render(request, "preview_link.html", context)


async def end_links(request: Request) -> Response:
    """End every link to the preview of a row."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.edit)
    async with resources_of(request).sessionmaker() as session:
        row = await _editable_row(session, request, view, user)
        number = await previews.end_links(session, row, by=user)
        await session.commit()
    told = {0: "There was no link.", 1: "The link shows nothing any more."}
    saying = told.get(number, f"All {number} links show nothing any more.")
    return go_to(request, url_to("edit", identity=view.identity, pk=row.id), saying=saying)


async def about(session: AsyncSession, request: Request, view: AdminView, row: Any) -> dict[str, Any]:
    """Return what a form's page needs to offer a preview, and the links to it."""
    has_preview = office_of(request).previews.has(view.model)
    is_linkable = has_preview and row is not None
    return {
        "preview_url": _preview_url(view, row) if has_preview else "",
        "preview_links": list(await session.scalars(previews.open_links(row))) if is_linkable else [],
        "preview_days": previews.DAYS if is_linkable else (),
    }


def _preview_url(view: AdminView, row: Any) -> str:
    if row is None:
        return url_to("preview-new", identity=view.identity)
    return url_to("preview", identity=view.identity, pk=row.id)


async def _editable_row(session: AsyncSession, request: Request, view: AdminView, user: User) -> Any:
    """Return the row of the address, locked; raises NotFound unless the person may edit it and it has a preview."""
    _require_preview(request, view)
    reached = await view.find(session, user, request.path_params["pk"], lock=True)
    if not reached.may_edit:
        raise NotFound(f"There is no such {view.name.lower()}, or none that you may edit.")
    return reached.row


def _require_preview(request: Request, view: AdminView) -> None:
    if not office_of(request).previews.has(view.model):
        raise NotFound(f"The site has no page on which a {view.name.lower()} is seen.")


async def _row_of_form(
    session: AsyncSession, request: Request, view: AdminView, posted: FormData, *, user: User
) -> Publishable:
    """Return the row that the form describes, in no session.

    Raises Invalid with a sentence for each field that is not filled in so that it could be saved.
    """
    _require_preview(request, view)
    key = request.path_params.get("pk")
    form = (await view.form_class(user, is_new=key is None))(posted)
    await fill(session, request, user, form)
    if not form.validate():
        raise Invalid(" ".join(_sentences(form)))
    row = await _row_as_drafted(session, view, user, key)
    _write(view, form, row, is_new=key is None)
    if any(getattr(row, f"{name}_kind") in TRUSTED_KINDS for name in row.markup_fields):
        await require(session, user, Permission.PAGES_TRUSTED_MARKUP)
    await asyncio.to_thread(render_markup_fields, row)
    found: Publishable = row
    return found


async def _row_as_drafted(session: AsyncSession, view: AdminView, user: User, key: str | None) -> Any:
    """Return what the form began from, in no session: a row with its unpublished changes, or a new one."""
    if key is None:
        if not view.can_create:
            raise PermissionDenied(f"A {view.name.lower()} is not made here.")
        return view.model(**{inline.relation: [] for inline in view.inlines})
    reached = await view.find(session, user, key)
    if not reached.may_edit:
        raise NotFound(f"There is no such {view.name.lower()}, or none that you may edit.")
    return await publishing.as_drafted(session, reached.row)


def _write(view: AdminView, form: Form, row: Any, *, is_new: bool) -> None:
    """Put the form onto the row as a save does; files that are only chosen yet are left out."""
    forms.write(form, row)
    view.before_save(row, form, is_new=is_new)
    for inline in view.inlines:
        if inline.relation in form:
            existing = inline.keyed(row)
            inline.take_out(form, row, existing)
            inline.write(form, row, existing)


def _sentences(form: Form) -> list[str]:
    found = [field for field in forms.every_field(form) if field.errors]
    return [f"{field.label.text}: {error}" for field in found for error in field.errors]


def _put_off(request: Request, refusal: CMSError) -> Response:
    """Say why there is no preview of this: to the script in JSON, to the person on a page."""
    if "application/json" not in request.headers.get("accept", ""):
        raise refusal
    return JSONResponse({"message": refusal.message}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY, headers=NEVER_CACHED)


routes = [
    Route("/preview-markup", preview_markup, methods=["POST"]),
    Route("/{identity}/preview", preview_row, methods=["POST"]),
    Route("/{identity}/preview/{pk}", preview_row, methods=["POST"]),
    Route("/{identity}/preview/{pk}", preview_saved),
    Route("/{identity}/preview/{pk}/link", make_link, methods=["POST"]),
    Route("/{identity}/preview/{pk}/end-links", end_links, methods=["POST"]),
]
