"""How version 1 writes: rows are made from JSON, and deleted one by one or, the files of a release, all at once."""

import json
import re
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.datastructures import State
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import integrity
from cms.core.errors import NotAuthenticated, NotFound
from cms.core.permissions import Permission, require
from cms.downloads import file_runs
from cms.downloads.models import Release
from cms.users.models import User
from public_site.api.caller import caller_of
from public_site.api.legacy import values, writing
from public_site.api.legacy.fields import Field, Kind, Shape
from public_site.api.legacy.query import pairs_of, query_of
from public_site.api.legacy.resources import BY_PATH, RELEASE_FILES, Resource
from public_site.api.legacy.values import REQUIRED, Wrong
from public_site.api.legacy.writing import WrongInput
from public_site.api.v1 import filters
from public_site.api.v1.errors import HTML, VARY, BadRequest, Unreadable
from public_site.api.v1.reading import id_of
from public_site.dependencies import site_url_of

NOT_ONE_RELEASE = "Deleting release files requires exactly one 'release' filter."
NOT_JSON = "Request is not valid JSON."
NO_OBJECT = "Send one JSON object."
KEYS = frozenset({"username", "api_key"})
KEY_IN_PARTS = re.compile(rb'name="?(?:username|api_key)"?\s*[;\r\n]', re.IGNORECASE)
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})

AnyRequest = Request[Any, Any, State]


async def create(request: AnyRequest, session: AsyncSession, resource: Resource, shape: Shape) -> Response[Any]:
    """Make a row of what was sent, and tell where it is."""
    person = await _person(request, session, resource.edit_permission)
    given = _parsed(request, await request.body())
    row = writing.new_row(resource)
    found = await _values(session, resource, given, by=person, site_url=site_url_of(request))
    await writing.save(session, resource, row, found, by=person)
    headers = VARY | {"Location": shape.address(row.id)}
    return Response(b"", status_code=201, media_type=HTML, headers=headers)


async def delete(request: AnyRequest, session: AsyncSession, resource: Resource, key: str) -> Response[Any]:
    """Delete one row."""
    person = await _person(request, session, resource.delete_permission)
    rows = resource.rows().where(resource.model.id == id_of(key), resource.is_visible_to(person))
    row = (await session.scalars(rows)).one_or_none()
    if row is None:
        message = "There is nothing here."
        raise NotFound(message)
    await resource.delete(session, row, by=person)
    await integrity.settle(session)
    return Response(None, status_code=204, headers=VARY)


async def delete_list(request: AnyRequest, session: AsyncSession) -> Response[Any]:
    """Delete all files of the one release that the query names, also where there is none."""
    person = await _person(request, session, RELEASE_FILES.delete_permission)
    query = query_of(request.scope)
    if [name for name, _ in query] != ["release"]:
        raise BadRequest(NOT_ONE_RELEASE)
    release_id = values.row_id(query[0][1])
    if release_id is None:
        raise BadRequest(filters.MISMATCHED)
    release = (await session.scalars(select(Release).where(Release.id == release_id))).one_or_none()
    if release is not None:
        await file_runs.delete_files_of(session, release, by=person)
    return Response(None, status_code=204, headers=VARY)


async def _person(request: AnyRequest, session: AsyncSession, permission: Permission) -> User:
    """Return who writes. Raises NotAuthenticated, also where a key came in a form, and PermissionDenied."""
    caller = caller_of(request.scope)
    if _media_type(request) in FORMS and _has_key(await request.body()):
        message = "A key in a form does not count; send it in the header Authorization."
        raise NotAuthenticated(message)
    await require(session, caller.person, permission)
    return caller.person


def _has_key(form: bytes) -> bool:
    return bool(KEY_IN_PARTS.search(form)) or any(name in KEYS for name, _ in pairs_of(form[:LONGEST_FORM]))


LONGEST_FORM = 64 * 1024


def _media_type(request: AnyRequest) -> str:
    return request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()


def _parsed(request: AnyRequest, body: bytes) -> Mapping[str, Any]:
    """Return the object that was sent. Raises Unreadable for other than JSON, and BadRequest for what is none."""
    if _media_type(request) != "application/json":
        raise Unreadable(415)
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(NOT_JSON) from error
    if not isinstance(given, dict):
        raise BadRequest(NO_OBJECT)
    return given


async def _values(
    session: AsyncSession, resource: Resource, given: Mapping[str, Any], *, by: User, site_url: str
) -> dict[Field, Any]:
    """Return the values of a new row by field. Raises WrongInput, or BadRequest about a row that is referred to."""
    found: dict[Field, Any] = {}
    errors: dict[str, list[str]] = {}
    for field in resource.fields:
        if field.kind is Kind.LINK:
            found[field] = await _linked(session, field, given.get(field.name), by=by, site_url=site_url)
        elif field.name in given and field.kind is not Kind.ADDRESS:
            try:
                found[field] = values.read(field, given[field.name])
            except Wrong as wrong:
                errors[field.name] = [str(wrong)]
        elif field.is_required:
            errors[field.name] = [REQUIRED]
        elif field.default is not None:
            found[field] = field.default
    if errors:
        raise WrongInput(resource, errors)
    return found


async def _linked(session: AsyncSession, field: Field, given: Any, *, by: User, site_url: str) -> int | None:
    """Return the id of the row that is named by its address, or by an object that holds it."""
    if given is None:
        if field.is_required:
            raise BadRequest(f"The '{field.name}' field has no data and doesn't allow a default or null value.")
        return None
    uri = given.get("resource_uri") if isinstance(given, Mapping) else given
    if not isinstance(uri, str):
        raise BadRequest(
            f"The '{field.name}' field was given data that was not a URI, "
            f"not a dictionary-alike and does not have a 'pk' attribute: {given}."
        )
    path = uri.removeprefix(site_url)
    beginning = f"/api/v1/{BY_PATH[field.to].path}/"
    row_id = values.row_id(path.removeprefix(beginning).removesuffix("/")) if path.startswith(beginning) else None
    found = await writing.linked_id(session, field, row_id, by=by)
    if found is None:
        raise BadRequest(f"Could not find the provided {field.to} object via resource URI '{uri}'.")
    return found
