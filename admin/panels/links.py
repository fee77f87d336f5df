"""The panel of links that lead nowhere, in the texts that the person looks after; and the list of all of them."""

from typing import Any

from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin.forms import read_form
from admin.panels.panel import MOST, Desk, Line, Panel
from admin.rendering import go_to, render
from admin.requests import office_of, resources_of, user_of
from admin.urls import url_to
from cms.core import outbox
from cms.core.errors import PermissionDenied
from cms.links import queries

PAGE = 200


async def broken(desk: Desk) -> Panel:
    """The links that the last nightly look found broken, the newest first."""
    lines = [
        Line(
            link.address,
            desk.url_of_row(desk.view_of_table(link.table_name), link.row_id),
            moment=link.found_at,
            detail=f"in “{link.row_label}”",
        )
        for link in await desk.session.scalars(_mine(desk).limit(MOST))
    ]
    help_text = "Addresses of this site that your texts name and nobody answers."
    return Panel("Broken links", lines, help=help_text, all_url=url_to("broken-links"))


async def show_broken_links(request: Request) -> Response:
    """Show every broken link of the texts that the person looks after, text by text."""
    user = user_of(request)
    async with resources_of(request).sessionmaker() as session:
        desk = Desk(user, office_of(request).model_views, session)
        _require_texts(desk)
        statement = _mine(desk)
        total = await session.scalar(select(func.count()).select_from(statement.order_by(None).subquery()))
        links = (await session.scalars(statement.limit(PAGE))).all()
    rows = [(link, desk.url_of_row(desk.view_of_table(link.table_name), link.row_id)) for link in links]
    return await render(request, "broken_links.html", {"links": rows, "total": total, "title": "Broken links"})


async def look_again(request: Request) -> Response:
    """Have the links looked through now, after some were mended."""
    await read_form(request)
    async with resources_of(request).sessionmaker() as session:
        _require_texts(Desk(user_of(request), office_of(request).model_views, session))
        outbox.enqueue(session, "check_links")
        await session.commit()
    return go_to(request, url_to("broken-links"), saying="All texts are being looked through; this takes a moment.")


def _require_texts(desk: Desk) -> None:
    if not _editable(desk):
        raise PermissionDenied("Your roles let you edit no texts, so that no links are yours to put right.")


def _mine(desk: Desk) -> Any:
    return queries.broken({view.model: view.reach(desk.user, view.permissions.edit) for view in _editable(desk)})


def _editable(desk: Desk) -> list[Any]:
    return [view for view in desk.publishable if view.is_open_to(desk.user, "edit")]


routes = [
    Route("/broken-links", show_broken_links),
    Route("/broken-links/look-again", look_again, methods=["POST"]),
]
