"""Decisions about menus: saving a whole tree at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import audit
from cms.core.errors import Conflict, Invalid
from cms.core.integrity import explain_constraint
from cms.core.permissions import Actor, Permission, require
from cms.menus import queries
from cms.menus.models import DEEPEST, LABEL_LENGTH, URL_LENGTH, Menu, MenuItem, MenuName, Visibility
from cms.pages import queries as pages
from cms.pages.models import Page
from cms.redirects.services import is_safe_target

MOST_ENTRIES = 400
INDENT = "    "
CHANGED_MEANWHILE = "Somebody else changed this menu while you were working on it. Nothing of yours was saved yet."

explain_constraint("uq_menus_name", field="", sentence=CHANGED_MEANWHILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry as an editor leaves it: a menu is its lines from top to bottom, each as deep as it is indented."""

    label: str
    target: str
    """A path of this site or a whole address; the path of a page means the page, wherever it moves."""

    depth: int = 0
    visibility: Visibility = Visibility.EVERYBODY
    item_id: int | None = None
    page_id: int | None = None
    """The page that the entry led to so far; it stays while the target is left as it was."""


@dataclass(slots=True)
class _Tree:
    """The rows of a menu while it is being saved."""

    items: list[MenuItem] = field(default_factory=list)
    path: list[MenuItem] = field(default_factory=list)
    """The entries above the next one."""

    def add(self, item: MenuItem, depth: int) -> None:
        del self.path[depth:]
        item.parent_id = self.path[-1].id if self.path else None
        item.position = len(self.items)
        self.items.append(item)
        self.path.append(item)


async def save_menu(
    session: AsyncSession, name: MenuName, lines: Sequence[Line], *, began_from: int, by: Actor
) -> Menu:
    """Make a menu what its lines say: entries that are not among them are deleted.

    `began_from` is the menu's `lock_version` when the editor opened it, 0 where it had none. Raises PermissionDenied,
    Conflict where somebody saved the menu since, and Invalid with a sentence for each "line.column" that breaks a rule.
    """
    await require(session, by, Permission.MENUS_EDIT)
    menu = await session.scalar(queries.named(name).with_for_update())
    if began_from != (menu.lock_version if menu else 0):
        raise Conflict(CHANGED_MEANWHILE)
    if errors := _broken_rules(lines):
        raise Invalid.in_fields(errors)
    items = await _write(session, name, lines)
    action, menu = ("update", menu) if menu else ("create", Menu(name=name))
    before, menu.outline = menu.outline, outline(items)
    session.add(menu)
    if before != menu.outline:
        audit.note(session, menu, action=action, remark=difference(before, menu.outline))
    await session.flush()
    return menu


def outline(items: Iterable[MenuItem]) -> str:
    """Return a menu as text, one line an entry and indented like the tree; parents come before their children."""
    depths: dict[int | None, int] = {None: -1}
    lines = []
    for item in items:
        depths[item.id] = depths[item.parent_id] + 1
        seen_by = "" if item.visibility is Visibility.EVERYBODY else f" ({item.visibility.label})"
        lines.append(f"{INDENT * depths[item.id]}{item.label} → {item.target or 'nowhere'}{seen_by}")
    return "\n".join(lines)


def difference(before: str, after: str) -> str:
    """Say in a few words how one outline differs from another."""
    old, new = ([line.strip() for line in text.splitlines()] for text in (before, after))
    steps = SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False).get_opcodes()
    gone = [line for step, start, end, _, _ in steps if step != "equal" for line in old[start:end]]
    come = [line for step, _, _, start, end in steps if step != "equal" for line in new[start:end]]
    lists = {
        "Moved": [line for line in come if line in gone],
        "Added": [line for line in come if line not in gone],
        "Removed": [line for line in gone if line not in come],
    }
    return " ".join(f"{verb}: {'; '.join(lines)}." for verb, lines in lists.items() if lines)


def in_order(items: Iterable[MenuItem]) -> list[tuple[MenuItem, int]]:
    """Return the entries from top to bottom, each with its depth."""
    below: dict[int | None, list[MenuItem]] = {}
    for item in items:
        below.setdefault(item.parent_id, []).append(item)

    def walk(parent_id: int | None, depth: int) -> Iterable[tuple[MenuItem, int]]:
        for item in below.get(parent_id, ()):
            yield item, depth
            yield from walk(item.id, depth + 1)

    return list(walk(None, 0))


async def _write(session: AsyncSession, name: MenuName, lines: Sequence[Line]) -> list[MenuItem]:
    present = {item.id: item for item in await session.scalars(queries.items_of(name))}
    linked = await _pages_of(session, lines)
    tree = _Tree()
    kept: set[int] = set()
    for line in lines:
        item = present.get(line.item_id or 0)
        if item is None or item.id in kept:
            item = MenuItem(menu=name)
            session.add(item)
        page = _page_behind(line, linked)
        item.label, item.visibility = line.label.strip(), line.visibility
        item.page = page
        item.page_id, item.url = (page.id, "") if page else (None, line.target.strip())
        tree.add(item, line.depth)
        if item.id is None:
            await session.flush()  # Those below need its id.
        kept.add(item.id)
    for item_id, item in present.items():
        if item_id not in kept:
            await session.delete(item)
    return tree.items


async def _pages_of(session: AsyncSession, lines: Sequence[Line]) -> Mapping[int | str, Page]:
    """Return the pages that the lines lead to, by their ids and by their paths, with one query."""
    paths = {line.target.strip().strip("/") for line in lines if line.target.strip().startswith("/")}
    ids = {line.page_id for line in lines if line.page_id}
    found = await session.scalars(pages.briefly(select(Page).where(Page.path.in_(paths) | Page.id.in_(ids))))
    return {key: page for page in found for key in (page.id, page.path)}


def _page_behind(line: Line, linked: Mapping[int | str, Page]) -> Page | None:
    target = line.target.strip()
    if line.page_id and line.page_id in linked:
        return linked[line.page_id]
    return linked.get(target.strip("/")) if target.startswith("/") else None


def _broken_rules(lines: Sequence[Line]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if len(lines) > MOST_ENTRIES:
        errors[""] = [f"A menu has at most {MOST_ENTRIES} entries."]
    deepest_next = 0
    for number, line in enumerate(lines):
        if sentence := _wrong_label(line.label.strip()):
            errors[f"{number}.label"] = [sentence]
        if sentence := _wrong_target(line.target.strip()):
            errors[f"{number}.target"] = [sentence]
        if not 0 <= line.depth <= deepest_next:
            errors[f"{number}.depth"] = ["An entry lies right below the one above it, or further out."]
        elif line.depth >= DEEPEST:
            errors[f"{number}.depth"] = [f"A menu has at most {DEEPEST} levels."]
        deepest_next = line.depth + 1
    return errors


def _wrong_label(label: str) -> str:
    if not label:
        return "Say what the entry is called."
    return f"At most {LABEL_LENGTH} characters." if len(label) > LABEL_LENGTH else ""


def _wrong_target(target: str) -> str:
    if not target:
        return "Say where the entry leads."
    if len(target) > URL_LENGTH:
        return f"At most {URL_LENGTH} characters."
    return "" if is_safe_target(target) else "Write a path that begins with a slash, or an address with https://."
