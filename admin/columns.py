"""Formatters for the cells of lists that several views share."""

from typing import Any

from markupsafe import Markup

from admin import formats
from cms.core.permission_words import PERMISSION_WORDS
from cms.core.publishing import Publishable, State

STATE_WORDS = {
    State.DRAFT: "Draft",
    State.SCHEDULED: "Scheduled",
    State.LIVE: "Live",
    State.EXPIRED: "Expired",
}


def state_of(row: Any, _name: str = "") -> Markup:
    """Show what the public has of a row, in the words used everywhere; nothing where that is no question."""
    if not isinstance(row, Publishable):
        return Markup()
    badges = [badge(STATE_WORDS[row.state], row.state)]
    if row.has_draft:
        badges.append(badge("With draft", "draft"))
    if row.is_in_review:
        badges.append(badge("In review", "review"))
    if row.publish_at is not None:
        badges.append(Markup("goes live ") + formats.moment(row.publish_at, relative=True))
    if row.expire_at is not None and row.state is not State.DRAFT:
        badges.append(Markup("expires ") + formats.moment(row.expire_at, relative=True))
    return Markup(" ").join(badges)


def badge(words: str, mark: str) -> Markup:
    """Return a small coloured mark that says `words`."""
    return Markup('<span class="badge mark-{}">{}</span>').format(mark, words)


def in_bytes(row: Any, name: str) -> str:
    """Show a size in the unit that reads best."""
    size = float(getattr(row, name) or 0)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"


def permissions_of(row: Any, name: str) -> str:
    """Show the permissions of a role in words; one that the program no longer knows is shown as it is."""
    return ", ".join(PERMISSION_WORDS.get(held, held) for held in getattr(row, name)) or "None"
