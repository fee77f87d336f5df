"""What makes one doubt that an entry of a menu leads where its editor means it to."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.links.answered import Answered
from cms.pages.models import Page
from cms.redirects.models import Redirect
from cms.redirects.old_addresses import moved
from cms.redirects.queries import spellings

NO_PAGE = "There is no page at this address."
DRAFT = "This page is a draft. The entry appears once the page is live."
GONE = "This address is gone for good."


async def doubts_about(session: AsyncSession, targets: Collection[str]) -> Mapping[str, str]:
    """Return a sentence for each target of this site that is a draft, is redirected, or that nobody answers."""
    paths = {target: target.partition("?")[0].partition("#")[0] for target in targets if target.startswith("/")}
    answered = await Answered.among(session, paths.values())
    redirects = await _redirects_from(session, paths.values())
    drafts = await _drafts_at(session, paths.values())
    found: dict[str, str] = {}
    for target, path in paths.items():
        if path in redirects:
            found[target] = f"This address is redirected to {redirects[path]}." if redirects[path] else GONE
        elif path.strip("/") in drafts:
            found[target] = DRAFT
        elif not answered.knows(path):
            found[target] = NO_PAGE
        elif path.strip("/") not in answered.pages and (old := moved(path)):
            found[target] = f"This address is redirected to {old.shown}."
    return found


async def _redirects_from(session: AsyncSession, paths: Collection[str]) -> dict[str, str]:
    spelt = {spelling: path for path in paths for spelling in spellings(path)}
    found = await session.execute(select(Redirect.old_path, Redirect.new_path).where(Redirect.old_path.in_(spelt)))
    return {spelt[old_path]: new_path for old_path, new_path in found}


async def _drafts_at(session: AsyncSession, paths: Collection[str]) -> set[str]:
    plain = {path.strip("/") for path in paths}
    found = await session.scalars(select(Page.path).where(Page.path.in_(plain), Page.is_published.is_(False)))
    return set(found)
