"""What makes one doubt that an entry of a menu leads where its editor means it to."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.addresses import is_reserved, is_section
from cms.pages.models import Page
from cms.redirects.models import Redirect
from cms.redirects.queries import spellings

NO_PAGE = "There is no page at this address."
DRAFT = "This page is a draft. The entry appears once the page is live."


async def doubts_about(session: AsyncSession, targets: Collection[str]) -> Mapping[str, str]:
    """Return a sentence for each target of this site that is a draft, is redirected, or has nothing known behind it."""
    paths = {target for target in targets if target.startswith("/")}
    moved = await _redirects_from(session, paths)
    states = await _pages_at(session, paths)
    found: dict[str, str] = {}
    for path in paths:
        plain = path.partition("?")[0].partition("#")[0].strip("/")
        if path in moved:
            found[path] = f"This address is redirected to {moved[path]}." if moved[path] else "This page is gone."
        elif states.get(plain) is False:
            found[path] = DRAFT
        elif plain not in states and not is_section(plain) and not is_reserved(plain):
            found[path] = NO_PAGE
    return found


async def _redirects_from(session: AsyncSession, paths: Collection[str]) -> dict[str, str]:
    spelt = {spelling: path for path in paths for spelling in spellings(path)}
    found = await session.execute(select(Redirect.old_path, Redirect.new_path).where(Redirect.old_path.in_(spelt)))
    return {spelt[old_path]: new_path for old_path, new_path in found}


async def _pages_at(session: AsyncSession, paths: Collection[str]) -> dict[str, bool]:
    """Return whether the pages at these paths are live, by their paths without slashes at the ends."""
    plain = {path.partition("?")[0].partition("#")[0].strip("/") for path in paths}
    return dict((await session.execute(select(Page.path, Page.is_published).where(Page.path.in_(plain)))).all())
