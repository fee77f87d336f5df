"""After something public was taken away: the offer to lead those elsewhere who still ask for it."""

from collections.abc import Sequence
from typing import Any

from admin.urls import url_to
from cms.core.permissions import Permission, allows
from cms.downloads.models import Release
from cms.pages.models import Page
from cms.users.models import User

PLACES = (Page, Release)
"""What has an address of its own that other sites may link to."""

UNPUBLISH = "unpublish"


def redirect_offer(user: User, rows: Sequence[Any]) -> tuple[str, str] | None:
    """Return a link, as label and address, to a new redirect from where the one row was public.

    None where nothing was public, more than one row is concerned, or the person makes no redirects.
    """
    if len(rows) != 1 or not isinstance(rows[0], PLACES) or rows[0].first_published_at is None:
        return None
    if not allows(user, Permission.REDIRECTS_EDIT):
        return None
    path = rows[0].public_path
    return f"Make a redirect from {path}", url_to("create", identity="redirects", query={"old_path": path})
