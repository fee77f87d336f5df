"""Where a page stands among the others: the way up from it, and the links beside and below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy.ext.asyncio import AsyncSession

from cms.menus.trees import Menus, section_of
from cms.pages import queries
from cms.pages.models import Page

Links = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The links around a page, each a label and an address."""

    ancestors: Links
    menu: Links

    @classmethod
    def of(cls, page: Page, around: Sequence[Page], menus: Menus) -> Self:
        """Return the section of `page`, made of the pages around it in the order they come in.

        Where the site's menus cover the page, they decide what stands beside it. Else it is what lies below the page
        or, where nothing does, what lies beside it.
        """
        above = sorted((other for other in around if page.path.startswith(f"{other.path}/")), key=lambda p: len(p.path))
        below = [other for other in around if other.path.startswith(f"{page.path}/")]
        parent = page.path.rpartition("/")[0]
        beside = [other for other in around if parent and other.path.rpartition("/")[0] == parent]
        covered = tuple((entry.label, entry.path) for entry in section_of(page.public_path, menus))
        return cls(ancestors=_links(above), menu=covered or _links(below or (beside if len(beside) > 1 else ())))


async def section_around(session: AsyncSession, page: Page, menus: Menus) -> Section:
    return Section.of(page, (await session.scalars(queries.around(page.path))).all(), menus)


def _links(pages: Sequence[Page]) -> Links:
    return tuple((page.title or page.public_path, page.public_path) for page in pages)
