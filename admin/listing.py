"""The list's page."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from admin import formats
from admin.asked import Asked, asked_of
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView
from admin.changing import open_edits
from admin.counts import counts_of
from admin.exporting import FORMATS
from admin.facets import chips_of, clear_url_of, dates_of, facets_of
from admin.list_columns import PEOPLE, offered_columns
from admin.lists import ListPage, page_of
from admin.rendering import NEVER_CACHED, render
from admin.requests import resources_of
from admin.saved_views import tabs_of
from admin.toggles import is_switched_here, open_toggles
from cms.core.permissions import allows
from cms.users.models import User


async def show_list(request: Request) -> Response:
    """Show a page of the rows that the person may see."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.view)
    is_counted = request.query_params.get("counts") == "yes"
    async with resources_of(request).sessionmaker() as session:
        page = await page_of(session, view, request, user)
        tabs = await tabs_of(session, view, request, user, page.asked)
        if tabs.default and not request.url.query:
            return RedirectResponse(tabs.default.url, status_code=303, headers=NEVER_CACHED)
        counts = await counts_of(session, view, user, page.asked) if is_counted else {}
        dates = await dates_of(session, view, request, user, page.asked, counts)
        more = await view.beside_list(session, request)
    context = {
        "view": view,
        "page": page,
        "tabs": tabs,
        "title": view.name_plural,
        "facets": facets_of(view, request, page.asked, counts),
        "dates": dates,
        "chips": chips_of(view, request, page.asked),
        "clear_url": clear_url_of(view, request),
        "is_counted": is_counted,
        "offered_columns": offered_columns(view, user),
        "cell": lambda row, name: cell_of(view, page, row, name),
        "may_create": view.is_open_to(user, "create"),
        "may_export": view.is_open_to(user, "export"),
        "may_import": view.importable is not None and view.is_open_to(user, "edit"),
        "exports": [(kind.name, kind.label) for kind in FORMATS.values()],
        "bulk_decisions": [decision for decision in view.decisions if allows(user, decision.permission)],
        "may_delete": view.is_open_to(user, "delete"),
        "bulk_edits": open_edits(view, user),
        "toggles": open_toggles(view, user),
        "is_switched_here": is_switched_here,
        "sortable": view._sort_fields,  # noqa: SLF001 - SQLAdmin keeps the declaration there
        "is_searched": bool(view._search_fields),  # noqa: SLF001 - as above
        "may_order": _may_order(view, page.asked, user),
        **more,
    }
    return await render(request, view.list_template, context)


def _may_order(view: AdminView, asked: Asked, user: User) -> bool:
    """Return whether rows can be moved here: by somebody who may, where all are seen in the order that counts."""
    is_whole = not asked.is_narrowed and not asked.is_descending
    return (
        view.ordering is not None and is_whole and asked.sort == view.ordering.column and view.is_open_to(user, "edit")
    )


async def show_counts(request: Request) -> Response:
    """Answer the numbers beside the choices of the filters, once somebody opens them."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.view)
    async with resources_of(request).sessionmaker() as session:
        counts = await counts_of(session, view, user, asked_of(view, request.query_params, user))
    return JSONResponse(counts, headers=NEVER_CACHED)


def cell_of(view: AdminView, page: ListPage, row: Any, name: str) -> Any:
    """Show one value of a row, people by their user names."""
    if name in PEOPLE:
        return page.people.get(getattr(row, name), formats.NOTHING)
    return view.cell(row, name)


routes = [
    Route("/{identity}/list", show_list),
    Route("/{identity}/counts", show_counts),
]
