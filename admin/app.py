"""The back office: its views in the order of the menu, and the application that they make."""

from starlette.routing import Route
from starlette.types import ASGIApp

from admin import (
    dashboard,
    deciding,
    deletion,
    details,
    editing,
    exporting,
    handbook,
    history,
    listing,
    people,
    preferences,
    preview,
    relations,
    search,
)
from admin.back_office import BackOffice
from admin.base import AdminView
from admin.operations.routes import routes as operations_routes
from admin.views.boxes import BoxAdmin
from admin.views.downloads import OperatingSystemAdmin, ReleaseAdmin, ReleaseFileAdmin
from admin.views.pages import PageAdmin
from admin.views.redirects import RedirectAdmin
from admin.views.users import RoleAdmin, UserAdmin
from cms.core.resources import Resources

VIEWS: tuple[type[AdminView], ...] = (
    ReleaseAdmin,
    ReleaseFileAdmin,
    OperatingSystemAdmin,
    PageAdmin,
    BoxAdmin,
    RedirectAdmin,
    UserAdmin,
    RoleAdmin,
)
"""Every table of the back office; the menu shows them in this order, grouped by their category."""

ROUTES: list[Route] = [
    *dashboard.routes,
    *history.routes,
    *search.routes,
    *preferences.routes,
    *handbook.routes,
    *operations_routes,
    *people.routes,
    *preview.routes,
    *exporting.routes,
    *listing.routes,
    *details.routes,
    *editing.routes,
    *deciding.routes,
    *deletion.routes,
    *relations.routes,
]


def build_admin(resources: Resources) -> ASGIApp:
    """Return the back office as an application whose addresses all lie under /admin."""
    return BackOffice(resources, views=VIEWS, routes=ROUTES).app
