"""Work that must follow a commit, written in the same transaction and kept until it has been done."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Integer, String, Text, insert, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import audit, clock
from cms.core.database import Base, Recorded, stored_by_value

CHANNEL = "outbox"
"""The PostgreSQL channel on which a trigger wakes the relay."""

AT_WORK = 0x0B0
"""The first key of the locks that hold the messages of tasks that wait for servers outside."""


class MessageStatus(StrEnum):
    """How far a message has come. One that has been done is deleted."""

    WAITING = "waiting"
    HANDED_OVER = "handed over"
    FAILED = "failed"


class OutboxMessage(Recorded, Base):
    """A task to be run once the transaction that wrote it has been committed."""

    __tablename__ = "outbox_messages"
    __table_args__ = (Index("ix_outbox_messages_due", "not_before", postgresql_where=text("status <> 'failed'")),)
    audited = False
    invalidates = ()

    task: Mapped[str] = mapped_column(String(60))
    arguments: Mapped[dict[str, Any]]
    status: Mapped[MessageStatus] = mapped_column(stored_by_value(MessageStatus), default=MessageStatus.WAITING)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    not_before: Mapped[datetime] = mapped_column(default=clock.now)
    handed_over_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")

    def __str__(self) -> str:
        return f"{self.task} {self.id}"


class ScheduledTask(Base):
    """A task of the schedule and when it was last due, so that several workers start it once."""

    __tablename__ = "scheduled_tasks"
    audited = False
    invalidates = ()

    task: Mapped[str] = mapped_column(String(60), primary_key=True)
    schedule: Mapped[str] = mapped_column(String(100))
    """A cron expression in UTC."""

    last_due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    """When it last did what it is for; only tasks that others may hinder keep it."""

    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What hinders it since, for people, as long as that is no failure of ours."""


def enqueue(session: AsyncSession, task: str, /, **arguments: Any) -> None:
    """Have `task` run after the commit, at least once; its arguments are ids and plain values."""
    session.add(_message(task, arguments))


def enqueue_in(session: AsyncSession, delay: timedelta, task: str, /, **arguments: Any) -> None:
    """Have `task` run after the commit, but not before `delay` has passed."""
    message = _message(task, arguments)
    message.not_before = clock.now() + delay
    session.add(message)


def write(connection: Connection, messages: list[tuple[str, dict[str, Any]]]) -> None:
    """Write messages from within a flush, where the session takes no new rows."""
    moment = clock.now()
    request_id = audit.acting().request_id
    connection.execute(
        insert(OutboxMessage),
        [
            {
                "task": task,
                "arguments": arguments,
                "status": MessageStatus.WAITING,
                "created_at": moment,
                "not_before": moment,
                "attempts": 0,
                "error": "",
                "request_id": request_id,
            }
            for task, arguments in messages
        ],
    )


def run_again(message: OutboxMessage) -> None:
    """Put a message that finally failed back into the queue."""
    message.status = MessageStatus.WAITING
    message.attempts = 0
    message.not_before = clock.now()


def _message(task: str, arguments: dict[str, Any]) -> OutboxMessage:
    return OutboxMessage(task=task, arguments=arguments, request_id=audit.acting().request_id)
