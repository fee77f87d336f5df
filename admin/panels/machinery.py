"""Panels of what the machine does: the person's work in the background, and tasks that failed."""

from admin import formats
from admin.columns import badge
from admin.operations.tabs import url_of
from admin.operations.tasks import failed_tasks
from admin.panels.panel import MOST, Desk, Line, Panel
from admin.urls import url_to
from cms.core import bulk, clock
from cms.core.bulk import BulkRun

LATELY_DAYS = 2


async def my_runs(desk: Desk) -> Panel:
    """What the person had done to many rows at once, if it runs or ended lately."""
    runs = await desk.session.scalars(bulk.runs_of(desk.user).limit(MOST))
    lines = [_line(run) for run in runs if run.is_under_way or (clock.now() - run.started_at).days < LATELY_DAYS]
    return Panel("Your work in the background", lines, all_url=url_to("runs"))


async def failed(desk: Desk) -> Panel:
    """The tasks that were given up after all their attempts."""
    lines = [
        Line(task.message.task, moment=task.message.created_at, detail=task.error[:200])
        for task in await failed_tasks(desk.session, limit=MOST)
    ]
    return Panel(
        "Failed tasks", lines, help="To run again, or to give up.", all_url=url_of("tasks"), is_alarm=bool(lines)
    )


def _line(run: BulkRun) -> Line:
    told = f"{formats.number(run.done)} of {formats.number(run.total)} done"
    if run.refused:
        told += f", {formats.number(run.refused)} refused"
    state = badge("Under way", "scheduled") if run.is_under_way else badge(run.status.value.capitalize(), "live")
    return Line(run.label, url_to("run", pk=run.id), state=state, moment=run.started_at, detail=told)
