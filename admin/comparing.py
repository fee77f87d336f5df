"""Two states of a row, side by side: what differs, field by field and word by word."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from markupsafe import Markup, escape

CONTEXT = 2
"""Lines that are the same and shown before and after those that are not."""

MOST_LINES = 20_000
MOST_WORDS = 4_000
"""Beyond these, comparing would take seconds; the whole passage is then shown as changed."""

WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of both texts; `skipped` counts lines that are the same and not shown."""

    before: Markup
    after: Markup
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose values differ."""

    label: str
    passages: Sequence[Passage]


@dataclass(frozen=True, slots=True)
class ChildDifference:
    """A child that came, went, or changed in the fields that are listed."""

    label: str
    what: str
    fields: Sequence[Difference] = field(default_factory=tuple)


Shown = Callable[[str, Any], str]
"""How a column's stored value is read by people: `shown(name, value)`."""

Labels = Callable[[str], str]


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], *, labels: Labels, shown: Shown
) -> list[Difference]:
    """Return the columns in which two states differ; lists of children are no columns."""
    names = [name for name in after if name in before and not _is_children(after[name])]
    return [
        Difference(labels(name), passages(shown(name, before[name]), shown(name, after[name])))
        for name in names
        if before[name] != after[name]
    ]


def child_differences(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], *, labels: Labels, shown: Shown
) -> list[ChildDifference]:
    """Return the children that came, went or changed; a child is known by its id."""
    old = {child["id"]: child for child in before}
    new = {child["id"]: child for child in after if child["id"] is not None}
    found = [ChildDifference(_name_of(child), "removed") for key, child in old.items() if key not in new]
    for child in after:
        if child["id"] not in old:
            found.append(ChildDifference(_name_of(child), "added"))
        elif changed := differences(old[child["id"]], child, labels=labels, shown=shown):
            found.append(ChildDifference(_name_of(child), "changed", changed))
    return found


def passages(before: str, after: str) -> list[Passage]:
    """Return two texts as passages side by side, with what differs marked by word."""
    old, new = before.splitlines() or [""], after.splitlines() or [""]
    if max(len(old), len(new)) > MOST_LINES:
        return [Passage(_gone(before), _come(after))]
    return list(_passages(old, new))


def _passages(old: Sequence[str], new: Sequence[str]) -> Iterator[Passage]:
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > MOST_WORDS)
    blocks = matcher.get_opcodes()
    for number, (kind, from_old, to_old, from_new, to_new) in enumerate(blocks):
        if kind == "equal":
            lines = old[from_old:to_old]
            yield from _context(lines, is_first=number == 0, is_last=number == len(blocks) - 1)
        else:
            yield Passage(*_words("\n".join(old[from_old:to_old]), "\n".join(new[from_new:to_new])))


def _context(lines: Sequence[str], *, is_first: bool, is_last: bool) -> Iterator[Passage]:
    """Show the lines next to what differs, and count the others."""
    head = 0 if is_first else CONTEXT
    tail = 0 if is_last else CONTEXT
    if len(lines) <= head + tail + 1:
        yield _same(lines)
        return
    if head:
        yield _same(lines[:head])
    yield Passage(Markup(), Markup(), skipped=len(lines) - head - tail)
    if tail:
        yield _same(lines[-tail:])


def _same(lines: Sequence[str]) -> Passage:
    text = escape("\n".join(lines))
    return Passage(text, text)


def _words(before: str, after: str) -> tuple[Markup, Markup]:
    old, new = WORDS.findall(before), WORDS.findall(after)
    if not old or not new or max(len(old), len(new)) > MOST_WORDS:
        return _gone(before), _come(after)
    left: list[Markup] = []
    right: list[Markup] = []
    for kind, from_old, to_old, from_new, to_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[from_old:to_old]), "".join(new[from_new:to_new])
        left.append(escape(gone) if kind == "equal" else _gone(gone))
        right.append(escape(come) if kind == "equal" else _come(come))
    return Markup().join(left), Markup().join(right)


def _gone(text: str) -> Markup:
    return Markup("<del>{}</del>").format(text) if text else Markup()


def _come(text: str) -> Markup:
    return Markup("<ins>{}</ins>").format(text) if text else Markup()


def _is_children(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) and "id" in item for item in value) and value != []


def _name_of(child: Mapping[str, Any]) -> str:
    names = (child.get(key) for key in ("name", "title", "alternative_text", "file"))
    return next((str(name) for name in names if name), "Without a name")
