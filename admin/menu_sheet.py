"""A menu on its way between an editor and the domain: its lines as the form holds them, and how they are moved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData

from cms.core.errors import NotFound
from cms.menus.models import DEEPEST, MenuItem, Visibility
from cms.menus.services import Line

COLUMNS = ("item", "depth", "label", "target", "was", "page", "visibility")
"""The fields of a row. Every row has each of them once, so that the order of rows is that of the form."""


@dataclass(slots=True)
class Row:
    """An entry as the form shows it; `was` is its target when the page was opened."""

    item: str = ""
    depth: int = 0
    label: str = ""
    target: str = ""
    was: str = ""
    page: str = ""
    visibility: str = Visibility.EVERYBODY.value
    doubt: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def line(self) -> Line:
        """The entry as the domain takes it: a page stays its target while that was left alone."""
        return Line(
            label=self.label,
            target=self.target,
            depth=self.depth,
            visibility=Visibility(self.visibility),
            item_id=_number(self.item),
            page_id=_number(self.page) if self.target == self.was else None,
        )


def rows_of(ordered: Iterable[tuple[MenuItem, int]]) -> list[Row]:
    """Return the rows of a menu as it is saved."""
    return [
        Row(
            item=str(item.id),
            depth=depth,
            label=item.label,
            target=item.target,
            was=item.target,
            page=str(item.page_id or ""),
            visibility=item.visibility.value,
        )
        for item, depth in ordered
    ]


def posted_rows(posted: FormData) -> list[Row]:
    """Return the rows that a form holds; what only a program could have posted counts as left empty."""
    columns = [[str(value) for value in posted.getlist(name)] for name in COLUMNS]
    known = set(Visibility)
    return [
        Row(
            item=item,
            depth=_number(depth) or 0,
            label=label.replace("\x00", ""),
            target=target.replace("\x00", ""),
            was=was,
            page=page,
            visibility=visibility if visibility in known else Visibility.EVERYBODY.value,
        )
        for item, depth, label, target, was, page, visibility in zip(*columns, strict=False)
    ]


def pressed(rows: list[Row], button: str) -> list[Row]:
    """Return the rows after a button was pressed in a browser without scripts, such as “up:3”."""
    move, _, number = button.partition(":")
    if move == "add":
        return [*rows, Row()]
    place = _number(number)
    if move not in MOVES or place is None or place >= len(rows):
        raise NotFound("There is no such button.")
    return MOVES[move](rows, place)


def _up(rows: list[Row], place: int) -> list[Row]:
    """Put a row, with all below it, before the one above it on the same level."""
    for above in range(place - 1, -1, -1):
        if rows[above].depth < rows[place].depth:
            return rows
        if rows[above].depth == rows[place].depth:
            end = _end(rows, place)
            return [*rows[:above], *rows[place:end], *rows[above:place], *rows[end:]]
    return rows


def _down(rows: list[Row], place: int) -> list[Row]:
    end = _end(rows, place)
    is_last = end == len(rows) or rows[end].depth < rows[place].depth
    return rows if is_last else _up(rows, end)


def _in(rows: list[Row], place: int) -> list[Row]:
    """Put a row below the one above it on the same level."""
    branch = rows[place : _end(rows, place)]
    has_room = max(row.depth for row in branch) + 1 < DEEPEST
    if place > 0 and rows[place - 1].depth >= rows[place].depth and has_room:
        _shift(branch, 1)
    return rows


def _out(rows: list[Row], place: int) -> list[Row]:
    """Put a row right after the one that it lies below."""
    if rows[place].depth == 0:
        return rows
    end = _end(rows, place)
    branch = rows[place:end]
    after = end
    while after < len(rows) and rows[after].depth >= rows[place].depth:
        after += 1
    _shift(branch, -1)
    return [*rows[:place], *rows[end:after], *branch, *rows[after:]]


def _remove(rows: list[Row], place: int) -> list[Row]:
    """Take a row out; what lay below it moves one level out."""
    _shift(rows[place + 1 : _end(rows, place)], -1)
    return [*rows[:place], *rows[place + 1 :]]


MOVES = {"up": _up, "down": _down, "in": _in, "out": _out, "remove": _remove}


def _end(rows: Sequence[Row], place: int) -> int:
    """Return where the branch of a row ends."""
    end = place + 1
    while end < len(rows) and rows[end].depth > rows[place].depth:
        end += 1
    return end


def _shift(branch: Iterable[Row], levels: int) -> None:
    for row in branch:
        row.depth += levels


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else None
