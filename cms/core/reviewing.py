"""Decisions about drafts in review: submit, withdraw, comment, approve, send back.

Each takes the row locked, leaves an entry in its history, and has those concerned told by mail.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import audit, outbox, publishing, reviews
from cms.core.errors import Conflict, Invalid, InvalidTransition, PermissionDenied
from cms.core.permissions import Actor, require
from cms.core.reviews import Comment, Review, ReviewStatus

LONGEST_TEXT = 5_000


async def submit(session: AsyncSession, row: Any, *, by: Actor, remark: str = "") -> Review:
    """Ask those who may publish the row to look at its draft.

    Raises PermissionDenied unless `by` may edit the row, InvalidTransition where there is nothing to look at or
    somebody has asked already, and Invalid for a remark that is too long.
    """
    await require(session, by, row.publish_permission.beside("edit"), row)
    if hindrance := hindrance_to_submit(row):
        raise InvalidTransition(hindrance)
    remark = _checked(remark, field="remark")
    review = Review(
        table_name=row.__tablename__,
        row_id=row.id,
        row_label=str(row)[: reviews.LABEL_LENGTH],
        submitted_by_id=by.id,
        submitted_by_name=by.username,
        remark=remark,
    )
    session.add(review)
    row.is_in_review = True
    audit.note(session, row, action="submit for review", remark=remark)
    await session.flush()
    outbox.enqueue(session, "send_review_requests", review_id=review.id)
    return review


def hindrance_to_submit(row: Any) -> str:
    """Say in a sentence why the row cannot be submitted now; "" where it can."""
    if row.is_in_review:
        return f"“{row}” is in review already."
    if row.is_published and not row.has_draft:
        return f"“{row}” is live and has no unpublished changes."
    if row.publish_at is not None:
        return f"“{row}” is scheduled already."
    return ""


async def withdraw(session: AsyncSession, row: Any, *, by: Actor) -> None:
    """Take back what one has submitted oneself. Raises InvalidTransition, or PermissionDenied for anybody else."""
    review = await _open(session, row)
    if review.submitted_by_id != by.id:
        raise PermissionDenied(f"Only {review.submitted_by_name} can withdraw “{row}”; whoever decides sends it back.")
    await reviews.close(session, row, ReviewStatus.WITHDRAWN, by=by)
    audit.note(session, row, action="withdraw")


async def comment(session: AsyncSession, row: Any, text: str, *, by: Actor) -> Comment:
    """Write something about the row. Raises PermissionDenied unless `by` may edit it, and Invalid for an empty text."""
    await require(session, by, row.publish_permission.beside("edit"), row)
    text = _checked(text, field="text")
    if not text:
        raise Invalid.in_fields({"text": ["Write something first."]})
    written = Comment(table_name=row.__tablename__, row_id=row.id, author_id=by.id, author_name=by.username, text=text)
    session.add(written)
    audit.record(session, row, action="comment", remark=text)
    await session.flush()
    outbox.enqueue(session, "send_comments", comment_id=written.id)
    return written


async def approve(session: AsyncSession, row: Any, *, by: Actor, seen_version: int) -> None:
    """Publish what is in review, as its domain does.

    Raises PermissionDenied, InvalidTransition where nothing is in review, Conflict where the row is no longer in the
    version that the reviewer has seen, and what publishing raises.
    """
    await require(session, by, row.publish_permission, row)
    await _open(session, row)
    if row.lock_version != seen_version:
        raise Conflict(f"“{row}” was changed after you looked at it. Look at it once more, then decide.")
    audit.record(session, row, action="approve")
    await publishing.publisher_of(type(row))(session, row, by=by)


async def send_back(session: AsyncSession, row: Any, *, by: Actor, reason: str) -> None:
    """Return a draft to who submitted it, saying why. Raises PermissionDenied, InvalidTransition, or Invalid."""
    await require(session, by, row.publish_permission, row)
    await _open(session, row)
    reason = _checked(reason, field="reason")
    if not reason:
        raise Invalid.in_fields({"reason": ["Say what is to be changed; it is what the author goes by."]})
    await reviews.close(session, row, ReviewStatus.SENT_BACK, by=by, reason=reason)
    audit.note(session, row, action="send back", remark=reason)


async def _open(session: AsyncSession, row: Any) -> Review:
    review = await reviews.open_review(session, row, lock=True)
    if review is None:
        raise InvalidTransition(f"“{row}” is not in review, or somebody has just decided about it.")
    return review


def _checked(text: str, *, field: str) -> str:
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        raise Invalid.in_fields({field: [f"At most {LONGEST_TEXT:,} characters; this has {len(text):,}."]})
    return text
