"""The staff's handbook inside the back office: the pages of docs/staff, rendered as every other text."""

import asyncio
import re
from functools import cache
from html import unescape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from admin.rendering import render
from admin.requests import office_of, user_of
from admin.urls import ROOT, url_to
from cms.core import markup
from cms.core.errors import NotFound
from cms.core.markup import MarkupKind
from cms.core.permissions import Permission, allows
from cms.core.text import slugify

HANDBOOK = Path(__file__).parent.parent / "docs" / "staff"
TITLE = re.compile(r"# (?P<title>.+)\n")
HEADING = re.compile(r"<h2>(?P<text>.*?)</h2>")
FIRST_PAGE = "index.md"
P = Permission
Told = tuple[tuple[str, Permission | None], ...]
"""Where something is told, each with the permission of those whom it concerns; the first that fits is shown."""

TOLD_OF_AREAS: dict[str, Told] = {
    "apikeys": (
        ("release-manager.md#a-key-for-your-scripts", P.DOWNLOADS_EDIT),
        ("index.md#a-key-for-your-scripts", None),
    ),
    "downloads": (("release-manager.md", P.DOWNLOADS_EDIT),),
    "pages": (
        ("web-editor.md#write-a-page", P.PAGES_PUBLISH),
        ("communications.md#write-a-page", P.BOXES_EDIT),
        ("volunteer.md#write-a-page", P.PAGES_EDIT),
    ),
    "banners": (("communications.md#put-a-banner-above-the-pages", P.BANNERS_EDIT),),
    "codesamples": (("web-editor.md#change-the-programs-of-the-home-page", P.CODESAMPLES_EDIT),),
    "boxes": (
        ("web-editor.md#change-a-box", P.BOXES_DELETE),
        ("communications.md#change-a-box", P.BOXES_EDIT),
    ),
    "media": (("media.md", P.MEDIA_VIEW),),
    "redirects": (("web-editor.md#lead-an-old-address-somewhere", P.REDIRECTS_EDIT),),
    "users": (("superuser.md#let-somebody-in", P.USERS_EDIT),),
    "roles": (("superuser.md#give-a-role-or-restrict-it", P.ROLES_EDIT),),
}
"""Area of permissions → where its lists and forms are told of."""

TOLD_OF_PAGES: dict[str, Told] = {
    "search": (("index.md#find-anything", None),),
    "history": (
        ("auditor.md#see-who-changed-what", P.AUDIT_VIEW),
        ("index.md#see-who-changed-what", None),
    ),
    "operations": (
        ("superuser.md#the-operations-pages", P.OPERATIONS_RUN),
        ("auditor.md#see-whether-all-is-well", P.OPERATIONS_VIEW),
    ),
    "role-matrix": (("superuser.md#give-a-role-or-restrict-it", P.ROLES_EDIT),),
    "why": (("superuser.md#why-may-this-person-not", P.USERS_EDIT), ("auditor.md#see-who-may-do-what", None)),
    "menus": (("web-editor.md#change-the-menus", P.MENUS_EDIT),),
    "missed-paths": (("web-editor.md#find-the-paths-that-visitors-miss", P.REDIRECTS_EDIT),),
    "media": TOLD_OF_AREAS["media"],
    "import": (("tables.md#bring-a-table-back", None),),
    "reviews": (
        ("drafts.md#review-what-others-have-written", P.PAGES_PUBLISH),
        ("drafts.md#have-it-reviewed", None),
    ),
    "review": (
        ("drafts.md#review-what-others-have-written", P.PAGES_PUBLISH),
        ("drafts.md#have-it-reviewed", None),
    ),
    "revisions": (("drafts.md#compare-revisions-and-bring-one-back", None),),
    "schedule": (("drafts.md#have-it-go-live-or-expire-by-itself", None),),
    "runs": (("index.md#do-something-with-many-rows", None),),
    "broken-links": (("index.md#what-is-the-same-everywhere", None),),
}
"""What an address begins with, or what is done to a row, → where that is told of."""


def help_url(request: Request) -> str:
    """Return the address of the passage that tells most about what is shown to this person."""
    user = user_of(request)
    told = [place for place, permission in _told_of(request) if permission is None or allows(user, permission)]
    page, _, section = (told or [FIRST_PAGE])[0].partition("#")
    return url_to("handbook", page=page) + (f"#{section}" if section else "")


def _told_of(request: Request) -> Told:
    parts = request.url.path.removeprefix(ROOT).strip("/").split("/")
    for part in parts[:2]:
        if part in TOLD_OF_PAGES:
            return TOLD_OF_PAGES[part]
    areas = {view.identity: view.permission_area for view in office_of(request).model_views}
    return TOLD_OF_AREAS.get(areas.get(parts[0], ""), ())


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
    text = HEADING.sub(_with_anchor, markup.render(source[title.end() :], MarkupKind.MARKDOWN))
    context = {"title": title["title"], "text": text, "is_first": request.path_params["page"] == FIRST_PAGE}
    return await render(request, "handbook.html", context)


def _with_anchor(heading: re.Match[str]) -> str:
    return f'<h2 id="{slugify(unescape(heading["text"]))}">{heading["text"]}</h2>'


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
