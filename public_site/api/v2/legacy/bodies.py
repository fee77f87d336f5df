"""What clients send to the old paths of version 2: JSON or a form, read as the old library read it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import Actor
from public_site.api.legacy import values
from public_site.api.legacy.fields import Field, Kind
from public_site.api.legacy.query import pairs_of
from public_site.api.legacy.resources import BY_PATH, Resource
from public_site.api.legacy.values import NULL, REQUIRED, Wrong
from public_site.api.legacy.writing import WHOLE, WrongInput, linked_id
from public_site.api.v2.legacy.answers import Refused

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data"
JSON = "application/json"
READ = (JSON, FORM, PARTS)
NO_URL = "Invalid hyperlink - No URL match."
OTHER_URL = "Invalid hyperlink - Incorrect URL match."
NO_ROW = "Invalid hyperlink - Object does not exist."
MISSING = object()


@dataclass(frozen=True, slots=True)
class Body:
    """The fields that came. A form cannot say null, nor that a box is not ticked."""

    fields: Mapping[str, Any]
    is_form: bool


async def body_of(request: Request[Any, Any, State], resource: Resource) -> Body:
    """Return what was sent. Raises Refused, or WrongInput where it is no object."""
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    content = await request.body()
    if not content:
        return Body({}, is_form=media_type in {FORM, PARTS})
    if media_type == FORM:
        return Body(dict(pairs_of(content)), is_form=True)
    if media_type == PARTS:
        return Body(await _parts(request), is_form=True)
    if media_type != JSON:
        raise Refused(415, f'Unsupported media type "{content_type}" in request.')
    given = _parsed(content)
    if not isinstance(given, dict):
        raise WrongInput(resource, {WHOLE: [f"Invalid data. Expected a dictionary, but got {type(given).__name__}."]})
    return Body(given, is_form=False)


async def values_of(
    session: AsyncSession, resource: Resource, body: Body, *, by: Actor, is_partial: bool
) -> dict[Field, Any]:
    """Return the values that were sent, by field. Raises WrongInput naming each field that is wrong or missing."""
    found: dict[Field, Any] = {}
    errors: dict[str, list[str]] = {}
    for field in resource.fields:
        if field.kind is Kind.ADDRESS:
            continue
        raw = _sent(field, body, is_partial=is_partial)
        try:
            if raw is not MISSING:
                found[field] = await _read(session, field, raw, by=by)
            elif field.is_required and not is_partial:
                raise Wrong(REQUIRED)
        except Wrong as wrong:
            errors[field.name] = [str(wrong)]
    if errors:
        raise WrongInput(resource, errors)
    return found


async def _parts(request: Request[Any, Any, State]) -> dict[str, Any]:
    try:
        return dict((await request.form()).multi_items())
    except (UnicodeDecodeError, LookupError) as error:  # The latter names a character set that nobody knows.
        raise Refused(400, f"Multipart form parse error - {error}") from error


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"JSON parse error - {error}") from error


def _refuse_constant(name: str) -> NoReturn:
    message = f"Out of range float values are not JSON compliant: {name!r}"
    raise ValueError(message)


def _sent(field: Field, body: Body, *, is_partial: bool) -> Any:
    """Return what was sent for a field, or MISSING."""
    raw = body.fields.get(field.name, MISSING)
    if not body.is_form:
        return raw
    if raw is MISSING:
        return False if field.kind is Kind.FLAG and not is_partial else MISSING
    if raw == "" and not field.is_required:
        if field.may_be_null:
            return None
        return "" if field.may_be_blank else MISSING
    return raw


async def _read(session: AsyncSession, field: Field, raw: Any, *, by: Actor) -> Any:
    if field.kind is not Kind.LINK:
        return values.read(field, raw)
    if raw is None:
        if field.is_required:
            raise Wrong(NULL)
        return None
    if not isinstance(raw, str):
        raise Wrong(f"Incorrect type. Expected URL string, received {type(raw).__name__}.")
    return await _linked(session, field, raw, by=by)


async def _linked(session: AsyncSession, field: Field, url: str, *, by: Actor) -> int:
    path = _path_of(url)
    named = re.fullmatch(rf"/api/v2/{BY_PATH[field.to].path}/([^/.]+)/", path)
    if named is None:
        raise Wrong(OTHER_URL if path.startswith("/api/") else NO_URL)
    found = await linked_id(session, field, values.row_id(named[1]), by=by)
    if found is None:
        raise Wrong(NO_ROW)
    return found


def _path_of(url: str) -> str:
    """Return the path of an address; on which host it lies never mattered."""
    if not url.startswith(("http:", "https:")):
        return url.strip()
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
