"""Why somebody may, or may not, do something: in general, or to one row that is found by its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from admin.authorization import require_somewhere
from admin.base import AdminView, row_key
from admin.rendering import NEVER_CACHED, render
from admin.requests import office_of, resources_of, user_of
from admin.search import records_of
from cms.core.errors import Invalid, NotFound
from cms.core.permissions import Permission, allows
from cms.users import queries
from cms.users.grants import explain, load_grants
from cms.users.models import User

LONGEST_NAME = 100
MOST_FOUND = 15
AREAS = [(area, list(found)) for area, found in groupby(Permission, key=lambda permission: permission.area_words)]
"""Every permission, by the area that it is about, in words."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A row that the question may be about; `place` is its view and its number, as an address names them."""

    place: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A permission, and why a person holds it or does not."""

    permission: Permission
    is_held: bool
    sentence: str


async def answers_about(session: AsyncSession, person: User) -> list[Answered]:
    """Return for every permission whether the person holds it, and why."""
    await load_grants(session, person)
    return [Answered(found, allows(person, found), await explain(session, person, found)) for found in Permission]


async def why(request: Request) -> Response:
    """Say why a person may, or may not, do something; to one row, if one is named."""
    require_somewhere(request, Permission.USERS_VIEW)
    permission = _permission(request)
    typed = request.query_params.get("row", "").replace("\x00", "").strip()[:LONGEST_NAME]
    async with resources_of(request).sessionmaker() as session:
        person = await _person(session, request.path_params["pk"])
        await load_grants(session, person)
        place = _place(request, permission, typed)
        choices = [] if place or not typed else await _called(session, request, permission, typed)
        if len(choices) == 1:
            place = choices[0].place
        row = await _row(session, request, place) if place else None
        sentence = await explain(session, person, permission, row) if row or not typed else ""
    context = {
        "person": person,
        "permission": permission,
        "row": row,
        "place": place,
        "typed": typed,
        "choices": choices,
        "sentence": sentence,
        "areas": AREAS,
        "title": f"May {person} …?",
    }
    return await render(request, "why.html", context)


async def find_rows(request: Request) -> Response:
    """Answer what is typed with the rows that the permission is about."""
    require_somewhere(request, Permission.USERS_VIEW)
    term = request.query_params.get("term", "").replace("\x00", "").strip()[:LONGEST_NAME]
    async with resources_of(request).sessionmaker() as session:
        found = await _called(session, request, _permission(request), term) if term else []
    results = [{"id": meant.place, "text": meant.name, "detail": meant.detail} for meant in found]
    return JSONResponse({"results": results}, headers=NEVER_CACHED)


def _permission(request: Request) -> Permission:
    wanted = request.query_params.get("permission", "")
    if wanted not in {known.value for known in Permission}:
        raise Invalid("Choose one of the permissions.")
    return Permission(wanted)


async def _person(session: AsyncSession, key: str) -> User:
    person = (await session.scalars(queries.with_roles().where(User.id == row_key(key)))).one_or_none()
    if person is None:
        raise NotFound("There is no such user.")
    return person


def _views_of(request: Request, permission: Permission) -> Sequence[AdminView]:
    """Return the views that the permission is about, as far as who asks may list them."""
    user = user_of(request)
    views = office_of(request).model_views
    return [view for view in views if view.permission_area == permission.area and view.is_open_to(user, "list")]


def _place(request: Request, permission: Permission, typed: str) -> str:
    """Return the place that was chosen from what was found, or that a number alone means; "" where it is a name."""
    views = _views_of(request, permission)
    if typed.isdecimal() and views:
        return f"{views[0].identity}/{typed}"
    identity, _, key = typed.rpartition("/")
    return typed if key.isdecimal() and identity in {view.identity for view in views} else ""


async def _called(session: AsyncSession, request: Request, permission: Permission, term: str) -> list[Meant]:
    views = {view.identity: view for view in _views_of(request, permission) if view.searched_names}
    records = await records_of(session, user_of(request), views, term)
    meant = [
        Meant(f"{identity}/{record.id}", record.name, record.detail or views[identity].name)
        for identity, found in records.items()
        for record in found
    ]
    return meant[:MOST_FOUND]


async def _row(session: AsyncSession, request: Request, place: str) -> Any:
    identity, _, key = place.partition("/")
    return (await office_of(request).view_called(identity).find(session, user_of(request), key)).row


routes = [
    Route("/users/why-rows", find_rows),
    Route("/users/why/{pk}", why),
]
