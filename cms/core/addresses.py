"""Addresses that the program answers itself: at some of them no page and no redirect would ever be reached."""

RESERVED_SEGMENTS = frozenset({"_health", "accounts", "admin", "api", "health", "m", "media", "preview", "static"})
"""First segments of paths under which no page is looked for."""

SECTIONS = frozenset({"", "box", "download", "downloads", "ftp", "getit", "search"})
"""First segments of paths at which the program itself shows something, and pages may lie as well."""


def is_reserved(path: str) -> bool:
    """Return whether the path lies below one of the segments that the program keeps for itself."""
    return path.strip("/").partition("/")[0] in RESERVED_SEGMENTS


def is_section(path: str) -> bool:
    """Return whether the path lies below one of the segments at which the program shows something of its own."""
    return path.strip("/").partition("/")[0] in SECTIONS
