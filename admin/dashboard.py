"""The first page: what waits for whom is signed in, by what their roles let them do."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin.base import AdminView
from admin.operations.tasks import failed_tasks
from admin.rendering import render
from admin.requests import office_of, resources_of, user_of
from admin.urls import url_to
from cms.core.permissions import Permission, allows
from cms.core.publishing import Publishable
from cms.downloads.models import Release
from cms.users.models import User

SHOWN_EACH = 6


@dataclass(frozen=True, slots=True)
class Panel:
    """Rows that wait for something, or that somebody may want to look at."""

    title: str
    help: str
    rows: list[Any]
    view: AdminView
    all_url: str


async def show_dashboard(request: Request) -> Response:
    """Show the work of the person, not a list of tables."""
    user = user_of(request)
    async with resources_of(request).sessionmaker() as session:
        views = [view for view in office_of(request).model_views if issubclass(view.model, Publishable)]
        panels = [panel for view in views for panel in await _panels(session, view, user)]
        failed = await failed_tasks(session, limit=SHOWN_EACH) if allows(user, Permission.OPERATIONS_VIEW) else None
        latest = await _latest_releases(session) if allows(user, Permission.DOWNLOADS_EDIT) else []
    context = {
        "panels": [panel for panel in panels if panel.rows],
        "failed": failed,
        "latest": latest,
        "starts": _starts(request, user),
        "title": f"Good to see you, {user.first_name or user.username}",
    }
    return await render(request, "dashboard.html", context)


async def _panels(session: AsyncSession, view: AdminView, user: User) -> list[Panel]:
    if not view.is_open_to(user, "list"):
        return []
    model: Any = view.model
    noun = view.name_plural.lower()
    drafts = url_to("list", identity=view.identity, query={"state": "draft"})
    found = []
    if view.is_open_to(user, "edit"):
        mine = await _rows(
            session,
            view,
            user,
            view.reach(user, view.permissions.edit),
            model.is_published.is_(False),
            model.updated_by_id == user.id,
        )
        found.append(Panel(f"My drafts: {noun}", "What you wrote last and is not live yet.", mine, view, drafts))
    publish = model.publish_permission
    if allows(user, publish):
        ready = await _rows(
            session,
            view,
            user,
            view.reach(user, publish),
            model.is_published.is_(False),
            model.updated_by_id.is_distinct_from(user.id),
        )
        found.append(Panel(f"Drafts of others: {noun}", "You may publish these.", ready, view, drafts))
    live = url_to("list", identity=view.identity, query={"state": "live", "sort": "-updated_at"})
    recent = await _rows(session, view, user, view.reach(user, view.permissions.view), model.is_published)
    found.append(Panel(f"Recently changed: live {noun}", "", recent, view, live))
    return found


async def _rows(session: AsyncSession, view: AdminView, user: User, *conditions: Any) -> list[Any]:
    model: Any = view.model
    names = [name for name in ("id", "updated_at", *view.list_extra_columns()) if name in view.mapper.columns]
    statement = select(model).where(*conditions).order_by(model.updated_at.desc()).limit(SHOWN_EACH)
    return list((await session.scalars(statement.options(load_only(*(getattr(model, name) for name in names))))).all())


async def _latest_releases(session: AsyncSession) -> list[Release]:
    statement = select(Release).where(Release.is_latest, Release.is_published).order_by(Release.version.desc())
    return list((await session.scalars(statement)).all())


def _starts(request: Request, user: User) -> list[tuple[str, str]]:
    """Return what the person may begin with, as (label, address)."""
    return [
        (f"New {view.name.lower()}", url_to("create", identity=view.identity))
        for view in office_of(request).model_views
        if view.is_open_to(user, "create")
    ]


routes = [Route("/", show_dashboard)]
