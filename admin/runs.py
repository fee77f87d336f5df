"""What runs in the background for a person: how far it has come, what was refused and why, and how to stop it."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from admin import formats, forms
from admin.base import row_key
from admin.rendering import NEVER_CACHED, go_to, render
from admin.requests import office_of, resources_of, user_of
from admin.urls import url_to
from cms.core import bulk
from cms.core.bulk import BulkRun, RunStatus
from cms.core.errors import NotFound
from cms.core.outbox import MessageStatus, OutboxMessage
from cms.core.permissions import Permission, allows
from cms.users.models import User

RUNS_SHOWN = 50
REFUSED_SHOWN = 200
STATES = {
    RunStatus.WAITING: "Waiting to begin",
    RunStatus.RUNNING: "Under way",
    RunStatus.DONE: "Done",
    RunStatus.CANCELLED: "Cancelled",
}
TONES = {RunStatus.DONE: "mark-live", RunStatus.CANCELLED: "mark-draft"}


async def show_runs(request: Request) -> Response:
    """Show what the person started, the latest first; who looks after the machinery sees what everybody started."""
    user = user_of(request)
    sees_all = request.query_params.get("of") == "everybody" and allows(user, Permission.OPERATIONS_VIEW)
    runs = select(BulkRun).order_by(BulkRun.id.desc()) if sees_all else bulk.runs_of(user)
    async with resources_of(request).sessionmaker() as session:
        found = (await session.scalars(runs.limit(RUNS_SHOWN))).all()
        names = await _names(session, found)
    context = {
        "runs": found,
        "names": names,
        "sees_all": sees_all,
        "may_see_all": allows(user, Permission.OPERATIONS_VIEW),
        "state_of": lambda run: STATES[run.status],
        "tone_of": lambda run: TONES.get(run.status, "mark-scheduled"),
        "title": "Work in the background",
    }
    return await render(request, "runs.html", context)


async def show_run(request: Request) -> Response:
    """Show how far a run has come, and once it is over what became of its rows."""
    user = user_of(request)
    async with resources_of(request).sessionmaker() as session:
        run = await _run(session, request, user)
        refused = (await session.scalars(bulk.refused_rows(run).limit(REFUSED_SHOWN))).all() if run.refused else []
        reasons = (await session.execute(bulk.reasons(run))).all() if run.refused else []
        has_stopped = run.is_under_way and await _has_failed(session, run)
        names = await _names(session, [run])
    view = next((found for found in office_of(request).model_views if found.identity == run.list_name), None)
    list_url = url_to("list", identity=run.list_name) + (f"?{run.list_query}" if run.list_query else "")
    context = {
        "run": run,
        "told": _told(run),
        "state": STATES[run.status],
        "tone": TONES.get(run.status, "mark-scheduled"),
        "reasons": reasons,
        "refused": refused,
        "view": view,
        "list_url": list_url,
        "has_stopped": has_stopped,
        "started_by": names.get(run.started_by_id, ""),
        "may_cancel": run.is_under_way and _may_cancel(run, user),
        "title": run.label,
    }
    return await render(request, "run.html", context)


async def show_state(request: Request) -> Response:
    """Answer how far a run has come, for the page that waits for it."""
    async with resources_of(request).sessionmaker() as session:
        run = await _run(session, request, user_of(request))
    answer = {"percent": run.percent, "told": _told(run), "is_under_way": run.is_under_way}
    return JSONResponse(answer, headers=NEVER_CACHED)


async def cancel(request: Request) -> Response:
    """Stop a run; what it has done stays done."""
    await forms.read_form(request)
    user = user_of(request)
    async with resources_of(request).sessionmaker() as session:
        run = await _run(session, request, user, lock=True)
        if not _may_cancel(run, user):
            raise NotFound("There is no such work of yours.")
        await bulk.cancel(session, run)
        await session.commit()
    left = formats.number(run.total - run.seen)
    return go_to(request, url_to("run", pk=run.id), saying=f"Stopped; {left} rows were left as they are.")


async def _run(session: AsyncSession, request: Request, user: User, *, lock: bool = False) -> BulkRun:
    """Return a run of the person's own, or any for who looks after the machinery. Raises NotFound."""
    chosen = select(BulkRun).where(BulkRun.id == row_key(request.path_params["pk"]))
    if not allows(user, Permission.OPERATIONS_VIEW):
        chosen = chosen.where(BulkRun.started_by_id == user.id)
    run = (await session.scalars(chosen.with_for_update() if lock else chosen)).one_or_none()
    if run is None:
        raise NotFound("There is no such work, or none of yours.")
    return run


def _may_cancel(run: BulkRun, user: User) -> bool:
    return run.started_by_id == user.id or allows(user, Permission.OPERATIONS_RUN)


async def _has_failed(session: AsyncSession, run: BulkRun) -> bool:
    """Return whether the machinery has given the run up after several attempts."""
    message = select(OutboxMessage.id).where(
        OutboxMessage.task == bulk.TASK,
        OutboxMessage.status == MessageStatus.FAILED,
        OutboxMessage.arguments["run_id"].as_integer() == run.id,
    )
    return await session.scalar(message) is not None


async def _names(session: AsyncSession, runs: Any) -> dict[int, str]:
    ids = {run.started_by_id for run in runs}
    found = await session.execute(select(User.id, User.username).where(User.id.in_(ids)))
    return dict(found.all())


def _told(run: BulkRun) -> str:
    told = f"{formats.number(run.seen)} of {formats.number(run.total)} rows"
    return f"{told}, {formats.number(run.refused)} of them refused" if run.refused else told


routes = [
    Route("/runs", show_runs),
    Route("/runs/{pk}", show_run),
    Route("/runs/{pk}/state", show_state),
    Route("/runs/{pk}/cancel", cancel, methods=["POST"]),
]
