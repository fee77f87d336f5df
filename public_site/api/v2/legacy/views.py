"""What the old paths of version 2 show and do."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from litestar import Request, Response
from litestar.datastructures import State
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import integrity
from cms.core.errors import NotFound
from cms.core.permissions import Actor
from cms.downloads import file_runs
from cms.downloads.models import Release
from public_site.api.legacy import values, writing
from public_site.api.legacy.fields import Shape
from public_site.api.legacy.query import query_of
from public_site.api.legacy.resources import RESOURCES, Resource
from public_site.api.v2.legacy import filters
from public_site.api.v2.legacy.answers import answer, empty
from public_site.api.v2.legacy.bodies import body_of, values_of
from public_site.api.v2.legacy.requests import NOT_FOUND

AnyRequest = Request[Any, Any, State]


def zoned(moment: datetime) -> str:
    """Return a moment as version 2 writes it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


@dataclass(frozen=True)
class Place:
    """A resource at its absolute address; `base` is what the addresses of all of them begin with."""

    resource: Resource
    base: str

    @cached_property
    def shape(self) -> Shape:
        return Shape(fields=self.resource.fields, base=self.base, path=self.resource.path, moment=zoned)

    async def shown(self, session: AsyncSession, rows: Select[Any]) -> list[dict[str, Any]]:
        """Return the rows as clients are shown them: one statement."""
        read = self.shape.reader()
        return [read(row) for row in await session.execute(rows.with_only_columns(*self.shape.columns()))]

    async def row(self, request: AnyRequest, session: AsyncSession, key: str, *, by: Actor | None) -> Select[Any]:
        """Select the row of this key, if the person may see it and the query does not leave it out.

        Raises WrongInput for a query that cannot be, and NotFound for what can be no key.
        """
        visible = self.resource.rows().where(self.resource.is_visible_to(by))
        rows = await filters.filtered(session, visible, self.resource, query_of(request.scope), by=by)
        if not key.removeprefix("-").isascii() or not key.removeprefix("-").isdigit():
            raise NotFound(NOT_FOUND)
        return rows.where(self.resource.model.id == (values.row_id(key) or 0))

    def missing(self) -> NotFound:
        return NotFound(f"No {self.resource.name} matches the given query.")


def index(request: AnyRequest, base: str) -> Response[Any]:
    """Name the resources there are."""
    return answer(request, {resource.path: f"{base}{resource.path}/" for resource in RESOURCES})


async def show_list(request: AnyRequest, session: AsyncSession, at: Place, *, by: Actor | None) -> Response[Any]:
    """Show all rows that the caller may see and has asked for, as a plain list."""
    rows = at.resource.visible_rows(by)
    rows = await filters.filtered(session, rows, at.resource, query_of(request.scope), by=by)
    return answer(request, await at.shown(session, rows))


async def show_one(
    request: AnyRequest, session: AsyncSession, at: Place, key: str, *, by: Actor | None
) -> Response[Any]:
    """Show one row."""
    found = await at.shown(session, await at.row(request, session, key, by=by))
    if not found:
        raise at.missing()
    return answer(request, found[0])


async def create(request: AnyRequest, session: AsyncSession, at: Place, *, by: Actor) -> Response[Any]:
    """Make a row of what was sent, and show it."""
    body = await body_of(request, at.resource)
    given = await values_of(session, at.resource, body, by=by, is_partial=False)
    row = writing.new_row(at.resource)
    await writing.save(session, at.resource, row, given, by=by)
    shown = await _shown_again(session, at, row)
    return answer(request, shown, status=201, headers={"Location": shown["resource_uri"]})


async def change(request: AnyRequest, session: AsyncSession, at: Place, key: str, *, by: Actor) -> Response[Any]:
    """Change the fields that were sent, and show what became of the row; PUT has to name those without a default."""
    row = await _held(request, session, at, key, by=by)
    body = await body_of(request, at.resource)
    given = await values_of(session, at.resource, body, by=by, is_partial=request.method == "PATCH")
    await writing.save(session, at.resource, row, given, by=by)
    return answer(request, await _shown_again(session, at, row))


async def delete(request: AnyRequest, session: AsyncSession, at: Place, key: str, *, by: Actor) -> Response[Any]:
    """Delete one row."""
    row = await _held(request, session, at, key, by=by)
    await at.resource.delete(session, row, by=by)
    await integrity.settle(session)
    return empty(request, 204)


async def delete_by_release(request: AnyRequest, session: AsyncSession, *, by: Actor) -> Response[Any]:
    """Delete all files of the release that the query names, also where there is none."""
    release_id = values.row_id(dict(query_of(request.scope)).get("release", ""))
    if release_id is None:
        return empty(request, 400)
    release = (await session.scalars(select(Release).where(Release.id == release_id))).one_or_none()
    if release is not None:
        await file_runs.delete_files_of(session, release, by=by)
    return empty(request, 204)


async def _held(request: AnyRequest, session: AsyncSession, at: Place, key: str, *, by: Actor) -> Any:
    """Return the row of this key. Raises WrongInput for a query that cannot be, and NotFound."""
    row = (await session.scalars(await at.row(request, session, key, by=by))).one_or_none()
    if row is None:
        raise at.missing()
    return row


async def _shown_again(session: AsyncSession, at: Place, row: Any) -> dict[str, Any]:
    rows = at.resource.rows().where(at.resource.model.id == row.id)
    return (await at.shown(session, rows))[0]
