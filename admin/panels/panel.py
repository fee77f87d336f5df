"""What a panel of the dashboard is: some lines that wait for a person, how many there are, and where the rest is."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from admin.base import AdminView
from admin.urls import url_to
from cms.core.publishing import Publishable
from cms.users.models import User

SHOWN = 6
MOST = 100
"""Rows that are fetched of each table to be counted; where there are more, a panel says “100+”."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in a panel; without an address it is only told."""

    label: str
    url: str = ""
    state: Markup | str = ""
    moment: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines under a title; the ones that are shown, and how many there are in all."""

    title: str
    lines: Sequence[Line] = ()
    help: str = ""
    all_url: str = ""
    is_alarm: bool = False

    @property
    def shown(self) -> Sequence[Line]:
        return self.lines[:SHOWN]

    @property
    def total(self) -> str:
        return f"{MOST}+" if len(self.lines) >= MOST else str(len(self.lines))


@dataclass(frozen=True, slots=True)
class Desk:
    """A person at the back office, and what it is made of."""

    user: User
    views: Sequence[AdminView]
    session: AsyncSession = field(repr=False)

    @property
    def publishable(self) -> list[AdminView]:
        """Return the views of what is drafted and published that the person may look at."""
        return [
            view for view in self.views if issubclass(view.model, Publishable) and view.is_open_to(self.user, "list")
        ]

    def view_of_table(self, name: str) -> AdminView | None:
        """Return the view that shows the rows of a table, if the person may look at it."""
        found = (view for view in self.views if view.mapper.local_table.description == name)
        return next((view for view in found if view.is_open_to(self.user, "list")), None)

    def url_of_row(self, view: AdminView | None, row_id: int) -> str:
        """Return where the person goes on with a row: its form, or its details where they only look."""
        if view is None:
            return ""
        return url_to("edit" if view.is_open_to(self.user, "edit") else "details", identity=view.identity, pk=row_id)


Fill = Callable[[Desk], Awaitable[Panel]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A panel that there may be: for whom, made of which tables, and how it is filled."""

    name: str
    is_open_to: Callable[[Desk], bool]
    tables: Callable[[Desk], set[str]]
    fill: Fill


def tables_of(views: Sequence[Any]) -> set[str]:
    """Return the names of the tables that views show."""
    return {str(view.mapper.local_table.description) for view in views}
