"""Menus of the old site, which kept all of them but the footer's in one tree under names for its sections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cms.core.legacy import Known, LegacyRow, LegacyTable, Refused, Rows, Values, shown
from cms.menus.models import DEEPEST, MenuItem, MenuName, Visibility
from cms.redirects.legacy import OWN_ADDRESS
from cms.redirects.services import is_safe_target

ITEMS = "sitetree_treeitem"
PLACES = "places of menu entries"
MAIN_TREE = "main"
FOOTER_TREES = "footer"
HOLDS_MAIN_MENU = "python-meta"
"""The alias of the entry below which the old site kept its main menu; its neighbours stood in a bar above."""

PATTERNS = {
    "home": "/",
    "about": "/about/",
    "blog": "/blogs/",
    "community": "/community/",
    "docs-landing": "/doc/",
    "docs-versions": "/doc/versions/",
    "documentation": "/doc/",
    "download:download": "/downloads/",
    "download:download_full_os_list": "/downloads/operating-systems/",
    "events:events": "/events/",
    "inner": "/inner/",
    "jobs:job_categories": "/jobs/categories/",
    "jobs:job_create": "/jobs/create/",
    "jobs:job_list": "/jobs/",
    "jobs:job_locations": "/jobs/locations/",
    "jobs:job_types": "/jobs/types/",
    "psf-landing": "/psf/",
    "psf-sponsors": "/psf/sponsors/",
    "pypl-landing": "/pypl-landing/",
    "shop-landing": "/shop-landing/",
    "success_story_list": "/success-stories/",
}
"""Names of addresses in the old program, and the addresses."""


@dataclass
class _Place:
    """Where an entry goes, or why it goes nowhere."""

    menu: MenuName = MenuName.MAIN
    parent_id: int | None = None
    position: int = 0
    refusal: str = ""
    remarks: list[str] = field(default_factory=list)


async def _prepare(old: Rows, known: Known) -> None:
    trees = {row.get("id"): str(row.get("alias")) for row in await old.rows("sitetree_tree")}
    rows = [row for row in await old.rows(ITEMS) if isinstance(row.get("id"), int)]
    taken_over = known.ids.get("pages_page", set())
    pages = {
        f"/{str(page['path']).strip('/')}/": page["id"]
        for page in await old.rows("pages_page", "id", "path")
        if page.get("id") in taken_over
    }
    known.facts[PLACES] = _places({row["id"]: row for row in rows}, trees)
    known.facts["pages by path"] = pages
    if any(row.get("hint") or row.get("description") for row in rows):
        known.remark(ITEMS, "Hints and descriptions of entries are shown nowhere here, and were left behind.")


def _places(rows: Mapping[int, Mapping[str, Any]], trees: Mapping[Any, str]) -> dict[int, _Place]:
    """Return the place of every entry; those whose parent stays behind move one level out."""
    places: dict[int, _Place] = {}
    order = sorted(rows, key=lambda row_id: (_number(rows[row_id].get("sort_order")), row_id))
    for position, row_id in enumerate(order):
        way = _way_to(row_id, rows)
        place = places[row_id] = _Place(position=position)
        place.menu, place.refusal = _menu_of(way, rows, trees)
        parents = [parent for parent in way[:-1] if not _holds_main_menu(parent, rows)]
        above = [parent for parent in parents if not _hindrance(parent, rows)]
        if not way:
            place.refusal = "It lies below itself."
        elif len(above) < len(parents):
            place.remarks.append("What it lay below was not taken over; it lies further out.")
        if len(above) >= DEEPEST:
            place.remarks.append(f"It lay deeper than {DEEPEST} levels; it lies further out.")
        place.parent_id = above[: DEEPEST - 1][-1] if above else None
        place.refusal = place.refusal or _hindrance(row_id, rows)
    return places


def _way_to(row_id: int, rows: Mapping[int, Mapping[str, Any]]) -> list[int]:
    """Return the entries from the first level down to this one; nothing if it lies below itself."""
    way: list[int] = []
    current: Any = row_id
    while current in rows:
        if current in way:
            return []
        way.insert(0, current)
        current = rows[current].get("parent_id")
    return way


def _menu_of(way: list[int], rows: Mapping[int, Mapping[str, Any]], trees: Mapping[Any, str]) -> tuple[MenuName, str]:
    """Return the menu of the entry at the end of a way, and why it has none."""
    tree = trees.get(rows[way[0]].get("tree_id"), "") if way else MAIN_TREE
    if tree.startswith(FOOTER_TREES):
        return MenuName.FOOTER, ""
    if tree != MAIN_TREE:
        return MenuName.MAIN, f"It belongs to the menu {shown(tree)}, which is shown nowhere here."
    is_divided = any(_holds_main_menu(row_id, rows) for row_id in rows)
    is_main = not is_divided or not way or _holds_main_menu(way[0], rows)
    return MenuName.MAIN if is_main else MenuName.SITES, ""


def _holds_main_menu(row_id: int, rows: Mapping[int, Mapping[str, Any]]) -> bool:
    return rows[row_id].get("alias") == HOLDS_MAIN_MENU and rows[row_id].get("parent_id") is None


def _hindrance(row_id: int, rows: Mapping[int, Mapping[str, Any]]) -> str:
    """Say why an entry cannot be taken over, wherever it lies; "" if it can."""
    row = rows[row_id]
    if _holds_main_menu(row_id, rows):
        return "It only held the main menu together; what lay below it is the first level here."
    if not str(row.get("title") or "").strip():
        return "It has no title."
    address = _address(row)
    if address is None:
        return f"Its pattern {shown(row.get('url'))} is the name of no address that is known here."
    return "" if is_safe_target(address) else f"Its address {shown(address)} is neither a path nor a web address."


def _address(row: Mapping[str, Any]) -> str | None:
    """Return where an entry leads; None for a pattern that names nothing."""
    written = str(row.get("url") or "").strip()
    return PATTERNS.get(written) if row.get("urlaspattern") else OWN_ADDRESS.sub("", written)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _item(row: LegacyRow, values: Values, known: Known) -> None:
    place: _Place = known.facts[PLACES][row.id]
    if place.refusal:
        raise Refused(place.refusal)
    row.strip(values, "label")
    for remark in place.remarks:
        row.changed(remark)
    address = _address(row.values) or ""
    page_id = known.facts["pages by path"].get(f"{address.rstrip('/')}/") if address.startswith("/") else None
    values |= {
        "menu": place.menu,
        "parent_id": place.parent_id,
        "position": place.position,
        "url": "" if page_id else address,
        "page_id": page_id,
        "visibility": _visibility(row),
    }


def _visibility(row: LegacyRow) -> Visibility:
    if row.get("hidden"):
        return Visibility.HIDDEN
    if row.get("inmenu") is False:
        row.changed("It was in no menu, only in breadcrumbs; it is hidden.")
        return Visibility.HIDDEN
    if row.get("access_restricted"):
        row.changed("It was for people with certain permissions; it is for staff.")
        return Visibility.STAFF
    if row.get("access_loggedin"):
        return Visibility.SIGNED_IN
    if row.get("access_guest"):
        row.changed("It was for guests only; everybody sees it.")
    return Visibility.EVERYBODY


MENU_ITEMS = LegacyTable(
    source=ITEMS,
    model=MenuItem,
    columns={"id": "id", "label": "title"},
    derived=frozenset({"menu", "parent_id", "position", "url", "page_id", "visibility"}),
    prepare=_prepare,
    convert=_item,
)
