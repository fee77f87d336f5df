"""The application that ships, put together for each test; only its routes, which are the same for all, are kept."""

from functools import cache, partial
from typing import Any

import pytest
from litestar import Litestar
from litestar.types import ASGIApp

from admin.app import ROUTES, VIEWS
from admin.back_office import BackOffice
from cms.core.resources import Resources
from cms.core.session import make_sessionmaker
from public_site import app, asgi
from public_site.middleware.limits import Limits
from public_site.previews import Previews

PATIENCE = 120.0
"""Seconds that a request may take: no test waits for this, and the machine may be busy."""

ROUTERS = {
    "public_site.app.api_v1.router": cache(app.api_v1.router),
    "public_site.app.old_api_v2.router": cache(app.old_api_v2.router),
    "public_site.app.modern_router": cache(app.modern_router),
}
"""Where the site takes routers from that depend on nothing, and what makes each of them once."""

_sites: list[Litestar] = []
_offices: list[BackOffice] = []


def build(resources: Resources) -> ASGIApp:
    """Return the application on these resources, without its life span.

    To register the routes anew took most of the time of a test at a page.
    """
    with pytest.MonkeyPatch.context() as patch:
        for place, make_once in ROUTERS.items():
            patch.setattr(place, make_once)
        patch.setattr("public_site.app.Litestar", _site)
        patch.setattr("public_site.asgi.build_admin", _back_office)
        patch.setattr("public_site.asgi.Limits", partial(Limits, reading_seconds=PATIENCE))
        return asgi.build(resources)


def _site(**options: Any) -> Litestar:
    if not _sites:
        _sites.append(Litestar(**options))
    (site,) = _sites
    site.state = options["state"]
    site.template_engine = options["template_config"].engine_instance
    return site


def _back_office(resources: Resources, *, previews: Previews) -> ASGIApp:
    if not _offices:
        _offices.append(BackOffice(resources, views=VIEWS, routes=ROUTES, previews=previews))
    (office,) = _offices
    office.resources, office.previews = resources, previews
    office.session_maker = make_sessionmaker(resources.engine, autoflush=True)
    for view in VIEWS:  # SQLAdmin keeps these at the class, where another application may have put its own.
        view._admin_ref, view.session_maker, view.templates = office, office.session_maker, office.templates
    return office.app
