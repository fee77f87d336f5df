"""Formatters for the cells of lists that several views share."""

from typing import Any

from markupsafe import Markup

from admin import formats


def state_of(row: Any, _name: str) -> Markup:
    """Show whether the public sees a row, in the words used everywhere."""
    if row.is_published:
        return Markup('<span class="badge mark-live">Live</span>')
    if row.publish_at is not None:
        return Markup('<span class="badge mark-scheduled">Scheduled</span> ') + formats.moment(row.publish_at)
    return Markup('<span class="badge mark-draft">Draft</span>')


def in_bytes(row: Any, name: str) -> str:
    """Show a size in the unit that reads best."""
    size = float(getattr(row, name) or 0)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
