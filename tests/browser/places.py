"""Every page of the back office, found from its routes, and a row of each kind to fill their addresses with."""

import importlib
import inspect
import pkgutil
import string
from collections.abc import Iterator
from typing import Any, get_type_hints

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import Route

import tests.factories
from admin.app import ROUTES, VIEWS
from admin.base import AdminView
from admin.handbook import HANDBOOK
from cms.core.bulk import BulkRun, RunStatus
from cms.core.mail_log import MailState, SentMail
from cms.core.resources import Resources
from cms.core.storage import Storage
from cms.downloads.models import Release, ReleaseFile
from cms.downloads.verification.models import Outcome
from cms.downloads.verification.verdicts import kinds_of
from cms.menus.models import MenuName
from cms.users.models import User
from tests.factories.downloads import make_verdict

SINGLE = "single pages"
NO_PAGES = {
    "/search.json",
    "/handbook/images/{name}.png",
    "/media/choose",
    "/menus/targets",
    "/panels",
    "/releases/cockpit/{pk}/page",
    "/releases/cockpit/{pk}/progress",
    "/reviews/{table}/{pk}",
    "/runs/{pk}/state",
    "/users/why-rows",
    "/{application}/{table}/",
    "/{application}/{table}/add/",
    "/{application}/{table}/{pk}/",
    "/{application}/{table}/{pk}/{page}/",
    "/{identity}/counts",
    "/{identity}/export/{format}",
    "/{identity}/import/{pk}",
    "/{identity}/lookup/{field}",
    "/{identity}/preview/{pk}",
}
"""Routes that answer scripts, send files, lead elsewhere or show the site, and the page of an upload yet to be made."""

ASKS_ABOUT_ROWS = ("/{identity}/delete", "/{identity}/decide/{decision}", "/{identity}/change/{column}")
QUERIES = {"/users/why/{pk}": "?permission=pages:edit", "/search": "?q=page"}
OWN_ROWS = {
    "/releases/cockpit/{pk}": Release,
    "/releases/uploads/{pk}": Release,
    "/users/why/{pk}": User,
    "/operations/mails/{pk}": SentMail,
    "/runs/{pk}": BulkRun,
}
"""Routes whose key is that of a row without a view in their address."""

GROUPS = [SINGLE, *(view.identity for view in VIEWS)]
Rows = dict[type[Any], Any]


async def rows_of_every_kind(session: AsyncSession, resources: Resources, person: User) -> Rows:
    """Return a row of each model that the addresses need, made by the factory that promises to return it."""
    makers = _makers()
    rows: Rows = {AsyncSession: session, Storage: resources.storage}
    for view in VIEWS:
        await _make(view.model, makers, rows)
    own = [
        SentMail(occasion="jobs/approved", recipients="a@example.com", subject="Approved", state=MailState.SENT),
        BulkRun(table_name="pages", action="publish", label="Publish pages", list_name="pages", status=RunStatus.DONE),
    ]
    own[1].started_by_id = person.id
    session.add_all(own)
    await session.commit()
    for kind, outcome in zip(kinds_of(rows[ReleaseFile]), Outcome, strict=True):
        await make_verdict(session, rows[ReleaseFile], kind, outcome)
    return {**rows, **{type(row): row for row in own}}


def addresses(group: str, rows: Rows) -> list[str]:
    """Return the address of each page of a view, or of all that belong to none."""
    routes = [route for route in ROUTES if "GET" in (route.methods or ()) and route.path not in NO_PAGES]
    if group == SINGLE:
        found = [address for route in routes if "{identity}" not in route.path for address in _filled(route, rows)]
        return [*found, "/admin/nothing/list"]
    view = next(view for view in VIEWS if view.identity == group)
    return [address for route in routes if "{identity}" in route.path for address in _filled_for(view, route, rows)]


def _filled(route: Route, rows: Rows) -> Iterator[str]:
    query = QUERIES.get(route.path, "")
    if route.path in OWN_ROWS:
        yield f"/admin{route.path.replace('{pk}', str(rows[OWN_ROWS[route.path]].id))}{query}"
        return
    choices: dict[str, list[Any]] = {
        "page": sorted(path.name for path in HANDBOOK.glob("*.md")),
        "menu": [name.value for name in MenuName],
    }
    yield from (f"/admin{path}{query}" for path in _each(route.path, choices))


def _filled_for(view: type[AdminView], route: Route, rows: Rows) -> Iterator[str]:
    key = rows[view.model].id
    choices: dict[str, list[Any]] = {
        "identity": [view.identity],
        "pk": [key],
        "decision": [decision.name for decision in view.decisions],
        "column": [edit.column for edit in view.bulk_edits],
    }
    query = f"?pks={key}" if route.path in ASKS_ABOUT_ROWS else ""
    yield from (f"/admin{path}{query}" for path in _each(route.path, choices))


def _each(path: str, choices: dict[str, list[Any]]) -> Iterator[str]:
    """Fill each parameter of the path with each of its choices."""
    name = next((field for _, field, _, _ in string.Formatter().parse(path) if field), None)
    if name is None:
        yield path
        return
    assert name in choices, f"Say in {__name__} how the parameter “{name}” of {path} is filled, or that it is no page."
    for choice in choices[name]:
        yield from _each(path.replace(f"{{{name}}}", str(choice)), choices)


def _makers() -> dict[type[Any], Any]:
    """Return model → the factory that returns one."""
    modules = [
        importlib.import_module(f"tests.factories.{found.name}")
        for found in pkgutil.iter_modules(tests.factories.__path__)
    ]
    makers = [found for module in modules for name, found in vars(module).items() if name.startswith("make_")]
    return {get_type_hints(maker)["return"]: maker for maker in makers}


async def _make(model: type[Any], makers: dict[type[Any], Any], rows: Rows) -> Any:
    """Make a row with all that its factory asks for, once."""
    if model in rows:
        return rows[model]
    assert model in makers, f"There is no factory of {model.__name__} in tests/factories."
    maker, hints = makers[model], get_type_hints(makers[model])
    needed = [
        name
        for name, parameter in inspect.signature(maker).parameters.items()
        if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    rows[model] = await maker(*[await _make(hints[name], makers, rows) for name in needed])
    return rows[model]
