"""Addresses of the old back office, which the tools of the release managers, mails and bookmarks name."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from admin.urls import url_to
from cms.core.errors import NotFound

VIEWS_BY_TABLE = {
    "banners/banner": "banners",
    "boxes/box": "boxes",
    "codesamples/codesample": "code-samples",
    "downloads/os": "operating-systems",
    "downloads/release": "releases",
    "pages/page": "pages",
    "redirects/redirect": "redirects",
    "users/user": "users",
}
"""Tables of the old back office whose rows kept their ids, and the views that show them here."""

PAGES_OF_A_ROW = {"change": "edit", "history": "row-history"}


async def to_list(request: Request) -> Response:
    return _lead_on(request, "list")


async def to_new_row(request: Request) -> Response:
    return _lead_on(request, "create")


async def to_row(request: Request) -> Response:
    return _lead_on(request, PAGES_OF_A_ROW.get(request.path_params.get("page", "change")))


def _lead_on(request: Request, name: str | None) -> Response:
    """Lead to the page that took the place of an old one; that page decides who may see it."""
    parts = request.path_params
    identity = VIEWS_BY_TABLE.get(f"{parts['application']}/{parts['table']}")
    if identity is None or name is None:
        raise NotFound("The back office has no such page.")
    return RedirectResponse(url_to(name, identity=identity, pk=parts.get("pk")), status_code=303)


routes = [
    Route("/{application}/{table}/", to_list),
    Route("/{application}/{table}/add/", to_new_row),
    Route("/{application}/{table}/{pk}/", to_row),
    Route("/{application}/{table}/{pk}/{page}/", to_row),
]
"""All end in a slash, as no address of ours does. They come last."""
