"""The task that acts on the rows of a run: a few at a time, in the name of who started it, until none waits."""

import time
from typing import Any

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

import cms.bulk_actions  # noqa: F401 - registers what can be done to many rows.
from cms.core import bulk, clock, live, outbox
from cms.core.audit import acting_as
from cms.core.bulk import LABEL_LENGTH, UNDER_WAY, BulkRow, BulkRun, Outcome, RunStatus
from cms.core.changes import AS_HANDLED
from cms.core.resources import Resources
from cms.core.tasks import task
from cms.users.grants import load_grants
from cms.users.models import User

CHUNK = 50
"""Rows of one transaction: what a killed worker does again, and how long others wait for a lock."""

SLICE = 20.0
"""Seconds after which the rest is left to the next message, so that no run holds a worker for ever."""

GONE = "It is not there any more."
NO_LONGER_STAFF = "Whoever started this is no longer active staff."


@task(timeout=60)
async def act_on_many(resources: Resources, session: AsyncSession, *, run_id: int) -> None:
    """Act on the rows of a run that wait. Each chunk is a transaction, so what was done once is not done again."""
    ends_at = time.monotonic() + SLICE
    while await act_on_chunk(resources.sessionmaker, run_id):
        await live.announce(resources.redis, {BulkRun.__tablename__})
        if time.monotonic() >= ends_at:
            outbox.enqueue(session, "act_on_many", run_id=run_id)
            return
    await live.announce(resources.redis, {BulkRun.__tablename__})


async def act_on_chunk(sessionmaker: async_sessionmaker[AsyncSession], run_id: int) -> bool:
    """Act on the next rows and write down what became of them; return whether others wait."""
    async with sessionmaker.begin() as session:
        run = await session.get(BulkRun, run_id, with_for_update=True)
        if run is None or run.status not in UNDER_WAY:
            return False
        person = await _person(session, run)
        ids = list(await session.scalars(_waiting(run).limit(CHUNK)))
        with acting_as(person):
            results = await _act(session, run, ids, by=person)
        if results:
            await _write_down(session, results)
        run.refused += sum(result["new_outcome"] is Outcome.REFUSED for result in results)
        run.done += sum(result["new_outcome"] is Outcome.DONE for result in results)
        run.status = RunStatus.RUNNING
        if len(ids) < CHUNK:
            run.status, run.ended_at = RunStatus.DONE, clock.now()
        return run.status is RunStatus.RUNNING


async def _person(session: AsyncSession, run: BulkRun) -> User:
    """Return who started the run, with what their roles allow by now.

    Apart from the session, for the run may change, or refuse to change, that person's own row.
    """
    person = await session.get_one(User, run.started_by_id)
    await load_grants(session, person)
    session.expunge(person)
    return person


def _waiting(run: BulkRun) -> Select[int]:
    mine = (BulkRow.run_id == run.id, BulkRow.outcome == Outcome.WAITING)
    return select(BulkRow.row_id).where(*mine).order_by(BulkRow.row_id)


async def _act(session: AsyncSession, run: BulkRun, ids: list[int], *, by: User) -> list[dict[str, Any]]:
    """Lock the rows in the order of their keys, and decide on all; where one is refused, it hinders no other."""
    actions = bulk.actions_of(run.table_name)
    perform = actions.performing(run.action, run.arguments)
    rows = await _locked(session, actions.model, ids)
    labels = {row_id: str(row)[:LABEL_LENGTH] for row_id, row in rows.items()}
    if not (by.is_staff or by.is_superuser):
        refusals = dict.fromkeys(rows, NO_LONGER_STAFF)
    elif not await bulk.refusal_of(session, perform, *rows.values(), by=by):
        refusals = dict.fromkeys(rows, "")
    else:
        again = await _locked(session, actions.model, ids)
        refusals = {row_id: await bulk.refusal_of(session, perform, row, by=by) for row_id, row in again.items()}
    return [
        {"of_run": run.id, "of_row": row_id, **_result(labels.get(row_id, ""), refusals.get(row_id, GONE))}
        for row_id in ids
    ]


async def _locked(session: AsyncSession, model: type[Any], ids: list[int]) -> dict[int, Any]:
    """Return the rows that are there, as they are."""
    chosen = select(model).where(model.id.in_(ids)).order_by(model.id).with_for_update(of=model)
    return {row.id: row for row in await session.scalars(chosen, execution_options={"populate_existing": True})}


def _result(label: str, refusal: str) -> dict[str, Any]:
    outcome = Outcome.REFUSED if refusal else Outcome.DONE
    return {"new_outcome": outcome, "new_label": label, "new_sentence": refusal}


async def _write_down(session: AsyncSession, results: list[dict[str, Any]]) -> None:
    rows: Any = BulkRow.__table__
    written = (
        update(rows)
        .where(rows.c.run_id == bindparam("of_run"), rows.c.row_id == bindparam("of_row"))
        .values(outcome=bindparam("new_outcome"), label=bindparam("new_label"), sentence=bindparam("new_sentence"))
    )
    await session.execute(written, results, execution_options=AS_HANDLED)
