"""As what a missed path is counted: one spelling of each, groups for programs that probe, nothing about people."""

import re
from urllib.parse import urlsplit

from cms.core.addresses import is_reserved
from cms.missed_paths.models import PATH_LENGTH, REFERRER_LENGTH

PROBES = (
    ("*.php", re.compile(r"\.php\d?(?:/|$)", re.IGNORECASE)),
    ("*.asp, *.jsp", re.compile(r"\.(?:aspx?|jspx?|do)(?:/|$)", re.IGNORECASE)),
    ("wp-*", re.compile(r"/(?:wp-|wordpress|xmlrpc)", re.IGNORECASE)),
    (".hidden files", re.compile(r"/\.(?!well-known)")),
)
"""What programs ask every site for, looking for somebody else's mistakes."""

UNREADABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def counted_as(path: str) -> str:
    """Return under which name a missed path is counted; "" if not at all.

    What is reserved can get no redirect, and what holds an @ may be somebody's address.
    """
    if not path.startswith("/") or path.startswith("//") or UNREADABLE.search(path) or "@" in path:
        return ""
    for group, pattern in PROBES:
        if pattern.search(path):
            return group
    plain = path.rstrip("/")
    if not plain or is_reserved(plain) or len(plain) >= PATH_LENGTH:
        return ""
    return plain if "." in plain.rpartition("/")[2] else f"{plain}/"


def referrer_of(address: str, *, own_host: str) -> str:
    """Return what may be kept of the page that led a visitor here: our own path, or the other site's name."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        own = (urlsplit(f"//{own_host}").hostname or "") == host
    except ValueError:
        return ""
    if own and parts.path and not is_reserved(parts.path) and "@" not in parts.path:
        host = parts.path
    return "" if UNREADABLE.search(host) else host[:REFERRER_LENGTH]
