"""Addresses: the path that a visitor asked for, absolute addresses of the site, and the old site's."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

LEGACY_SITE = "https://legacy.python.org"
BACK_OFFICE = "/admin"
API = "/api/"
API_V1 = "/api/v1/"
API_V2 = "/api/v2/"
API_DOCUMENTATION = "/api/v2/docs"
SAFE_IN_PATH = "/-._~!$&'()*+,;=:@"
REQUESTED_PATH = "requested_path"
"""Where the page fallback keeps the path that was asked for, while another path is tried in its place."""


def requested_path(scope: Mapping[str, Any]) -> str:
    """Return the decoded path that the visitor asked for, even while the page fallback tries another."""
    state: Mapping[str, Any] = scope.get("state") or {}
    return str(state.get(REQUESTED_PATH) or scope["path"])


def is_back_office(path: str) -> bool:
    """Return whether the back office lives at this path, rather than a page whose name only begins like it."""
    return path == BACK_OFFICE or path.startswith(f"{BACK_OFFICE}/")


def has_scripts_with_nonce(path: str) -> bool:
    """Return whether pages at this path run scripts that add styles, so that each answer has a nonce of its own."""
    return is_back_office(path) or path == API_DOCUMENTATION or path.startswith(f"{API_DOCUMENTATION}/")


def is_modern_api(path: str) -> bool:
    """Return whether the path is one of the modern API; those of the old site's all end with a slash."""
    return path.startswith(API_V2) and not path.endswith("/")


def first_segment(path: str) -> str:
    """Return what stands between the first two slashes, "" for the home page."""
    return path.lstrip("/").partition("/")[0]


def legacy_url(path: str) -> str:
    """Return the address of the same path on the old site; whatever the path holds, the host is the old site's."""
    segments = [segment for segment in path.replace("\\", "/").split("/") if segment not in {"", ".", ".."}]
    slash = "/" if segments and path.endswith("/") else ""
    return f"{LEGACY_SITE}/{quote('/'.join(segments), safe=SAFE_IN_PATH)}{slash}"


def with_query(path: str, query_string: bytes) -> str:
    """Return the path, quoted, with the query that came with it; never an address on another host."""
    quoted = "/" + quote(path.lstrip("/\\"), safe=SAFE_IN_PATH)
    return f"{quoted}?{query_string.decode('latin-1')}" if query_string else quoted
