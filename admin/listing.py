"""The list's page and its export."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from admin import formats
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView
from admin.lists import page_of, selection
from admin.rendering import NEVER_CACHED, render
from admin.requests import resources_of
from cms.core import clock
from cms.core.permissions import allows

MOST_EXPORTED = 100_000
ROWS_AT_ONCE = 1_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


async def show_list(request: Request) -> Response:
    """Show a page of the rows that the person may see."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.view)
    async with resources_of(request).sessionmaker() as session:
        page = await page_of(session, view, request, user)
    context = {
        "view": view,
        "page": page,
        "title": view.name_plural,
        "may_create": view.is_open_to(user, "create"),
        "may_export": view.is_open_to(user, "export"),
        "bulk_decisions": [decision for decision in view.decisions if allows(user, decision.permission)],
        "may_delete": view.is_open_to(user, "delete"),
        "columns": view._list_prop_names,  # noqa: SLF001 - SQLAdmin keeps the declaration there
        "sortable": view._sort_fields,  # noqa: SLF001 - as above
        "is_searched": bool(view._search_fields),  # noqa: SLF001 - as above
    }
    return await render(request, view.list_template, context)


async def export(request: Request) -> Response:
    """Send what the list's search and filters select as CSV; nothing in it is a formula to a spreadsheet."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.view)
    statement = selection(view, user, request).options(*view.list_options()).limit(MOST_EXPORTED)
    columns = list(view._list_prop_names)  # noqa: SLF001 - SQLAdmin keeps the declaration there

    async def lines() -> AsyncIterator[str]:
        yield _line([view.label_of(name) for name in columns])
        async with resources_of(request).sessionmaker() as session:
            records = await session.stream(statement.execution_options(yield_per=ROWS_AT_ONCE))
            async for record in records:
                yield _line([harmless(formats.plain(_value(view, record[0], name))) for name in columns])

    name = f"{view.identity}-{clock.now():%Y-%m-%d-%H%M}.csv"
    headers = {**NEVER_CACHED, "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


def harmless(value: str) -> str:
    """Return the value with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def _value(view: AdminView, row: Any, name: str) -> Any:
    return view._in_words(name, getattr(row, name, None))  # noqa: SLF001 - of our own base class


def _line(values: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(values)
    return written.getvalue()


routes = [
    Route("/{identity}/list", show_list),
    Route("/{identity}/export/csv", export),
]
