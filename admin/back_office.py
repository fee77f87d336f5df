"""The back office as an application: SQLAdmin's views and templating, our pages in place of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from sqladmin import Admin, BaseView
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from admin import errors, formats, urls
from admin.authentication import SiteSession
from admin.authorization import RolesDecide
from admin.base import AdminView
from admin.columns import state_of
from admin.handbook import help_url
from admin.hints import hints_of
from admin.media_shown import library_of
from admin.menu import menu_of
from cms.core.resources import Resources
from cms.core.session import make_sessionmaker
from cms.media.models import media_url
from cms.users.preferences import preferences_of

TEMPLATES = Path(__file__).parent.parent / "templates" / "admin"
A_YEAR = 365 * 24 * 3600


class Previews(Protocol):
    """The site's own way to show a row; `page_of` is given one that no session holds."""

    @property
    def headers(self) -> Mapping[str, str]:
        """What an answer with a preview has to say besides."""

    def has(self, model: type[Any]) -> bool: ...
    async def page_of(self, session: AsyncSession, row: Any, *, ribbon: str) -> str: ...
    def has_page(self, path: str) -> bool: ...
    async def page_at(self, session: AsyncSession, path: str, *, ribbon: str) -> str:
        """Return the public page at a path as it would be if what the session wrote were committed."""


class LastingFiles(StaticFiles):
    """Static files whose address names their content, so that a browser need never ask again."""

    def get_path(self, scope: Scope) -> str:
        """Return the file's path without the fingerprint before it."""
        return super().get_path(scope).partition("/")[2]

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
        return response


class BackOffice(Admin):
    """SQLAdmin with its endpoints replaced: one transaction a request, refusals in sentences, addresses as paths."""

    def __init__(
        self,
        resources: Resources,
        *,
        views: Sequence[type[AdminView]],
        routes: Sequence[BaseRoute],
        previews: Previews,
    ) -> None:
        super().__init__(
            app=Starlette(),
            session_maker=make_sessionmaker(resources.engine),
            base_url=urls.ROOT,
            title="python.org",
            templates_dir=str(TEMPLATES),
            authentication_backend=SiteSession(),
            authorization_backend=RolesDecide(),
        )
        self.resources = resources
        self.previews = previews
        self.session_maker.configure(autoflush=True)  # SQLAdmin turned it off; queries of the domain rely on it.
        self.admin.state.office = self
        self.admin.exception_handlers = cast("Any", errors.HANDLERS)
        self.admin.router.redirect_slashes = False
        self.admin.router.routes = [
            Mount("/static", app=LastingFiles(directory=urls.OWN_STATIC)),
            Mount("/statics", app=LastingFiles(directory=urls.STOCK_STATIC)),
            *routes,
        ]
        self.templates.env.globals.update(template_globals())
        self.templates.env.trim_blocks = self.templates.env.lstrip_blocks = True
        self.app.router.routes.insert(0, Route(urls.ROOT, _to_dashboard))
        for view in views:
            self.add_view(view)

    @property
    def model_views(self) -> list[AdminView]:
        return [view for view in self.views if isinstance(view, AdminView)]

    def view_called(self, identity: str) -> AdminView:
        """Return the view whose addresses begin with `identity`; 404 where there is none."""
        for view in self.model_views:
            if view.identity == identity:
                return view
        raise HTTPException(status_code=404)

    def view_of(self, model: type[Any]) -> AdminView | None:
        """Return the view that shows rows of `model`, if one does."""
        return next((view for view in self.model_views if view.model is model), None)

    def _build_menu(self, view: BaseView) -> None:
        """Build no menu here: ours depends on the person and is made for each request."""


async def _to_dashboard(_request: Request) -> Response:
    return RedirectResponse(urls.url_to("index"), status_code=303)


def template_globals() -> dict[str, Any]:
    """Return what every template may call."""
    return {
        "url_to": urls.url_to,
        "with_query": urls.with_query,
        "static_url": urls.static_url,
        "stock_static_url": urls.stock_static_url,
        "menu_of": menu_of,
        "help_url": help_url,
        "library_of": library_of,
        "media_url": media_url,
        "hints_of": hints_of,
        "preferences_of": preferences_of,
        "moment": formats.moment,
        "number": formats.number,
        "state_of": state_of,
    }


def view_of_request(request: Request) -> AdminView:
    """Return the view that the address names."""
    return cast("BackOffice", request.app.state.office).view_called(request.path_params["identity"])
