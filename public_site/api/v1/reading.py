"""What version 1 shows: lists page by page, single rows, sets of rows, and how each resource is made."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response
from litestar.datastructures import State
from sqlalchemy import Select, func
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.errors import NotAuthenticated, NotFound
from cms.core.permissions import allows
from cms.core.publishing import Publishable
from public_site.api.caller import Caller, caller_of
from public_site.api.legacy import values
from public_site.api.legacy.fields import Shape
from public_site.api.legacy.query import query_of
from public_site.api.legacy.resources import RESOURCES, Resource
from public_site.api.v1 import filters
from public_site.api.v1.errors import VARY, BadRequest, Unreadable, answer
from public_site.api.v1.formats import naive
from public_site.api.v1.paging import LARGEST_LIMIT, Page
from public_site.api.v1.schema import schema_of
from public_site.caching.policy import ASKED_ANEW, PRIVATE
from public_site.urls import requested_path

FOR_GUESTS = {"Cache-Control": ASKED_ANEW, "Surrogate-Control": "no-store"}

AnyRequest = Request[Any, Any, State]


def shape_of(resource: Resource, base: str) -> Shape:
    """Return how version 1 shows the resource: fields by name, moments without a zone."""
    fields = tuple(sorted(resource.fields, key=lambda field: field.name))
    return Shape(fields=fields, base=base, path=resource.path, moment=naive)


def index(request: AnyRequest, base: str) -> Response[Any]:
    """Name the resources there are."""
    found = {
        resource.path: {
            "list_endpoint": f"{base}{resource.path}/",
            "schema": f"{base}{resource.path}/schema/",
        }
        for resource in RESOURCES
    }
    return answer(request, found, headers=VARY | FOR_GUESTS)


async def show_list(request: AnyRequest, session: AsyncSession, resource: Resource, shape: Shape) -> Response[Any]:
    """Show a page of the rows that the caller may see and has asked for: two statements."""
    caller = caller_of(request.scope)
    query = query_of(request.scope)
    rows = filters.filtered(resource.visible_rows(caller.user), resource, query)
    filters.refuse_ordering(resource, query)
    page = Page.of(requested_path(request.scope), query)
    total = await session.scalar(rows.with_only_columns(func.count()).order_by(None)) or 0
    objects = await _shown(session, rows.limit(page.limit).offset(page.offset), shape)
    return _shown_to(caller, request, {"meta": page.meta(total), "objects": objects})


async def show_one(
    request: AnyRequest, session: AsyncSession, resource: Resource, shape: Shape, key: str
) -> Response[Any]:
    """Show one row. One that is there but not to be seen is answered as the old site did: 401."""
    caller = caller_of(request.scope)
    row_id = id_of(key)
    visible = resource.is_visible_to(caller.user).label("is_visible")
    rows = resource.rows().where(resource.model.id == row_id).with_only_columns(*shape.columns(), visible)
    row = (await session.execute(rows)).one_or_none()
    if row is None:
        message = "There is nothing here."
        raise NotFound(message)
    *shown, is_visible = row
    if not is_visible:
        message = "This is not published."
        raise NotAuthenticated(message)
    return _shown_to(caller, request, shape.reader()(shown), root="object")


async def show_set(
    request: AnyRequest, session: AsyncSession, resource: Resource, shape: Shape, keys: Sequence[str]
) -> Response[Any]:
    """Show several rows in the order asked for, and name those that are not there."""
    caller = caller_of(request.scope)
    ids = [values.row_id(key) for key in keys]
    if None in ids or len(ids) > LARGEST_LIMIT:
        raise BadRequest(filters.MISMATCHED)
    rows = filters.filtered(resource.visible_rows(caller.user), resource, query_of(request.scope))
    objects = await _shown(session, rows.where(resource.model.id.in_(ids)), shape)
    found = {row["resource_uri"]: row for row in objects}
    asked = {key: found.get(shape.address(int(key))) for key in keys}
    answered: dict[str, Any] = {"objects": [asked[key] for key in keys if asked[key]]}
    if missing := [key for key in keys if not asked[key]]:
        answered["not_found"] = missing
    return _shown_to(caller, request, answered)


def show_schema(
    request: AnyRequest, resource: Resource, base: str, *, list_methods: Sequence[str], methods: Sequence[str]
) -> Response[Any]:
    """Show how the resource is made.

    The old library asked whether the caller may see a new, empty row; so that of releases, which begin as drafts, is
    for those who may see drafts.
    """
    caller = caller_of(request.scope)
    if not _may_see_new(resource, caller):
        message = "This is not published."
        raise NotAuthenticated(message)
    return _shown_to(caller, request, schema_of(resource, base, list_methods=list_methods, methods=methods))


def id_of(key: str) -> int:
    """Return the id that an address names. Raises Unreadable, as the old library failed at what is no number."""
    if not key.removeprefix("-").isascii() or not key.removeprefix("-").isdigit():
        raise Unreadable(404)
    return values.row_id(key) or 0


async def _shown(session: AsyncSession, rows: Select[Any], shape: Shape) -> list[dict[str, Any]]:
    read = shape.reader()
    return [read(row) for row in await session.execute(rows.with_only_columns(*shape.columns()))]


def _shown_to(caller: Caller, request: AnyRequest, data: Any, *, root: str = "response") -> Response[Any]:
    """Answer what guests are all shown alike; what a key shows is for its owner alone."""
    policy = FOR_GUESTS if caller.is_guest else {"Cache-Control": PRIVATE.decode()}
    return answer(request, data, root=root, headers=VARY | policy)


def _may_see_new(resource: Resource, caller: Caller) -> bool:
    published = resource.by_name.get("is_published")
    if published is None or not issubclass(resource.model, Publishable) or published.initial:
        return True
    return caller.user is not None and allows(caller.user, resource.edit_permission.beside("view"))
