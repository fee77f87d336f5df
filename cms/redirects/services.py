"""Decisions about redirects: saving one, straightening its way, deleting one, following what moves."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import audit, deletion, outbox
from cms.core.addresses import belongs_to_program
from cms.core.errors import Invalid, InvalidTransition
from cms.core.integrity import explain_constraint
from cms.core.permissions import Actor, Permission, require
from cms.redirects import chains, queries
from cms.redirects.models import Redirect
from cms.redirects.old_addresses import Moved, moved, own_path

SPACE = 0x20
"""The first character that is no control character."""

FOLLOWED = "follow move"
"""What the history calls the writing of a redirect because something moved."""

CIRCLE = "With the redirects and the old addresses that there are, this one leads in a circle."

explain_constraint("uq_redirects_old_path", field="old_path", sentence="This path is redirected already.")


Occupant = Callable[[AsyncSession, str], Awaitable[str]]

_occupants: list[Occupant] = []


def occupies(occupant: Occupant) -> Occupant:
    """Register who can say what is public at a path, in words such as “the page About”; "" where nothing is."""
    _occupants.append(occupant)
    return occupant


async def save_redirect(session: AsyncSession, redirect: Redirect, *, by: Actor) -> None:
    """Write a new or changed redirect.

    Raises PermissionDenied, or Invalid naming each field that breaks a rule.
    """
    redirect.old_path, redirect.new_path = redirect.old_path.strip(), redirect.new_path.strip()
    errors = _broken_rules(redirect)
    if not errors and await _comes_back(session, redirect.old_path, redirect.new_path, besides=redirect):
        errors["new_path"] = [CIRCLE]
    if not errors and inspect(redirect).attrs.old_path.history.added:
        errors = await _hidden_by(session, redirect)
    if errors:
        raise Invalid.in_fields(errors)
    moved_from = inspect(redirect).attrs.old_path.history.deleted
    session.add(redirect)
    await require(session, by, Permission.REDIRECTS_EDIT, redirect)
    redirect.steps = len(await chains.way_of(session, redirect))
    await chains.recount(session, [redirect.old_path, *moved_from])
    outbox.enqueue(session, "settle_missed_paths")


async def lead_straight(session: AsyncSession, redirect: Redirect, *, by: Actor) -> None:
    """Have a redirect lead to its end at once, instead of by way of others.

    Raises PermissionDenied, or InvalidTransition where it does so already.
    """
    await require(session, by, Permission.REDIRECTS_EDIT, redirect)
    way = await chains.way_of(session, redirect)
    if len(way) == 1:
        raise InvalidTransition("This redirect leads straight to its end already.")
    redirect.new_path, redirect.steps = way[-1], 1
    audit.note(session, redirect, action="lead straight", remark=f"It led by way of {', '.join(way[:-1])}.")
    await chains.recount(session, [redirect.old_path])


async def delete_redirect(session: AsyncSession, redirect: Redirect, *, by: Actor) -> None:
    """Delete a redirect. Raises PermissionDenied."""
    await deletion.delete(session, redirect, permission=Permission.REDIRECTS_EDIT, by=by)
    await chains.recount(session, [redirect.old_path])


async def follow_move(session: AsyncSession, old_path: str, new_path: str, *, by: Actor) -> Redirect | None:
    """Lead whoever still asks for the old path of something public to its new one.

    To be called in the transaction of the move. Nothing then hides the new path, and redirects that led to the old
    one lead straight to the new. It takes no permission of its own: who may move what is public may say where it is.
    Returns the new redirect; None where the path is the same or an editor's redirect was there already.
    """
    if queries.spellings(old_path) == queries.spellings(new_path):
        return None
    await make_way(session, new_path)
    with session.no_autoflush:
        followers = (await session.scalars(queries.leading_to(old_path))).all()
        present = (await session.scalars(queries.from_path(old_path))).first()
    for redirect in followers:
        if redirect not in session.deleted:
            audit.note(session, redirect, action=FOLLOWED, remark=f"{old_path} moved to {new_path}.")
            redirect.new_path, redirect.steps = new_path, 1
    made = None if present else Redirect(old_path=old_path, new_path=new_path, created_by_id=by.id)
    if made:
        session.add(made)
        audit.note(session, made, action=FOLLOWED, remark=f"{old_path} moved to {new_path}.")
    await chains.recount(session, [new_path])
    return made


async def old_address(session: AsyncSession, path: str, query: str = "") -> Moved | None:
    """Return where an address of the past leads. To be asked last: whatever lies at the address today comes first.

    None where it is no such address, or where redirects of the editors lead from its target back to it: a missing page
    is better than a circle.
    """
    found = moved(path, query)
    return None if found is None or await _comes_back(session, path, found.target) else found


async def make_way(session: AsyncSession, path: str) -> None:
    """Remove redirects away from a path, which would keep everybody from what is public there now."""
    with session.no_autoflush:
        found = (await session.scalars(queries.from_path(path))).all()
    for redirect in found:
        audit.note(session, redirect, action="delete", remark="Something public lies at this path now.")
        await session.delete(redirect)


async def _hidden_by(session: AsyncSession, redirect: Redirect) -> dict[str, list[str]]:
    """Return a sentence where the redirect would keep readers from something that is live; it comes before pages."""
    hidden = await _public_at(session, redirect.old_path)
    told = [f"At this path lies {what}; a redirect would hide it. Move it, or take it down first." for what in hidden]
    return {"old_path": told} if told else {}


async def _public_at(session: AsyncSession, path: str) -> list[str]:
    with session.no_autoflush:
        return [what for occupant in _occupants if (what := await occupant(session, path))]


def _broken_rules(redirect: Redirect) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not redirect.old_path.startswith("/") or redirect.old_path.startswith("//"):
        errors["old_path"] = ["Write the old path with one slash at its beginning, such as “/old/page/”."]
    elif redirect.old_path == "/" or any(ord(character) < SPACE for character in redirect.old_path):
        errors["old_path"] = [
            "Nobody is redirected from here: the home page answers “/”, and no browser sends the rest."
        ]
    elif belongs_to_program(redirect.old_path):
        errors["old_path"] = ["This address belongs to the program itself; a redirect here would never be followed."]
    if redirect.new_path and not is_safe_target(redirect.new_path):
        errors["new_path"] = [
            "Write a path that begins with a slash, or an address that begins with https:// or http://."
        ]
    if redirect.new_path and redirect.new_path.rstrip("/") == redirect.old_path.rstrip("/"):
        errors["new_path"] = ["A path cannot be redirected to itself."]
    return errors


async def _comes_back(session: AsyncSession, start: str, target: str, *, besides: Redirect | None = None) -> bool:
    """Follow redirects and old addresses from a target on; whoever comes back to the start goes round for ever."""
    for _ in range(chains.LONGEST):
        path = own_path(target)
        if not path:
            return False
        if path in queries.spellings(start):
            return True
        others = queries.from_path(path).where(Redirect.id != (besides.id if besides and besides.id else 0))
        with session.no_autoflush:
            redirect = (await session.scalars(others)).first()
        old = moved(path) if redirect is None and not await _public_at(session, path) else None
        if redirect is None and old is None:
            return False
        target = redirect.new_path if redirect else old.target if old else ""
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
