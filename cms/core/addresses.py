"""Addresses that the program keeps for itself: neither a page nor a redirect there would ever be reached."""

RESERVED_SEGMENTS = frozenset({"_health", "accounts", "admin", "api", "health", "m", "media", "preview", "static"})
"""First segments of paths under which no page is looked for."""


def is_reserved(path: str) -> bool:
    """Return whether the path lies below one of the segments that the program keeps for itself."""
    return path.strip("/").partition("/")[0] in RESERVED_SEGMENTS
