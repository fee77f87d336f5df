"""The menu: sections in the order of `admin.app.VIEWS`, holding what the person's roles open and nothing else."""

from dataclasses import dataclass, field

from starlette.requests import Request

from admin.requests import office_of
from admin.urls import url_to
from cms.core.permissions import Permission, allows


@dataclass(frozen=True)
class Entry:
    """A line of the menu."""

    label: str
    url: str
    is_current: bool = False
    shortcut: str = ""


@dataclass
class Section:
    """Lines of the menu that belong together."""

    label: str
    entries: list[Entry] = field(default_factory=list)


GO_KEYS = {
    "releases": "r",
    "release-files": "f",
    "operating-systems": "y",
    "pages": "p",
    "boxes": "b",
    "banners": "a",
    "code-samples": "e",
    "media": "m",
    "menus": "n",
    "redirects": "t",
    "users": "u",
    "roles": "l",
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
    return list(sections.values())


def shortcut_to(name: str) -> str:
    """Return the keys that lead to a list or a page; "" where it has none."""
    return f"g {GO_KEYS[name]}" if name in GO_KEYS else ""
