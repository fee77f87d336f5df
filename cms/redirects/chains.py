"""Redirects that lead to redirects: the way of a visitor from one to the next."""

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.changes import AS_HANDLED
from cms.redirects import queries
from cms.redirects.models import Redirect

LONGEST = 10
"""Steps after which nobody looks further; browsers give up after about twice as many."""


async def way_of(session: AsyncSession, redirect: Redirect) -> list[str]:
    """Return the targets that a visitor of the redirect is sent to, one after the other; the last one is the end.

    An end of "" means that what was there is gone for good. Where the way leads in a circle it ends at its beginning.
    """
    way = [redirect.new_path]
    start = queries.spellings(redirect.old_path)
    while way[-1] and way[-1] not in start and len(way) < LONGEST:
        others = queries.from_path(way[-1]).where(Redirect.id != (redirect.id or 0))
        with session.no_autoflush:
            following = (await session.scalars(others)).first()
        if following is None:
            break
        way.append(following.new_path)
    return way


async def recount(session: AsyncSession, paths: Iterable[str]) -> None:
    """Count the steps of all redirects anew that lead to one of these paths, however many others come between.

    Nothing that visitors see depends on the count, so that no page is purged, and no form of a colleague grows stale.
    """
    await session.flush()
    reached: set[str] = set()
    ends = {spelling for path in paths for spelling in queries.spellings(path)}
    for _ in range(LONGEST):
        leading = select(Redirect).where(Redirect.new_path.in_(ends - reached))
        reached |= ends
        found = (await session.scalars(leading)).all()
        for redirect in found:
            await _write_steps(session, redirect)
        ends = {spelling for redirect in found for spelling in queries.spellings(redirect.old_path)}
        if ends <= reached:
            return


async def _write_steps(session: AsyncSession, redirect: Redirect) -> None:
    steps = len(await way_of(session, redirect))
    if steps != redirect.steps:
        statement = update(Redirect).where(Redirect.id == redirect.id)
        values = {"steps": steps, "updated_at": Redirect.updated_at}
        await session.execute(statement.values(values), execution_options=AS_HANDLED)
