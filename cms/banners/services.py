"""Decisions about banners: saving one, deleting one."""

import re

from sqlalchemy.ext.asyncio import AsyncSession

from cms.banners.models import EVERYWHERE, Banner
from cms.core import deletion, publishing
from cms.core.errors import Invalid
from cms.core.markup import TRUSTED_KINDS, render
from cms.core.permissions import Actor, Permission
from cms.redirects.services import is_safe_target

INLINE = frozenset({"a", "abbr", "b", "br", "code", "em", "i", "p", "small", "span", "strong"})
"""What a message may be made of."""

TAG = re.compile(r"<\s*([a-zA-Z][a-zA-Z0-9]*)")
PATH = re.compile(r"/([A-Za-z0-9._~-]+/)*")
BAD_PATH = "Write each address as on the site, such as “/psf/” or “/about/help/”, with a slash at both ends."


@publishing.saver(Banner)
async def save_banner(session: AsyncSession, banner: Banner, *, by: Actor) -> None:
    """Write a new or changed banner.

    Raises PermissionDenied, or Invalid naming each field that breaks a rule.
    """
    banner.title, banner.link = banner.title.strip(), banner.link.strip()
    banner.paths = list(dict.fromkeys(banner.paths)) or [EVERYWHERE]
    errors = _broken_rules(banner)
    if errors:
        raise Invalid.in_fields(errors)
    session.add(banner)
    await publishing.require_to_write(session, banner, permission=Permission.BANNERS_EDIT, by=by)


async def delete_banner(session: AsyncSession, banner: Banner, *, by: Actor) -> None:
    """Delete a banner; it is gone from every page at once. Raises PermissionDenied."""
    await deletion.delete(session, banner, permission=Permission.BANNERS_DELETE, by=by)


def has_only_inline_marks(html: str) -> bool:
    """Return whether a rendered message is no more than a line of text with links and emphasis."""
    return {tag.lower() for tag in TAG.findall(html)} <= INLINE


def _broken_rules(banner: Banner) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not banner.title:
        errors["title"] = ["Say what the banner is about."]
    if banner.link and not is_safe_target(banner.link):
        errors["link"] = ["Write a path that begins with a slash, or an address that begins with https:// or http://."]
    if not all(PATH.fullmatch(path) for path in banner.paths):
        errors["paths"] = [BAD_PATH]
    if banner.message_kind in TRUSTED_KINDS:
        errors["message_kind"] = ["A banner stands on every page, so its message is always filtered."]
    elif not has_only_inline_marks(render(banner.message, banner.message_kind)):
        errors["message"] = ["A message is a line or two: links and emphasis, but no headings, lists or pictures."]
    return errors
