"""Menus for tests."""

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import SYSTEM
from cms.menus import queries
from cms.menus.models import Menu, MenuName, Visibility
from cms.menus.services import Line, save_menu


async def make_menu(session: AsyncSession, *lines: Line, name: MenuName = MenuName.MAIN) -> Menu:
    """Return a menu that consists of these lines, whatever it was before."""
    menu = await session.scalar(queries.named(name))
    menu = await save_menu(session, name, lines, began_from=menu.lock_version if menu else 0, by=SYSTEM)
    await session.commit()
    return menu


def line(
    label: str, target: str = "", depth: int = 0, visibility: Visibility = Visibility.EVERYBODY, **ids: int | None
) -> Line:
    """Return a line of a menu that leads to a path made of its label, unless another is given."""
    return Line(label=label, target=target or f"/{label.lower()}/", depth=depth, visibility=visibility, **ids)
