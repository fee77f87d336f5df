"""Which addresses of the site somebody answers: a page, a release, a box, a redirect, or the program itself."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.boxes.models import Box
from cms.boxes.placement import MADE_BY_THE_SITE
from cms.core.addresses import belongs_to_program
from cms.core.publishing import is_live
from cms.downloads.models import OperatingSystem, Release
from cms.pages.models import Page
from cms.redirects.models import Redirect
from cms.redirects.old_addresses import moved
from cms.redirects.queries import spellings

ELSEWHERE = frozenset({"ftp"})
"""First segments of paths that other servers answer under the same name."""

RELEASE = re.compile(r"/(?:downloads|getit)/release/([^/]+)")
SYSTEM = re.compile(r"/(?:downloads|getit)/([^/]+)")
BOX = re.compile(r"/box/([^/]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Everything in the database that has an address, as it is at one moment."""

    pages: frozenset[str]
    redirects: frozenset[str]
    releases: frozenset[str]
    systems: frozenset[str]
    boxes: frozenset[str]

    @classmethod
    async def now(cls, session: AsyncSession) -> Self:
        return cls(
            pages=await _all(session, select(Page.path).where(is_live(Page))),
            redirects=frozenset(path.rstrip("/") for path in await _all(session, select(Redirect.old_path))),
            releases=await _all(session, select(Release.slug).where(is_live(Release))),
            systems=await _all(session, select(OperatingSystem.slug)),
            boxes=await _all(session, select(Box.label).where(is_live(Box))) | frozenset(MADE_BY_THE_SITE),
        )

    @classmethod
    async def among(cls, session: AsyncSession, paths: Collection[str]) -> Self:
        """Return the same for a few paths alone, however much there is besides."""
        plain = {path.strip("/") for path in paths}
        slugs = {path.rpartition("/")[2] for path in plain}
        old_paths = {spelling for path in plain for spelling in spellings(f"/{path}")}
        redirects = await _all(session, select(Redirect.old_path).where(Redirect.old_path.in_(old_paths)))
        return cls(
            pages=await _all(session, select(Page.path).where(is_live(Page), Page.path.in_(plain))),
            redirects=frozenset(path.rstrip("/") for path in redirects),
            releases=await _all(session, select(Release.slug).where(is_live(Release), Release.slug.in_(slugs))),
            systems=await _all(session, select(OperatingSystem.slug)),
            boxes=await _all(session, select(Box.label).where(is_live(Box), Box.label.in_(slugs)))
            | frozenset(MADE_BY_THE_SITE),
        )

    def knows(self, path: str) -> bool:
        """Return whether a visitor of the path is answered, perhaps by being sent elsewhere."""
        plain = "/" + path.strip("/")
        segment = plain.strip("/").partition("/")[0]
        if plain == "/" or belongs_to_program(plain) or segment in ELSEWHERE:
            return True
        if plain.lstrip("/") in self.pages or plain in self.redirects or moved(plain):
            return True
        return any(
            (found := pattern.fullmatch(plain)) is not None and found[1] in names
            for pattern, names in ((RELEASE, self.releases), (SYSTEM, self.systems), (BOX, self.boxes))
        )


async def _all(session: AsyncSession, statement: Any) -> frozenset[str]:
    found: Iterable[str] = await session.scalars(statement)
    return frozenset(found)
