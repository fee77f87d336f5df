"""How values are shown to people: times in UTC with the weekday, numbers with separators, absence as a dash."""

import re
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from markupsafe import Markup

from cms.core import clock

NOTHING = Markup('<span class="text-secondary">—</span>')
MINUTE, HOUR, DAY = 60, 3600, 86400
WITH_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*\Z")


def moment(value: datetime | None, *, relative: bool = False) -> Markup:
    """Show a time in UTC; `relative` says how long ago it was and keeps the exact time for the pointer."""
    if value is None:
        return NOTHING
    shown = distance(value) if relative else exact(value)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(value.isoformat(), exact(value), shown)


def exact(value: datetime) -> str:
    """Say a moment with its weekday, in UTC."""
    return f"{value.astimezone(UTC):%a %d %b %Y, %H:%M} UTC"


def distance(value: datetime) -> str:
    """Say how far a moment is from now, in the largest unit that fits."""
    seconds = (clock.now() - value).total_seconds()
    length = abs(seconds)
    if length < MINUTE:
        return "just now"
    for unit, name, limit in ((MINUTE, "minute", HOUR), (HOUR, "hour", DAY), (DAY, "day", 30 * DAY)):
        if length < limit:
            amount = int(length // unit)
            phrase = f"{amount} {name}{'' if amount == 1 else 's'}"
            return f"{phrase} ago" if seconds > 0 else f"in {phrase}"
    return f"{value.astimezone(UTC):%d %b %Y}"


def number(value: float | None) -> str:
    return "" if value is None else f"{value:,}"


def recorded(value: Any) -> str:
    """Show a value as the history or a revision holds it, where moments are text."""
    try:
        moment_in = datetime.fromisoformat(value) if isinstance(value, str) and WITH_TIME.match(value) else None
    except ValueError:
        moment_in = None
    return plain(moment_in or value)


def plain(value: Any) -> str:
    """Show a value as text, for exports and for comparing two versions."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value)
    return str(value)


def cell(value: Any) -> Any:
    """Show a value in a list or on a details page."""
    if value is None or value == "" or value == []:
        return NOTHING
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, bool):
        return Markup('<span class="badge {}">{}</span>').format(*(("mark-yes", "yes") if value else ("mark-no", "no")))
    if isinstance(value, Markup):
        return value
    return number(value) if isinstance(value, float) else plain(value)
