"""The menus of the site: trees of entries, each with an address or a page behind it."""

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cms.core.audit import QUIET
from cms.core.database import Authored, Base, Identified, Timestamped, Versioned, stored_by_value
from cms.pages.models import Page

MENUS_KEY = "menus"
"""The surrogate key of whatever shows a menu; it is purged when one is saved, or a page that one names moves."""

LABEL_LENGTH = 100
URL_LENGTH = 510
DEEPEST = 3
"""How many levels a menu has at most."""


class MenuName(StrEnum):
    """Where a menu stands; templates ask for it by this name."""

    MAIN = "main"
    SITES = "sites"
    FOOTER = "footer"

    @property
    def label(self) -> str:
        return {"main": "Main menu", "sites": "Bar of sites", "footer": "Footer line"}[self.value]

    @property
    def place(self) -> str:
        """Say where visitors see it."""
        return {
            "main": "The first level stands in the header of every page, everything below it in the footer.",
            "sites": "A narrow bar above the header, for the sites around this one. Without entries there is no bar.",
            "footer": "The line at the very bottom of every page; it shows the first level.",
        }[self.value]


class Visibility(StrEnum):
    """Who sees an entry and all that lies below it; each includes those after it."""

    EVERYBODY = "everybody"
    SIGNED_IN = "signed-in"
    STAFF = "staff"
    HIDDEN = "hidden"

    @property
    def label(self) -> str:
        return {
            "everybody": "Everybody",
            "signed-in": "Who is signed in",
            "staff": "Staff only",
            "hidden": "Nobody (hidden)",
        }[self.value]


class Menu(Identified, Authored, Timestamped, Versioned, Base):
    """A menu as a whole: who saved it last, and what it looked like then, which is what the history compares."""

    __tablename__ = "menus"
    invalidates = (MENUS_KEY,)

    name: Mapped[MenuName] = mapped_column(stored_by_value(MenuName), unique=True)
    outline: Mapped[str] = mapped_column(Text, default="")

    def __str__(self) -> str:
        return self.name.label


class MenuItem(Identified, Timestamped, Base):
    """An entry of a menu. It leads to its page wherever that moves, or else to its address."""

    __tablename__ = "menu_items"
    __table_args__ = (Index("ix_menu_items_menu_place", "menu", "parent_id", "position"),)
    invalidates = (MENUS_KEY,)

    menu: Mapped[MenuName] = mapped_column(stored_by_value(MenuName))
    parent_id: Mapped[int | None] = mapped_column(
        # Checked at the end: a tree is written in any order, and the old site's rows come by their numbers.
        ForeignKey("menu_items.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
        index=True,
        info={"audit": QUIET},
    )
    position: Mapped[int] = mapped_column(Integer, default=0, info={"audit": QUIET})
    label: Mapped[str] = mapped_column(String(LABEL_LENGTH))
    url: Mapped[str] = mapped_column(String(URL_LENGTH), default="")
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id", ondelete="SET NULL"), index=True)
    visibility: Mapped[Visibility] = mapped_column(stored_by_value(Visibility), default=Visibility.EVERYBODY)

    page: Mapped[Page | None] = relationship(lazy="raise")

    @property
    def target(self) -> str:
        """Where the entry leads; "" where its page has been deleted."""
        return self.page.public_path if self.page is not None else self.url

    def __str__(self) -> str:
        return self.label
