"""The import of a table: a file is chosen, what it would change is shown row by row, and then it is confirmed."""

import asyncio
from http import HTTPStatus

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin import forms
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView, row_key
from admin.import_columns import importable_of
from admin.import_plans import Fate, Plan, with_surprises_refused
from admin.import_trials import MOST_WRITTEN, Trial
from admin.rendering import go_to, render
from admin.requests import resources_of
from admin.urls import url_to
from cms.core import audit, uploaded_tables
from cms.core.errors import Invalid, NotFound
from cms.core.publishing import Publishable
from cms.core.tabular.reading import LARGEST_FILE, MOST_ROWS, Table, read
from cms.core.uploaded_tables import UploadedTable
from cms.users.models import User

SHOWN_AT_ONCE = 200
CHANGED_MEANWHILE = "Nothing was imported: since you looked, somebody else changed what this import would change."
NOTHING_TO_DO = "Nothing was imported: no row would change."
STILL_REFUSED = "Nothing was imported: rows are refused."


async def choose(request: Request) -> Response:
    """Show what a file must look like, or try what was chosen and lead to what would change."""
    view, user = _importing(request)
    if request.method == "GET":
        return await _show_choice(request, view)
    try:
        filename, content = await _uploaded(request)
        table = await asyncio.to_thread(read, content)
        async with resources_of(request).sessionmaker() as session:
            plan = await Trial(session, view, user, _remark(filename)).of(table)
    except Invalid as refusal:
        return await _show_choice(request, view, problem=refusal.message)
    async with resources_of(request).sessionmaker() as session:
        kept = await uploaded_tables.keep(
            session, _table_name(view), content=content, filename=filename, plan=plan.as_json(), by=user
        )
        await session.commit()
    return go_to(request, url_to("import-plan", identity=view.identity, pk=kept.id))


async def confirm(request: Request) -> Response:
    """Show what a file would change, or write it: all of it or nothing."""
    view, user = _importing(request)
    key = row_key(request.path_params["pk"])
    posted = await forms.read_form(request) if request.method == "POST" else None
    async with resources_of(request).sessionmaker() as session:
        kept = await uploaded_tables.kept_for(session, _table_name(view), key, by=user, lock=posted is not None)
        shown = Plan.from_json(kept.plan)
        if posted is None:
            return await _show_plan(request, view, kept, shown)
        if posted.get("press") == "discard":
            await session.delete(kept)
            await session.commit()
            return go_to(request, url_to("list", identity=view.identity), saying="Nothing was imported.", tone="info")
        table = await asyncio.to_thread(read, kept.content)
        leaves_out = posted.get("leave_out") == "yes"
        plan, problem = await _written(session, view, user, kept, table, shown, leaves_out=leaves_out)
        if not problem:
            await session.delete(kept)
            await session.commit()
            return go_to(request, url_to("list", identity=view.identity), saying=_told(plan))
    await _keep_plan(request, view, user, key, plan)
    return await _show_plan(request, view, kept, plan, problem=problem)


async def _written(
    session: AsyncSession,
    view: AdminView,
    user: User,
    kept: UploadedTable,
    table: Table,
    shown: Plan,
    *,
    leaves_out: bool,
) -> tuple[Plan, str]:
    """Write what the file brings, but for the end of the transaction; return what came out and why it must not stay."""
    refused = shown.refused_rows if leaves_out else frozenset()
    try:
        plan = await Trial(session, view, user, _remark(kept.filename)).of(table, without=refused)
    except Invalid as refusal:
        return shown, refusal.message
    plan = with_surprises_refused(plan, shown=shown)
    if plan.refused_rows:
        return plan, CHANGED_MEANWHILE if plan.refused_rows - shown.refused_rows else STILL_REFUSED
    if not plan.to_write:
        return plan, NOTHING_TO_DO
    remark = f"{kept.filename}: {_counted(plan)}"
    audit.record_of_table(session, view.model, label=view.name_plural, action="import", remark=remark)
    return plan, ""


async def _keep_plan(request: Request, view: AdminView, user: User, key: int, plan: Plan) -> None:
    """Keep what came out, so that confirming once more means that the person has seen it."""
    async with resources_of(request).sessionmaker() as session:
        kept = await uploaded_tables.kept_for(session, _table_name(view), key, by=user, lock=True)
        kept.plan = plan.as_json()
        await session.commit()


def _importing(request: Request) -> tuple[AdminView, User]:
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.edit)
    if view.importable is None:
        raise NotFound(f"{view.name_plural} are not imported.")
    return view, user


async def _uploaded(request: Request) -> tuple[str, bytes]:
    """Return the name and the content of the file that was chosen. Raises Invalid."""
    upload = (await forms.read_form(request)).get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise Invalid("Choose a file.")
    content = await upload.read(LARGEST_FILE + 1)
    return upload.filename, content


async def _show_choice(request: Request, view: AdminView, *, problem: str = "") -> Response:
    importable = importable_of(view)
    context = {
        "view": view,
        "title": f"Import {view.name_plural.lower()}",
        "key": view.label_of(importable.key),
        "columns": [view.label_of(name) for name in importable.columns],
        "is_publishable": issubclass(view.model, Publishable),
        "problem": problem,
        "limits": {"bytes": LARGEST_FILE // 1_000_000, "rows": MOST_ROWS, "written": MOST_WRITTEN},
    }
    return await render(
        request, "import.html", context, status_code=HTTPStatus.UNPROCESSABLE_ENTITY if problem else 200
    )


async def _show_plan(
    request: Request, view: AdminView, kept: UploadedTable, plan: Plan, *, problem: str = ""
) -> Response:
    fate = request.query_params.get("show", "")
    outcomes = plan.with_fate(fate if fate in set(Fate) else "")
    page = _page(request.query_params.get("page", ""), len(outcomes))
    context = {
        "view": view,
        "title": f"What “{kept.filename}” would change",
        "kept": kept,
        "plan": plan,
        "fate": fate,
        "outcomes": outcomes[(page - 1) * SHOWN_AT_ONCE : page * SHOWN_AT_ONCE],
        "page": page,
        "has_more": len(outcomes) > page * SHOWN_AT_ONCE,
        "problem": problem,
    }
    return await render(request, "import_plan.html", context, status_code=HTTPStatus.CONFLICT if problem else 200)


def _page(asked: str, count: int) -> int:
    last = max(1, -(-count // SHOWN_AT_ONCE))
    return min(int(asked), last) if asked.isdecimal() and asked.isascii() and 0 < len(asked) < 9 and int(asked) else 1


def _table_name(view: AdminView) -> str:
    return str(view.mapper.local_table.description)


def _remark(filename: str) -> str:
    return f"Import of {filename}"


def _counted(plan: Plan) -> str:
    return f"{plan.counts[Fate.NEW]:,} new, {plan.counts[Fate.CHANGED]:,} changed"


def _told(plan: Plan) -> str:
    drafts = sum(outcome.is_draft for outcome in plan.outcomes)
    kept = f" {drafts:,} of them are drafts beside what is live; publish them when they are ready." if drafts else ""
    return f"Imported: {_counted(plan)}, {plan.unchanged:,} as they were.{kept}"


routes = [
    Route("/{identity}/import", choose, methods=["GET", "POST"]),
    Route("/{identity}/import/{pk}", confirm, methods=["GET", "POST"]),
]
