"""The pages of operations: their row of tabs, how one is shown, and how the pulling of a lever is recorded."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin.rendering import render
from admin.requests import user_of
from admin.urls import url_to
from cms.core import audit
from cms.core.permissions import Permission, allows

OVERVIEW = "overview"
TABS = {
    OVERVIEW: "Overview",
    "tasks": "Tasks",
    "schedule": "Schedule",
    "mails": "Mails",
    "purges": "Purges",
    "search": "Search",
    "storage": "Storage",
    "sessions": "Sessions",
    "settings": "Settings",
}
PAGE = 50
"""Entries of a record shown at once."""


@dataclass(frozen=True, slots=True)
class Done:
    """What pulling a lever did, in a sentence, and the tab on which one sees what comes of it."""

    sentence: str
    tab: str


Lever = Callable[[AsyncSession, FormData], Awaitable[Done]]


@dataclass(frozen=True, slots=True)
class Operation:
    """Stands in the history in the place of a row, for what concerns none."""

    label: str
    id: None = None
    __tablename__ = "operations"

    def __str__(self) -> str:
        return self.label


def url_of(tab: str, **query: Any) -> str:
    """Return the address of a tab."""
    return url_to("operations", query=query) if tab == OVERVIEW else url_to("operations-tab", tab=tab, query=query)


async def show_tab(request: Request, tab: str, context: Mapping[str, Any], *, template: str = "") -> Response:
    """Return the page of a tab, with the row of all of them."""
    everything = {
        "title": "Operations",
        "tab": tab,
        "tabs": [(name, label, url_of(name)) for name, label in TABS.items()],
        "tab_label": TABS[tab],
        "url_of": url_of,
        "may_run": allows(user_of(request), Permission.OPERATIONS_RUN),
        **context,
    }
    return await render(request, template or f"operations_{tab}.html", everything)


def record(session: AsyncSession, label: str, *, action: str, remark: str = "") -> None:
    """Enter the pulling of a lever into the history."""
    audit.record(session, Operation(label), action=action, remark=remark)
