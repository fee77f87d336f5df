"""Menus as readers see them: trees made of the entries once, and shared by all who may see the same."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cms.menus.models import MenuName, Visibility

AUDIENCES = (Visibility.EVERYBODY, Visibility.SIGNED_IN, Visibility.STAFF)
"""Who may look at a menu; each of them sees what is for themselves and for those before."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a menu with the entries below it."""

    label: str
    path: str
    children: tuple["Entry", ...] = ()


Menus = Mapping[MenuName, tuple[Entry, ...]]
"""Each menu's first level."""

NO_MENUS: Menus = dict.fromkeys(MenuName, ())


def menus_for(audience: Visibility, rows: Iterable[Any]) -> Menus:
    """Return the menus of the rows that `queries.shown` selects, as this audience sees them.

    Below an entry that is not shown nothing is.
    """
    seen = AUDIENCES[: AUDIENCES.index(audience) + 1]
    below: defaultdict[tuple[MenuName, int | None], list[Any]] = defaultdict(list)
    for row in rows:
        if row.visibility in seen:
            below[row.menu, row.parent_id].append(row)

    def entries(menu: MenuName, parent_id: int | None) -> tuple[Entry, ...]:
        found = below[menu, parent_id]
        return tuple(Entry(row.label, row.address, entries(menu, row.id)) for row in found)

    return {name: entries(name, None) for name in MenuName}


def section_of(path: str, menus: Menus) -> tuple[Entry, ...]:
    """Return the part of a menu that covers a page: what lies below its entry or else beside it, but no first level."""
    for name in (MenuName.MAIN, MenuName.SITES):
        found = _section_in(path, menus[name], beside=())
        if found:
            return found
    return ()


def _section_in(path: str, entries: tuple[Entry, ...], *, beside: tuple[Entry, ...]) -> tuple[Entry, ...]:
    for entry in entries:
        if entry.path == path and (entry.children or beside):
            return entry.children or beside
        found = _section_in(path, entry.children, beside=entry.children)
        if found:
            return found
    return ()
