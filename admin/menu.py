"""The menu: sections in the order of `admin.app.VIEWS`, holding what the person's roles open and nothing else."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from admin.requests import office_of, resources_of
from admin.urls import url_to
from cms.core.permissions import Permission, allows
from cms.core.publishing import Publishable
from cms.core.reviews import number_waiting_for

WAITING = "waiting_reviews"
"""Where a request keeps how many reviews wait for the person."""

PATIENCE = 1.0
"""Seconds that a page waits for a connection to count them."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Entry:
    """A line of the menu."""

    label: str
    url: str
    is_current: bool = False
    shortcut: str = ""
    pending: int = 0
    """How many things wait there for the person."""


@dataclass
class Section:
    """Lines of the menu that belong together."""

    label: str
    entries: list[Entry] = field(default_factory=list)


GO_KEYS = {
    "releases": "r",
    "release-files": "f",
    "operating-systems": "y",
    "release-series": "5",
    "signing-identities": "6",
    "openpgp-keys": "7",
    "pages": "p",
    "boxes": "b",
    "banners": "a",
    "code-samples": "e",
    "media": "m",
    "menus": "n",
    "redirects": "t",
    "missed-paths": "4",
    "reviews": "w",
    "users": "u",
    "roles": "l",
    "api-keys": "k",
    "role-matrix": "x",
    "history": "h",
    "operations": "o",
}
"""What is typed after “g” to go to a list or a page; “d” is the dashboard."""

SINGLE_PAGES = (
    ("Content", "Menus", "menus", Permission.MENUS_VIEW),
    ("People", "Role matrix", "role-matrix", Permission.ROLES_EDIT),
    ("Records", "History", "history", Permission.AUDIT_VIEW),
    ("Records", "Operations", "operations", Permission.OPERATIONS_VIEW),
)


def menu_of(request: Request) -> list[Section]:
    """Return the sections of the menu for who is signed in."""
    user = request.scope.get("state", {}).get("user")
    if user is None:
        return []
    sections: dict[str, Section] = {}
    identity = request.path_params.get("identity")
    for view in office_of(request).model_views:
        if view.is_open_to(user, "list"):
            entry = Entry(
                view.name_plural,
                url_to("list", identity=view.identity),
                view.identity == identity,
                shortcut_to(view.identity),
            )
            sections.setdefault(view.category, Section(view.category)).entries.append(entry)
    for section, label, name, permission in SINGLE_PAGES:
        if allows(user, permission):
            entry = Entry(label, url_to(name), request.url.path.startswith(url_to(name)), shortcut_to(name))
            sections.setdefault(section, Section(section)).entries.append(entry)
    if takes_part_in_reviews(request):
        is_current = request.url.path.startswith(url_to("reviews"))
        waiting = request.scope["state"].get(WAITING, 0)
        reviews = Entry("Reviews", url_to("reviews"), is_current, shortcut_to("reviews"), waiting)
        sections.setdefault("Content", Section("Content")).entries.append(reviews)
    return list(sections.values())


async def count_waiting(request: Request) -> None:
    """Count, for the menu, the reviews that wait for the person; without an answer in time nothing is shown."""
    user = request.scope.get("state", {}).get("user")
    models = _reviewed_models(request)
    if user is None or not any(allows(user, model.publish_permission) for model in models):
        return
    try:
        async with resources_of(request).sessionmaker() as session:
            async with asyncio.timeout(PATIENCE):
                await session.connection()
            waiting = await session.scalar(number_waiting_for(user, models))
    except (SQLAlchemyError, OSError) as error:
        log.warning("waiting_reviews_not_counted", error=repr(error))
    else:
        request.scope["state"][WAITING] = waiting


def takes_part_in_reviews(request: Request) -> bool:
    """Return whether the person writes or publishes anything that can be in review."""
    user = request.scope["state"]["user"]
    return any(
        allows(user, permission)
        for model in _reviewed_models(request)
        for permission in (model.publish_permission, model.publish_permission.beside("edit"))
    )


def _reviewed_models(request: Request) -> list[Any]:
    return [view.model for view in office_of(request).model_views if issubclass(view.model, Publishable)]


def shortcut_to(name: str) -> str:
    """Return the keys that lead to a list or a page; "" where it has none."""
    return f"g {GO_KEYS[name]}" if name in GO_KEYS else ""
