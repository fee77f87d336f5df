"""One action on many rows: what can be done to the rows of a table, and the runs that do it in the background."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Text,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from cms.core import clock, outbox
from cms.core.changes import AS_HANDLED
from cms.core.database import Base, Recorded, stored_by_value
from cms.core.errors import CMSError, Invalid, InvalidTransition, NotFound
from cms.core.integrity import explained
from cms.core.permissions import Actor

MOST_IN_A_RUN = 100_000
KEPT = timedelta(days=90)
LABEL_LENGTH = 200
TASK = "act_on_many"
CHANGE = "change"
DELETE = "delete"

CHECK_NOW = text("SET CONSTRAINTS ALL IMMEDIATE")
CHECK_LATER = text("SET CONSTRAINTS ALL DEFERRED")

Perform = Callable[..., Awaitable[None]]
"""A decision of a domain: `perform(session, row, by=actor)`."""


class RunStatus(StrEnum):
    """How far a run has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What became of one row."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


UNDER_WAY = frozenset({RunStatus.WAITING, RunStatus.RUNNING})


class BulkRun(Recorded, Base):
    """One action on many rows, in the name of the person who asked for it."""

    __tablename__ = "bulk_runs"
    __table_args__ = (Index("ix_bulk_runs_of_a_person", "started_by_id", "id"),)
    audited = False
    invalidates = ()

    table_name: Mapped[str] = mapped_column(String(63))
    action: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    label: Mapped[str] = mapped_column(String(LABEL_LENGTH))
    """What is done, as people say it, such as “Publish (pages)”."""

    narrowed_by: Mapped[str] = mapped_column(Text, default="")
    """Which rows were meant, in words."""

    list_name: Mapped[str] = mapped_column(String(60))
    list_query: Mapped[str] = mapped_column(Text, default="")
    """The list that the rows were chosen from, as its address names it."""

    started_by_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    started_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    ended_at: Mapped[datetime | None]
    status: Mapped[RunStatus] = mapped_column(stored_by_value(RunStatus), default=RunStatus.WAITING)
    total: Mapped[int] = mapped_column(Integer, default=0)
    done: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)

    @property
    def is_under_way(self) -> bool:
        return self.status in UNDER_WAY

    @property
    def seen(self) -> int:
        """Return how many rows have had their turn."""
        return self.done + self.refused

    @property
    def percent(self) -> int:
        return 100 * self.seen // self.total if self.total else 100

    def __str__(self) -> str:
        return self.label


class BulkRow(Base):
    """One row of a run, and what became of it."""

    __tablename__ = "bulk_rows"
    __table_args__ = (
        Index("ix_bulk_rows_waiting", "run_id", "row_id", postgresql_where=text("outcome = 'waiting'")),
        Index("ix_bulk_rows_refused", "run_id", "row_id", postgresql_where=text("outcome = 'refused'")),
    )
    audited = False
    invalidates = ()

    run_id: Mapped[int] = mapped_column(ForeignKey("bulk_runs.id", ondelete="CASCADE"), primary_key=True)
    row_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    outcome: Mapped[Outcome] = mapped_column(stored_by_value(Outcome), default=Outcome.WAITING)
    label: Mapped[str] = mapped_column(String(LABEL_LENGTH), default="")
    sentence: Mapped[str] = mapped_column(Text, default="")


@dataclass(frozen=True, kw_only=True)
class Actions:
    """What can be done to many rows of one table; all of it are decisions of its domain."""

    model: type[Any]
    save: Perform | None = None
    delete: Perform | None = None
    decisions: Mapping[str, Perform] = field(default_factory=dict)
    changeable: frozenset[str] = frozenset()
    """Columns that may be set to one value in many rows."""

    def performing(self, action: str, arguments: Mapping[str, Any]) -> Perform:
        """Return the decision that the action means. Raises NotFound."""
        if action == DELETE and self.delete is not None:
            return self.delete
        if action == CHANGE and self.save is not None:
            return self._setting(str(arguments["column"]), arguments["value"], save=self.save)
        if action not in self.decisions:
            raise NotFound(f"“{action}” cannot be decided for many rows at once.")
        return self.decisions[action]

    def _setting(self, column: str, value: Any, *, save: Perform) -> Perform:
        if column not in self.changeable:
            raise NotFound(f"“{column}” cannot be changed in many rows at once.")

        async def change(session: AsyncSession, row: Any, *, by: Actor) -> None:
            refuse_beside_draft(row)
            with session.no_autoflush:
                setattr(row, column, value)
                await save(session, row, by=by)

        return change


_offered: dict[str, Actions] = {}


def offer(actions: Actions) -> None:
    """Register what can be done to many rows of a table."""
    _offered[actions.model.__tablename__] = actions


def actions_of(table_name: str) -> Actions:
    """Return what can be done to many rows of a table. Raises NotFound."""
    if table_name not in _offered:
        raise NotFound("Nothing can be done to many of these rows at once.")
    return _offered[table_name]


def refuse_beside_draft(row: Any) -> None:
    """Raise InvalidTransition where a draft waits beside the row: publishing it would undo the change."""
    if getattr(row, "draft_id", None) is not None:
        raise InvalidTransition(f"“{row}” has unpublished changes; publish or discard them first.")


async def refusal_of(session: AsyncSession, perform: Perform, *rows: Any, by: Actor) -> str:
    """Carry out a decision on locked rows; return "", or why one was refused, in which case nothing has changed.

    Rows that are written together take a fraction of the statements that they take one by one.
    Constraints that are checked late are checked here, so that they refuse the rows and not the whole transaction.
    """
    is_checked_late = any(constraint.deferrable for row in rows[:1] for constraint in row.__table__.constraints)
    try:
        async with session.begin_nested():
            for row in rows:
                await perform(session, row, by=by)
            await session.flush()
            if is_checked_late:
                await session.execute(CHECK_NOW)
        if is_checked_late:
            await session.execute(CHECK_LATER)
    except StaleDataError:
        return "Somebody else changed it in the same moment."
    except IntegrityError as error:
        return explained(error).message
    except CMSError as error:
        return error.message
    return ""


async def start(
    session: AsyncSession,
    matching: Select[Any],
    *,
    actions: Actions,
    action: str,
    arguments: Mapping[str, Any],
    label: str,
    narrowed_by: str,
    list_name: str,
    list_query: str,
    by: Actor,
) -> BulkRun:
    """Have the action carried out on every row that `matching` selects; the rows are written down now.

    Raises Invalid where they are too many, and NotFound where there is no such action.
    """
    actions.performing(action, arguments)
    run = BulkRun(
        table_name=actions.model.__tablename__,
        action=action,
        arguments=dict(arguments),
        label=label[:LABEL_LENGTH],
        narrowed_by=narrowed_by,
        list_name=list_name,
        list_query=list_query,
        started_by_id=by.id,
    )
    session.add(run)
    await session.flush()
    run.total = await _write_down(session, run, matching, actions.model)
    outbox.enqueue(session, TASK, run_id=run.id)
    return run


async def _write_down(session: AsyncSession, run: BulkRun, matching: Select[Any], model: type[Any]) -> int:
    chosen = matching.with_only_columns(
        literal(run.id), model.id, literal(Outcome.WAITING.value), literal(""), literal("")
    )
    rows: Any = BulkRow.__table__
    columns = [rows.c.run_id, rows.c.row_id, rows.c.outcome, rows.c.label, rows.c.sentence]
    bounded = chosen.order_by(None).limit(MOST_IN_A_RUN + 1)
    written: Any = await session.execute(insert(rows).from_select(columns, bounded), execution_options=AS_HANDLED)
    if written.rowcount > MOST_IN_A_RUN:
        raise Invalid(f"More than {MOST_IN_A_RUN:,} rows match; narrow the list first.")
    return int(written.rowcount)


async def cancel(session: AsyncSession, run: BulkRun) -> None:
    """Leave the rows alone that have not had their turn. Raises InvalidTransition where none waits."""
    if not run.is_under_way:
        raise InvalidTransition("This has come to its end already.")
    run.status = RunStatus.CANCELLED
    run.ended_at = clock.now()


def runs_of(person: Actor) -> Select[BulkRun]:
    """The runs that a person started, the latest first."""
    return select(BulkRun).where(BulkRun.started_by_id == person.id).order_by(BulkRun.id.desc())


def refused_rows(run: BulkRun) -> Select[BulkRow]:
    """The rows of a run that were refused, by their keys."""
    return select(BulkRow).where(BulkRow.run_id == run.id, BulkRow.outcome == Outcome.REFUSED).order_by(BulkRow.row_id)


def reasons(run: BulkRun) -> Select[str, int]:
    """Each sentence with which rows of a run were refused, and how often, the most frequent first."""
    number = func.count()
    return (
        select(BulkRow.sentence, number)
        .where(BulkRow.run_id == run.id, BulkRow.outcome == Outcome.REFUSED)
        .group_by(BulkRow.sentence)
        .order_by(number.desc(), BulkRow.sentence)
    )
