"""The public site on one page: routes, what handlers may ask for, errors, and what every answer says."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import ASGIRouteHandler
from litestar.response import Redirect
from litestar.routes import HTTPRoute

from cms.core.resources import Resources
from public_site import dependencies
from public_site.api.v1 import routes as api_v1
from public_site.api.v2.documentation import DocumentController, openapi_config
from public_site.api.v2.legacy import routes as old_api_v2
from public_site.api.v2.router import modern_router
from public_site.api.v2.uploads import UploadsController
from public_site.controllers.account_passwords import PasswordsController
from public_site.controllers.accounts import AccountsController
from public_site.controllers.boxes import BoxesController
from public_site.controllers.changes import ChangesController
from public_site.controllers.documentation import DocumentationController
from public_site.controllers.downloads import DownloadsController, MirroredDownloadsController
from public_site.controllers.health import HealthController
from public_site.controllers.home import HomeController
from public_site.controllers.media import MediaController
from public_site.controllers.pages import PagesController
from public_site.controllers.previews import PreviewsController
from public_site.controllers.release_files import ReleaseFilesController
from public_site.controllers.search import SearchController
from public_site.controllers.site import CrawlersController, FragmentsController
from public_site.errors import EXCEPTION_HANDLERS
from public_site.menus import MenuShelf
from public_site.previews import Previews
from public_site.static_files import static_files
from public_site.streams import Streams
from public_site.templating import make_environment, template_config
from public_site.urls import requested_path, with_query

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]
LARGEST_BODY = 10 * 1024 * 1024

CONTROLLERS = [
    HomeController,
    DownloadsController,
    MirroredDownloadsController,
    DocumentationController,
    BoxesController,
    PagesController,
    PreviewsController,
    SearchController,
    AccountsController,
    PasswordsController,
    FragmentsController,
    CrawlersController,
    MediaController,
    ChangesController,
    HealthController,
    DocumentController,
    ReleaseFilesController,
    UploadsController,
]

DEPENDENCIES = {
    "session": Provide(dependencies.provide_session),
    "render": Provide(dependencies.provide_render),
    "resources": Provide(dependencies.provide_resources),
    "streams": Provide(dependencies.provide_streams),
    "user": Provide(dependencies.provide_user),
}


def create_app(
    resources: Resources,
    *,
    previews: Previews | None = None,
    mounts: Sequence[ASGIRouteHandler] = (),
    lifespan: Sequence[Lifespan] = (),
) -> Litestar:
    """Return the site; `mounts` are applications that live below it, such as the back office."""
    environment = make_environment(site_url=resources.settings.site_url)
    previews = previews or Previews()
    streams = Streams(resources.redis)
    kept = {"resources": resources, "environment": environment, "previews": previews, "streams": streams}
    site = Litestar(
        route_handlers=[*CONTROLLERS, api_v1.router(), old_api_v2.router(), modern_router(), static_files(), *mounts],
        dependencies=DEPENDENCIES,
        exception_handlers=EXCEPTION_HANDLERS,
        before_request=answer_at_once,
        before_send=[dependencies.add_cache_headers],
        template_config=template_config(environment),
        state=State({**kept, "menus": MenuShelf(resources.sessionmaker)}),
        lifespan=[*lifespan, streams.running],
        plugins=[streams.plugin],
        openapi_config=openapi_config(),
        include_in_schema=False,  # What belongs to the API says so.
        logging_config=None,  # The process has configured its logs; Litestar's own would take their place.
        request_max_body_size=LARGEST_BODY,
    )
    previews.connect(site)
    return site


async def answer_at_once(request: Request[Any, Any, State]) -> Response[Any] | None:
    """Answer what needs no handler: which methods an address has, and where it is with the slash at its end.

    Only a GET is sent to the address with the slash; a POST is answered where it is.
    """
    if request.method == "OPTIONS" and _is_own_answer(request.route_handler):
        return Response(b"", status_code=204, headers={"Allow": ", ".join(_methods(request))})
    path = requested_path(request.scope)
    if request.method != "GET" or path.endswith("/") or request.route_handler.opt.get("slashless"):
        return None
    return Redirect(with_query(f"{path}/", request.scope["query_string"]), status_code=301)


def _methods(request: Request[Any, Any, State]) -> list[str]:
    """Return the methods of an address; Litestar's own answer knows those of one handler only."""
    address = request.scope["path_template"]
    routes = (route for route in request.app.routes if isinstance(route, HTTPRoute) and route.path_format == address)
    found = {str(method) for route in routes for method in route.methods}
    return sorted(found | {"HEAD"} if "GET" in found else found)


def _is_own_answer(handler: Any) -> bool:
    """Return whether Litestar made the handler itself, because nobody of ours answers OPTIONS there."""
    return str(handler.fn.__module__).startswith("litestar.")
