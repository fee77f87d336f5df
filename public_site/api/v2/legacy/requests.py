"""What every request to the old paths of version 2 passes, in the old order: format, key, permission, method."""

from collections.abc import Collection, Mapping
from typing import Any

from litestar import Request, Response
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.errors import NotFound
from cms.core.permissions import Permission, require
from public_site.api.caller import Caller, caller_of
from public_site.api.legacy.query import query_of
from public_site.api.v2.legacy.answers import JSON, Refused, answer
from public_site.api.v2.legacy.bodies import READ
from public_site.dependencies import SAFE_METHODS

NOT_FOUND = "Not found."
NOT_ACCEPTABLE = "Could not satisfy the request Accept header."
ACCEPTED = frozenset({"*/*", "application/*", JSON, ""})

Permissions = Mapping[str, Permission | None]


async def admitted(
    request: Request[Any, Any, State], session: AsyncSession, permissions: Permissions, *, methods: Collection[str]
) -> Caller:
    """Return who calls, where they may call like this.

    Raises NotFound, Refused, NotAuthenticated or PermissionDenied. For a method that is refused to everybody, whoever
    has a key is told so; guests are asked for a key, as they always were.
    """
    _negotiate(request)
    caller = caller_of(request.scope)
    if request.method not in SAFE_METHODS:
        person = caller.person
        if permission := permissions.get(request.method):
            await require(session, person, permission)
    if request.method not in {*methods, "OPTIONS"}:
        raise Refused(405, f'Method "{request.method}" not allowed.')
    return caller


def described(request: Request[Any, Any, State], name: str) -> Response[Any]:
    """Answer OPTIONS: what the address is, and what it reads and writes."""
    return answer(request, {"name": name, "description": "", "renders": [JSON], "parses": list(READ)})


def _negotiate(request: Request[Any, Any, State]) -> None:
    if dict(query_of(request.scope)).get("format", "json") not in {"json", ""}:
        raise NotFound(NOT_FOUND)
    accepted = request.headers.get("accept", "*/*").split(",")
    if not any(part.partition(";")[0].strip().lower() in ACCEPTED for part in accepted):
        raise Refused(406, NOT_ACCEPTABLE)
