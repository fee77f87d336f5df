"""The back office: its views in the order of the menu, and the application that they make."""

from starlette.routing import Route
from starlette.types import ASGIApp

from admin import (
    changing,
    cockpit,
    dashboard,
    deciding,
    deletion,
    details,
    editing,
    exporting,
    handbook,
    history,
    importing,
    listing,
    media,
    menus,
    old_addresses,
    people,
    placing,
    preferences,
    presence,
    preview,
    relations,
    release_uploads,
    reviewing,
    revisions,
    runs,
    saved_views,
    scheduling,
    search,
    toggles,
    why,
)
from admin.back_office import BackOffice, Previews
from admin.base import AdminView
from admin.operations.routes import routes as operations_routes
from admin.panels.links import routes as link_routes
from admin.views.apikeys import ApiKeyAdmin
from admin.views.banners import BannerAdmin
from admin.views.boxes import BoxAdmin
from admin.views.codesamples import CodeSampleAdmin
from admin.views.downloads import OperatingSystemAdmin, ReleaseAdmin, ReleaseFileAdmin
from admin.views.media import MediaAdmin
from admin.views.pages import PageAdmin
from admin.views.redirects import MissedPathAdmin, RedirectAdmin
from admin.views.release_metadata import OpenPGPKeyAdmin, ReleaseSeriesAdmin, SigningIdentityAdmin
from admin.views.users import RoleAdmin, UserAdmin
from cms.core.resources import Resources

VIEWS: tuple[type[AdminView], ...] = (
    ReleaseAdmin,
    ReleaseFileAdmin,
    OperatingSystemAdmin,
    ReleaseSeriesAdmin,
    SigningIdentityAdmin,
    OpenPGPKeyAdmin,
    PageAdmin,
    BoxAdmin,
    BannerAdmin,
    CodeSampleAdmin,
    MediaAdmin,
    RedirectAdmin,
    MissedPathAdmin,
    UserAdmin,
    RoleAdmin,
    ApiKeyAdmin,
)
"""Every table of the back office; the menu shows them in this order, grouped by their category."""

ROUTES: list[Route] = [
    *dashboard.routes,
    *link_routes,
    *history.routes,
    *search.routes,
    *preferences.routes,
    *handbook.routes,
    *operations_routes,
    *runs.routes,
    *why.routes,
    *people.routes,
    *preview.routes,
    *reviewing.routes,
    *media.routes,
    *menus.routes,
    *cockpit.routes,
    *release_uploads.routes,
    *exporting.routes,
    *importing.routes,
    *listing.routes,
    *saved_views.routes,
    *toggles.routes,
    *changing.routes,
    *details.routes,
    *editing.routes,
    *revisions.routes,
    *scheduling.routes,
    *presence.routes,
    *deciding.routes,
    *deletion.routes,
    *placing.routes,
    *relations.routes,
    *old_addresses.routes,
]


def build_admin(resources: Resources, *, previews: Previews) -> ASGIApp:
    """Return the back office as an application whose addresses all lie under /admin.

    `previews` shows rows as the site does, of which the back office knows nothing else.
    """
    return BackOffice(resources, views=VIEWS, routes=ROUTES, previews=previews).app
