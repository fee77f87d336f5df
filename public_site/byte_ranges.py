"""Which part of a file a reader asks for, so that an interrupted download can be gone on with."""

import re

RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def wanted_range(header: str, *, size: int) -> tuple[int, int | None]:
    """Return the first and the last byte that a Range header asks for; the whole file where it asks for nonsense."""
    found = RANGE.fullmatch(header.strip())
    if not found or not any(found.groups()):
        return 0, None
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0), None
    if int(first) >= size or (last and int(last) < int(first)):
        return 0, None
    return int(first), min(int(last), size - 1) if last else None
