"""Addresses that the program keeps for itself: neither a page nor a redirect there would ever be reached."""

import re

RESERVED_SEGMENTS = frozenset({"_health", "accounts", "admin", "api", "health", "m", "media", "preview", "static"})
"""First segments of paths under which no page is looked for."""

OWN = re.compile(
    r"/(?:downloads|getit)(?:/latest(?:/[^/]+)?|/feed\.rss|/index\.json|/metadata/pgp/keys\.asc|/operating-systems)?"
    r"|/downloads/metadata(?:/(?:sigstore|pgp|sbom))?"
    r"|/doc/versions|/search|/authenticated|/funding\.json|/humans\.txt|/favicon\.ico|/robots\.txt|/sitemap\.xml|/_\w+"
    r"|/(?:release|page)-edit-button/\d+"
)
"""What the program answers whatever is in the database; a test holds this against its routes."""


def is_reserved(path: str) -> bool:
    """Return whether the path lies below one of the segments that the program keeps for itself."""
    return path.strip("/").partition("/")[0] in RESERVED_SEGMENTS


def belongs_to_program(path: str) -> bool:
    """Return whether the program itself answers the path, so that what editors put there would never be seen."""
    return is_reserved(path) or OWN.fullmatch("/" + path.strip("/")) is not None
