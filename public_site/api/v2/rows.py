"""The rows that an address is about, as far as whoever asks may see them."""

from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import cache
from cms.core.errors import NotFound
from cms.users.models import User
from public_site.api.v2.conditions import Asked
from public_site.api.v2.fields import Unreadable
from public_site.api.v2.resources import Resource


async def rows_of(resource: Resource, request: Asked, session: AsyncSession, user: User | None) -> Select[Any]:
    """Return the rows of the list. Raises NotFound where there is no row over them that one may see."""
    rows = resource.seen_by(user)
    if resource.parent is None:
        return rows
    over = await row_of(resource.parent.resource, request, session, user)
    return rows.where(resource.parent.column == over.id)


async def row_of(
    resource: Resource, request: Asked, session: AsyncSession, user: User | None, *, is_locked: bool = False
) -> Any:
    """Return the row of the address. Raises NotFound where there is none that the person, or a guest, may see."""
    missing = NotFound(f"There is no such {resource.one}, or not for you.")
    field = resource.by_name[resource.key]
    try:
        value = field.parse(request.path_params[resource.parameter])
    except Unreadable as error:
        raise missing from error
    rows = (await rows_of(resource, request, session, user)).where(field.is_value(value))
    if is_locked:
        rows = rows.with_for_update(of=resource.model)
    try:
        return await cache.one_or_404(session, resource.loading(rows))
    except NotFound as error:
        raise missing from error
