"""What leads nowhere: links in the texts that a person looks after, the list of all, and paths that visitors miss."""

from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select, true
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
from cms.core.permissions import Permission
from cms.links import queries
from cms.missed_paths.models import MissedPath

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


async def missed(desk: Desk) -> Panel:
    """The paths below the person's sections that visitors ask for most and nothing answers."""
    view = desk.view_of_table(MissedPath.__tablename__)
    statement = select(MissedPath).where(_within_sections(desk), MissedPath.is_ignored.is_(False))
    lines = [
        Line(
            path.path,
            desk.url_of_row(view, path.id),
            moment=path.last_missed_at,
            detail=f"{path.count:,} times, last",
        )
        for path in await desk.session.scalars(statement.order_by(MissedPath.count.desc()).limit(MOST))
    ]
    url = url_to("list", identity=view.identity) if view else ""
    return Panel("Missed pages", lines, help="Paths that visitors ask for and nothing answers.", all_url=url)


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


def _within_sections(desk: Desk) -> ColumnElement[bool]:
    """Return the condition that a path lies where the person may edit pages; those without a scope edit everywhere."""
    scopes = [grant.scope for grant in desk.user.grants.of(Permission.PAGES_EDIT)]
    if desk.user.is_superuser or None in scopes:
        return true()
    paths = [value.strip("/") for scope in scopes if scope and scope.kind == "path" for value in scope.values]
    return or_(false(), *(MissedPath.path.startswith(f"/{path}/", autoescape=True) for path in paths))


def _mine(desk: Desk) -> Any:
    return queries.broken({view.model: view.reach(desk.user, view.permissions.edit) for view in _editable(desk)})


def _editable(desk: Desk) -> list[Any]:
    return [view for view in desk.publishable if view.is_open_to(desk.user, "edit")]


routes = [
    Route("/broken-links", show_broken_links),
    Route("/broken-links/look-again", look_again, methods=["POST"]),
]
