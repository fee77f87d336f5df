"""The history: who did what, when, from which value to which; for one row, or for all of them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin import formats
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView
from admin.rendering import render
from admin.requests import number_in, office_of, resources_of, user_of
from admin.urls import url_to, with_query
from cms.core.audit import AuditEntry
from cms.core.permissions import Permission, allows

ENTRIES_A_PAGE = 50
LONGEST_SHOWN = 400
ACTIONS = (
    "create",
    "update",
    "delete",
    "publish",
    "unpublish",
    "schedule",
    "expire",
    "save draft",
    "discard draft",
    "submit for review",
    "comment",
    "approve",
    "send back",
    "withdraw",
    "make preview link",
    "end preview links",
    "restore",
    "move",
    "sign in",
    "refuse sign-in",
    "end sessions",
    "invite",
    "change password",
    "set password",
    "reset password",
    "view as role",
    "seed",
    "export",
    "import",
)
BOOKKEEPING = frozenset({"updated_at", "created_at", "created_by_id", "updated_by_id", "lock_version"})

ON_THEIR_OWN = (("menus", "Menus"), ("menu_items", "Entries of menus"))
"""Tables that have a page, but no list."""


@dataclass(frozen=True, slots=True)
class Change:
    """A column's old and new value, as people read them."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry with its changes, and where its row is now."""

    entry: AuditEntry
    changes: list[Change]
    url: str


async def whole_history(request: Request) -> Response:
    """Show every entry, the newest first, narrowed by person, day, table and what was done."""
    require_somewhere(request, Permission.AUDIT_VIEW)
    statement = select(AuditEntry)
    asked = {
        name: request.query_params.get(name, "").replace("\x00", "").strip()
        for name in ("person", "day", "table", "action")
    }
    if asked["person"]:
        statement = statement.where(AuditEntry.actor_name == asked["person"])
    if (day := _day(asked["day"])) is not None:
        statement = statement.where(AuditEntry.at >= day, AuditEntry.at < day + timedelta(days=1))
    if asked["table"]:
        statement = statement.where(AuditEntry.table_name == asked["table"])
    if asked["action"]:
        statement = statement.where(AuditEntry.action == asked["action"])
    tables = sorted([*((table_of(view), view.name_plural) for view in office_of(request).model_views), *ON_THEIR_OWN])
    return await _show(
        request, statement, {"title": "History", "asked": asked, "tables": tables, "row": None, "actions": ACTIONS}
    )


async def row_history(request: Request) -> Response:
    """Show the entries of one row, which outlive the row itself for those who may read all of them."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.view)
    async with resources_of(request).sessionmaker() as session:
        reached = await view.find(session, user, request.path_params["pk"])
    statement = select(AuditEntry).where(AuditEntry.table_name == table_of(view), AuditEntry.row_id == reached.row.id)
    return await _show(
        request,
        statement,
        {"title": f"History of “{reached.row}”", "view": view, "row": reached.row, "asked": {}, "tables": []},
    )


async def _show(request: Request, statement: Select[Any], context: dict[str, Any]) -> Response:
    before = number_in(request, "before")
    if before is not None:
        statement = statement.where(AuditEntry.id < before)
    async with resources_of(request).sessionmaker() as session:
        entries = (await session.scalars(statement.order_by(AuditEntry.id.desc()).limit(ENTRIES_A_PAGE + 1))).all()
    user = user_of(request)
    shown = [
        _shown(request, entry, is_told=allows(user, Permission.AUDIT_VIEW) or context["row"] is not None)
        for entry in entries[:ENTRIES_A_PAGE]
    ]
    has_more = len(entries) > ENTRIES_A_PAGE
    older_url = with_query(request, before=entries[ENTRIES_A_PAGE - 1].id) if has_more else ""
    return await render(request, "history.html", {**context, "entries": shown, "older_url": older_url})


def _shown(request: Request, entry: AuditEntry, *, is_told: bool) -> Shown:
    view = next((found for found in office_of(request).model_views if table_of(found) == entry.table_name), None)
    label = view.label_of if view else (lambda name: name.replace("_", " ").capitalize())
    changes = [
        Change(label(name), _readable(old), _readable(new))
        for name, (old, new) in sorted(entry.changes.items())
        if is_told and name not in BOOKKEEPING
    ]
    may_open = view is not None and entry.action != "delete" and view.is_open_to(user_of(request), "list")
    url = url_to("details", identity=view.identity, pk=entry.row_id) if view and may_open and entry.row_id else ""
    return Shown(entry, changes, url)


def table_of(view: AdminView) -> str:
    """Return the name of the table that a view shows, as entries name it."""
    return str(view.mapper.local_table.description)


def _readable(value: Any) -> str:
    text = formats.recorded(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}… ({len(text):,} characters)"


def _day(typed: str) -> datetime | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day < date.max else None


routes = [
    Route("/history", whole_history),
    Route("/{identity}/history/{pk}", row_history),
]
