"""The named states of a list: links above it, kept for a person and shared where they say so."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin import forms
from admin.asked import Asked, asked_of
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView, row_key
from admin.rendering import go_to
from admin.requests import resources_of
from admin.urls import url_to
from cms.core.errors import NotFound
from cms.users import saved_views
from cms.users.models import User
from cms.users.saved_views import SavedView

EVERYTHING = "all"
"""In the address: the plain list, also where another view opens by itself."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A link to a saved view; `is_changed` says that the list has been narrowed differently since."""

    view: SavedView
    url: str
    is_own: bool
    is_current: bool
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Tabs:
    """The links above a list."""

    everything_url: str
    tabs: list[Tab]

    @property
    def current(self) -> Tab | None:
        return next((tab for tab in self.tabs if tab.is_current), None)

    @property
    def default(self) -> Tab | None:
        return next((tab for tab in self.tabs if tab.is_own and tab.view.is_default), None)


async def tabs_of(session: AsyncSession, view: AdminView, request: Request, user: User, asked: Asked) -> Tabs:
    """Return the person's views of the list and those that others share; the address says which one is open."""
    chosen = request.query_params.get("view", "")
    found = await session.scalars(saved_views.views_of(view.identity, user))
    tabs = [
        Tab(
            view=saved,
            url=address_of(view, saved),
            is_own=saved.user_id == user.id,
            is_current=str(saved.id) == chosen,
            is_changed=saved.query != asked.query,
        )
        for saved in found
    ]
    return Tabs(everything_url(view), tabs)


def address_of(view: AdminView, saved: SavedView) -> str:
    """Return the address of a saved view: all that it asks for, so that it can be sent to anybody."""
    return url_to("list", identity=view.identity, query={**dict(parse_qsl(saved.query)), "view": saved.id})


def everything_url(view: AdminView) -> str:
    """Return the address of the plain list."""
    return url_to("list", identity=view.identity, query={"view": EVERYTHING})


async def keep(request: Request) -> Response:
    """Keep the list as it is under a name."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.view)
    posted = await forms.read_form(request)
    query = asked_of(view, dict(parse_qsl(str(posted.get("query", "")))), user).query
    async with resources_of(request).sessionmaker() as session:
        saved = await saved_views.save_view(
            session,
            view.identity,
            name=str(posted.get("name", "")),
            query=query,
            is_shared=posted.get("is_shared") == "yes",
            by=user,
        )
        if posted.get("is_default") == "yes":
            await saved_views.make_default(session, saved)
        await session.commit()
    return go_to(request, address_of(view, saved), saying=f"“{saved}” is kept; its link stands above the list.")


async def change(request: Request) -> Response:
    """Rename, share, replace or delete a view of one's own, or have the list open with it."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.view)
    posted = await forms.read_form(request)
    async with resources_of(request).sessionmaker() as session:
        saved = await saved_views.own_view(session, row_key(request.path_params["pk"]), by=user)
        if saved.list_name != view.identity:
            raise NotFound("This view belongs to another list.")
        if posted.get("press") == "delete":
            await session.delete(saved)
            await session.commit()
            return go_to(request, everything_url(view), saying=f"The view “{saved}” was deleted.")
        if posted.get("press") == "replace":
            query = asked_of(view, dict(parse_qsl(str(posted.get("query", "")))), user).query
            saved_views.narrow(saved, query=query)
        else:
            await _settle(session, saved, posted)
        await session.commit()
    return go_to(request, address_of(view, saved), saying=f"The view “{saved}” was saved.")


async def _settle(session: AsyncSession, saved: SavedView, posted: FormData) -> None:
    await saved_views.rename(session, saved, name=str(posted.get("name", "")))
    saved.is_shared = posted.get("is_shared") == "yes"
    if posted.get("is_default") == "yes":
        await saved_views.make_default(session, saved)
    else:
        saved.is_default = False


routes = [
    Route("/{identity}/views", keep, methods=["POST"]),
    Route("/{identity}/views/{pk}", change, methods=["POST"]),
]
