"""Reviews: drafts that wait for somebody who may publish them, and what people write about them.

The decisions are in `cms.core.reviewing`, which knows how a row is published; publishing knows only this module.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Text,
    and_,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import clock, outbox
from cms.core.database import Base, Recorded, stored_by_value
from cms.core.permissions import Actor, allows, scope_condition

NAME_LENGTH = 150
LABEL_LENGTH = 200


class ReviewStatus(StrEnum):
    """What became of a draft that was submitted."""

    OPEN = "open"
    APPROVED = "approved"
    SENT_BACK = "sent back"
    WITHDRAWN = "withdrawn"


class Review(Recorded, Base):
    """That somebody asked for a draft to be published, and what was decided."""

    __tablename__ = "reviews"
    __table_args__ = (
        Index("ix_reviews_row", "table_name", "row_id", "id"),
        Index("uq_reviews_open", "table_name", "row_id", unique=True, postgresql_where=text("status = 'open'")),
    )
    audited = False
    invalidates = ()

    table_name: Mapped[str] = mapped_column(String(63))
    row_id: Mapped[int] = mapped_column(Integer)
    row_label: Mapped[str] = mapped_column(String(LABEL_LENGTH))
    status: Mapped[ReviewStatus] = mapped_column(stored_by_value(ReviewStatus), default=ReviewStatus.OPEN)
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    submitted_by_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    submitted_at: Mapped[datetime] = mapped_column(default=clock.now)
    remark: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    decided_by_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")

    def __str__(self) -> str:
        return self.row_label


class Comment(Recorded, Base):
    """What somebody wrote about a row; plain text."""

    __tablename__ = "comments"
    __table_args__ = (Index("ix_comments_row", "table_name", "row_id", "id"),)
    audited = False
    invalidates = ()

    table_name: Mapped[str] = mapped_column(String(63))
    row_id: Mapped[int] = mapped_column(Integer)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    author_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    written_at: Mapped[datetime] = mapped_column(default=clock.now)
    text: Mapped[str] = mapped_column(Text)


def reviews_of(row: Any) -> Select[Review]:
    """Select what was asked and decided about a row, the newest first."""
    return (
        select(Review).where(Review.table_name == row.__tablename__, Review.row_id == row.id).order_by(Review.id.desc())
    )


def comments_on(row: Any) -> Select[Comment]:
    """Select what was written about a row, in order."""
    return select(Comment).where(Comment.table_name == row.__tablename__, Comment.row_id == row.id).order_by(Comment.id)


def waiting_for(actor: Actor, models: Iterable[type[Any]]) -> Select[Review]:
    """Select the open reviews of rows that the actor may publish, those that wait longest first."""
    return select(Review).where(_is_open(), _reached(actor, models)).order_by(Review.submitted_at, Review.id)


def number_waiting_for(actor: Actor, models: Iterable[type[Any]]) -> Select[int]:
    """Select how many reviews `waiting_for` would."""
    return select(func.count()).select_from(Review).where(_is_open(), _reached(actor, models))


def submitted_by(actor: Actor) -> Select[Review]:
    """Select the open reviews that the actor asked for, the newest first."""
    return select(Review).where(_is_open(), _is_there(), Review.submitted_by_id == actor.id).order_by(Review.id.desc())


def sent_back_to(actor: Actor) -> Select[Review]:
    """Select the actor's reviews that were sent back, and after which nothing else was asked about their rows."""
    other = Review.__table__.alias("other")
    later = select(other.c.id).where(
        other.c.table_name == Review.table_name, other.c.row_id == Review.row_id, other.c.id > Review.id
    )
    return (
        select(Review)
        .where(
            _is_there(), Review.submitted_by_id == actor.id, Review.status == ReviewStatus.SENT_BACK, ~later.exists()
        )
        .order_by(Review.id.desc())
    )


async def open_review(session: AsyncSession, row: Any, *, lock: bool = False) -> Review | None:
    """Return the review that waits for a decision about the row."""
    statement = reviews_of(row).where(_is_open())
    return await session.scalar(statement.with_for_update() if lock else statement)


async def close(session: AsyncSession, row: Any, status: ReviewStatus, *, by: Actor, reason: str = "") -> Review | None:
    """End the review of the row, if one is open, and tell who submitted it what was decided, unless they did so."""
    if not row.is_in_review:
        return None
    with session.no_autoflush:  # The row may be about to change in ways that its domain has not checked yet.
        review = await open_review(session, row, lock=True)
    row.is_in_review = False
    if review is None:
        return None
    review.status, review.reason = status, reason
    review.decided_at, review.decided_by_id, review.decided_by_name = clock.now(), by.id, by.username
    if by.id != review.submitted_by_id:
        outbox.enqueue(session, "send_review_decided", review_id=review.id)
    return review


def _is_open() -> ColumnElement[bool]:
    return Review.status == ReviewStatus.OPEN


def _is_there() -> ColumnElement[bool]:
    """Return the condition that a review's row has not been deleted."""
    reviewed = [table for table in Base.metadata.tables.values() if "is_in_review" in table.c]
    rows = (select(table.c.id).where(table.c.id == Review.row_id).exists() for table in reviewed)
    return or_(
        false(), *(and_(Review.table_name == table.name, row) for table, row in zip(reviewed, rows, strict=True))
    )


def _reached(actor: Actor, models: Iterable[type[Any]]) -> ColumnElement[bool]:
    """Return the condition that a review's row is there, and that the actor may publish it."""
    conditions = (
        and_(
            Review.table_name == model.__tablename__,
            select(model.id)
            .where(model.id == Review.row_id, scope_condition(actor, model.publish_permission, model))
            .exists(),
        )
        for model in models
        if allows(actor, model.publish_permission)
    )
    return or_(false(), *conditions)
