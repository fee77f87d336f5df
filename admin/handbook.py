"""The staff's handbook inside the back office: the pages of docs/staff, rendered as every other text."""

import asyncio
import re
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from admin.rendering import render
from admin.requests import office_of, user_of
from admin.urls import url_to
from cms.core import markup
from cms.core.errors import NotFound
from cms.core.markup import MarkupKind
from cms.core.permissions import Permission, allows

HANDBOOK = Path(__file__).parent.parent / "docs" / "staff"
TITLE = re.compile(r"# (?P<title>.+)\n")
FIRST_PAGE = "index.md"
P = Permission
PAGES_BY_AREA: dict[str, tuple[tuple[str, Permission], ...]] = {
    "downloads": (("release-manager.md", P.DOWNLOADS_EDIT),),
    "pages": (
        ("web-editor.md", P.PAGES_PUBLISH),
        ("communications.md", P.BOXES_EDIT),
        ("volunteer.md", P.PAGES_EDIT),
    ),
    "banners": (("communications.md", P.BANNERS_EDIT),),
    "codesamples": (("web-editor.md", P.CODESAMPLES_EDIT),),
    "boxes": (("web-editor.md", P.BOXES_DELETE), ("communications.md", P.BOXES_EDIT)),
    "redirects": (("web-editor.md", P.REDIRECTS_EDIT),),
    "users": (("superuser.md", P.USERS_EDIT),),
    "roles": (("superuser.md", P.ROLES_EDIT),),
}
"""Area → the pages that tell about it, each with the permission of those whom it concerns."""


def help_url(request: Request) -> str:
    """Return the address of the page that tells most about what is shown to this person."""
    user = user_of(request)
    identity = request.path_params.get("identity")
    areas = [view.permission_area for view in office_of(request).model_views if view.identity == identity]
    told = [page for area in areas for page, permission in PAGES_BY_AREA.get(area, ()) if allows(user, permission)]
    return url_to("handbook", page=(told or [FIRST_PAGE])[0])


@cache
def titles() -> tuple[tuple[str, str], ...]:
    """Return every page of the handbook as (name, title), the first page first."""
    found = {path.name: TITLE.match(path.read_text()) for path in sorted(HANDBOOK.glob("*.md"))}
    told = [(name, title["title"]) for name, title in found.items() if title]
    return tuple(sorted(told, key=lambda page: page[0] != FIRST_PAGE))


async def show_page(request: Request) -> Response:
    """Show a page of the handbook to whoever may enter the back office."""
    source = await asyncio.to_thread(_read, request.path_params["page"])
    title = TITLE.match(source)
    if title is None:
        raise NotFound("The handbook has no such page.")
    text = markup.render(source[title.end() :], MarkupKind.MARKDOWN)
    context = {"title": title["title"], "text": text, "is_first": request.path_params["page"] == FIRST_PAGE}
    return await render(request, "handbook.html", context)


async def show_picture(request: Request) -> Response:
    """Send a picture of the handbook."""
    path = HANDBOOK / "images" / f"{request.path_params['name']}.png"
    if not re.fullmatch(r"[a-z-]+", request.path_params["name"]) or not path.is_file():
        raise NotFound("The handbook has no such picture.")
    return FileResponse(path)


def _read(name: str) -> str:
    """Return the source of a page; "" where there is none, which no page is."""
    path = HANDBOOK / name
    is_page = re.fullmatch(r"[a-z-]+\.md", name) and path.is_file()
    return path.read_text() if is_page else ""


routes = [
    Route("/handbook/{page}", show_page),
    Route("/handbook/images/{name}.png", show_picture),
]
