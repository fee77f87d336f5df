"""Decisions about redirects: saving one, deleting one."""

from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import deletion
from cms.core.addresses import is_reserved
from cms.core.errors import Invalid
from cms.core.integrity import explain_constraint
from cms.core.permissions import Actor, Permission, require
from cms.redirects import queries
from cms.redirects.models import Redirect

LONGEST_CHAIN = 10
"""Browsers give up after about twice as many."""

explain_constraint("uq_redirects_old_path", field="old_path", sentence="This path is redirected already.")


async def save_redirect(session: AsyncSession, redirect: Redirect, *, by: Actor) -> None:
    """Write a new or changed redirect.

    Raises PermissionDenied, or Invalid naming each field that breaks a rule.
    """
    redirect.old_path, redirect.new_path = redirect.old_path.strip(), redirect.new_path.strip()
    errors = _broken_rules(redirect)
    if not errors and await _leads_in_a_circle(session, redirect):
        errors["new_path"] = ["With the redirects that there are, this one leads in a circle."]
    if errors:
        raise Invalid.in_fields(errors)
    session.add(redirect)
    await require(session, by, Permission.REDIRECTS_EDIT, redirect)


async def delete_redirect(session: AsyncSession, redirect: Redirect, *, by: Actor) -> None:
    """Delete a redirect. Raises PermissionDenied."""
    await deletion.delete(session, redirect, permission=Permission.REDIRECTS_EDIT, by=by)


def _broken_rules(redirect: Redirect) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not redirect.old_path.startswith("/") or redirect.old_path.startswith("//"):
        errors["old_path"] = ["Write the old path with one slash at its beginning, such as “/old/page/”."]
    elif is_reserved(redirect.old_path):
        errors["old_path"] = ["This address belongs to the program itself; a redirect here would never be followed."]
    if redirect.new_path and not is_safe_target(redirect.new_path):
        errors["new_path"] = [
            "Write a path that begins with a slash, or an address that begins with https:// or http://."
        ]
    if redirect.new_path and redirect.new_path.rstrip("/") == redirect.old_path.rstrip("/"):
        errors["new_path"] = ["A path cannot be redirected to itself."]
    return errors


async def _leads_in_a_circle(session: AsyncSession, redirect: Redirect) -> bool:
    """Follow the redirects from the new target on; whoever comes back to the old path goes round for ever."""
    target = redirect.new_path
    start = redirect.old_path.rstrip("/")
    for _ in range(LONGEST_CHAIN):
        if target.rstrip("/") == start:
            return True
        with session.no_autoflush:
            others = queries.from_path(target).where(Redirect.id != (redirect.id or 0))
            following = (await session.scalars(others)).first()
        if following is None or not following.new_path:
            return False
        target = following.new_path
    return True


def is_safe_target(target: str) -> bool:
    """Return whether a browser may be sent to `target`: a path of this site, or a web address."""
    if any(character in target for character in "\r\n\t\\\0"):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    is_path = target.startswith("/") and not target.startswith("//")
    return is_path or (parts.scheme in {"http", "https"} and bool(parts.netloc))
