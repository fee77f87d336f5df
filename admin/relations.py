"""Rows of other tables as a form needs them: short lists to choose from, names of chosen rows, look-ups by typing."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from wtforms import Form

from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView, column_named
from admin.fields import AutocompleteField, RelationField
from admin.forms import every_field
from admin.narrowing import search_condition
from admin.requests import office_of, resources_of
from cms.core.errors import NotFound
from cms.users.models import User

MOST_CHOICES = 500
MOST_FOUND = 20
LONGEST_TERM = 100


async def fill(session: AsyncSession, request: Request, user: User, *shown: Form) -> None:
    """Give the relation fields of the forms their choices and their labels, with one query a table."""
    short: defaultdict[type[Any], list[RelationField]] = defaultdict(list)
    long: defaultdict[type[Any], list[AutocompleteField]] = defaultdict(list)
    for form in shown:
        for field in every_field(form):
            if isinstance(field, RelationField):
                short[field.relation.mapper.class_].append(field)
            elif isinstance(field, AutocompleteField):
                long[field.relation.mapper.class_].append(field)
    for model, fields in short.items():
        await _offer(session, model, fields)
    for model, found in long.items():
        await _name(session, _visible(request, user, model), model, found)


async def _offer(session: AsyncSession, model: type[Any], fields: list[RelationField]) -> None:
    rows = (await session.scalars(select(model).order_by(model.id).limit(MOST_CHOICES))).all()
    choices = [(str(row.id), str(row)) for row in rows]
    for field in fields:
        field.offer(choices)


async def _name(session: AsyncSession, visible: Select[Any], model: type[Any], fields: list[AutocompleteField]) -> None:
    chosen = {field.data for field in fields if field.data}
    rows = (await session.scalars(visible.where(model.id.in_(chosen)))).all() if chosen else []
    names = {row.id: str(row) for row in rows}
    for field in fields:
        field.shown = names.get(field.data, "")


def _visible(request: Request, user: User, model: type[Any]) -> Select[Any]:
    """Select the rows of `model` that the person may choose: those that they may see."""
    view = office_of(request).view_of(model)
    return select(model) if view is None else select(model).where(view.reach(user, view.permissions.view))


async def look_up(request: Request) -> Response:
    """Answer what is typed into an autocomplete field with the rows that match, the best first."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.edit)
    relation = _relation_called(view, request.path_params["field"])
    model = relation.mapper.class_
    term = request.query_params.get("term", "").replace("\x00", "").strip()[:LONGEST_TERM]
    target = office_of(request).view_of(model)
    names = list((target.found_by or target._search_fields) if target else ())  # noqa: SLF001 - SQLAdmin keeps the declaration there
    if not names:
        raise NotFound("These rows cannot be looked up.")
    statement = _visible(request, user, model)
    if term:
        first = column_named(model, names[0])
        begins = or_(*(column_named(model, name).istartswith(term, autoescape=True) for name in names))
        statement = statement.where(search_condition(model, names, term)).order_by(begins.desc(), first)
    else:
        statement = statement.order_by(model.id.desc())
    async with resources_of(request).sessionmaker() as session:
        rows = (await session.scalars(statement.limit(MOST_FOUND))).all()
    return JSONResponse({"results": [{"id": row.id, "text": str(row), "detail": _detail(row)} for row in rows]})


def _relation_called(view: AdminView, name: str) -> Any:
    if name not in view.get_form_columns() or name not in view.mapper.relationships:
        raise NotFound("There is no such field.")
    return view.mapper.relationships[name]


def _detail(row: Any) -> str:
    return str(getattr(row, "public_path", ""))


routes = [Route("/{identity}/lookup/{field}", look_up)]
