"""The first page: what waits for whom is signed in, by what their roles let them do, as it changes."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin.panels.kinds import KINDS
from admin.panels.panel import Desk, Panel
from admin.rendering import render
from admin.requests import office_of, resources_of, user_of
from admin.urls import url_to
from cms.core.live import EVERYTHING
from cms.users.models import User

STARTS = 4
"""How many things to begin with are offered."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A panel with its name in the page, and the tables whose changes it shows."""

    name: str
    tables: list[str]
    panel: Panel


async def show_dashboard(request: Request) -> Response:
    """Show the work of the person, not a list of tables."""
    user = user_of(request)
    async with _desk(request) as desk:
        panels = await _filled(desk)
    context = {
        "panels": panels,
        "starts": _starts(request, user)[:STARTS],
        "title": f"Good to see you, {user.first_name or user.username}",
    }
    return await render(request, "dashboard.html", context)


async def show_panels(request: Request) -> Response:
    """Show the panels that changes of some tables concern, for a page that is open already."""
    changed = set(request.query_params.get("changed", EVERYTHING).split(","))
    async with _desk(request) as desk:
        panels = await _filled(desk, changed=changed)
    return await render(request, "dashboard_panels.html", {"panels": panels})


async def _filled(desk: Desk, *, changed: Collection[str] = (EVERYTHING,)) -> list[Filled]:
    found = []
    for kind in KINDS:
        if not kind.is_open_to(desk):
            continue
        tables = kind.tables(desk)
        if EVERYTHING in changed or tables & set(changed):
            found.append(Filled(kind.name, sorted(tables), await kind.fill(desk)))
    return found


@asynccontextmanager
async def _desk(request: Request) -> AsyncIterator[Desk]:
    async with resources_of(request).sessionmaker() as session:
        yield Desk(user_of(request), office_of(request).model_views, session)


def _starts(request: Request, user: User) -> list[tuple[str, str]]:
    """Return what the person may begin with, as (label, address)."""
    return [
        (f"New {view.name.lower()}", url_to("create", identity=view.identity))
        for view in office_of(request).model_views
        if view.is_open_to(user, "create")
    ]


routes = [Route("/", show_dashboard), Route("/panels", show_panels)]
