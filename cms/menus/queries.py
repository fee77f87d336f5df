"""Which entries the menus have."""

from typing import Any

from sqlalchemy import Select, and_, case, or_, select
from sqlalchemy.orm import joinedload, load_only

from cms.core.publishing import is_live
from cms.menus.models import Menu, MenuItem, MenuName, Visibility
from cms.pages.models import Page


def named(name: MenuName) -> Select[Menu]:
    """The menu of this name; there is none before it was saved for the first time."""
    return select(Menu).where(Menu.name == name)


def items_of(name: MenuName) -> Select[MenuItem]:
    """The entries of a menu with their pages, those of one parent in their order."""
    page = joinedload(MenuItem.page).options(load_only(Page.title, Page.path, Page.is_published, raiseload=True))
    return select(MenuItem).where(MenuItem.menu == name).options(page).order_by(MenuItem.position, MenuItem.id)


def shown() -> Select[Any]:
    """What the site shows of all menus: no hidden entries, and none whose page is a draft or was deleted."""
    address = case((Page.id.is_not(None), "/" + Page.path + "/"), else_=MenuItem.url).label("address")
    return (
        select(MenuItem.id, MenuItem.menu, MenuItem.parent_id, MenuItem.label, MenuItem.visibility, address)
        .outerjoin(Page, MenuItem.page_id == Page.id)
        .where(
            MenuItem.visibility != Visibility.HIDDEN,
            or_(and_(MenuItem.page_id.is_(None), MenuItem.url != ""), is_live(Page)),
        )
        .order_by(MenuItem.position, MenuItem.id)
    )
