"""Panels of reviews: drafts that wait for the person's decision, and those of theirs that were sent back."""

from typing import Any

from sqlalchemy.orm import load_only

from admin.panels.panel import MOST, Desk, Line, Panel
from admin.urls import url_to
from cms.core import reviews
from cms.core.reviews import Review


async def waiting_for_me(desk: Desk) -> Panel:
    """Drafts in review that the person may publish, those that wait longest first."""
    models = [view.model for view in desk.publishable]
    lines = [
        _line(desk, review, moment=review.submitted_at, detail=f"by {review.submitted_by_name}")
        for review in await _found(desk, reviews.waiting_for(desk.user, models))
    ]
    help_text = "Drafts that you may publish or send back."
    return Panel("Waiting for your review", lines, help=help_text, all_url=url_to("reviews"))


async def sent_back_to_me(desk: Desk) -> Panel:
    """What the person submitted and got back, with the reason."""
    lines = [
        _line(desk, review, moment=review.decided_at, detail=f"{review.decided_by_name}: {_shortened(review.reason)}")
        for review in await _found(desk, reviews.sent_back_to(desk.user))
    ]
    return Panel("Sent back to you", lines, help="Change what the reason says, and submit it again.")


async def _found(desk: Desk, statement: Any) -> list[Review]:
    kept = ("table_name", "row_id", "row_label", "submitted_at", "submitted_by_name", "decided_at", "decided_by_name")
    options = load_only(*(getattr(Review, name) for name in (*kept, "reason")))
    return list((await desk.session.scalars(statement.options(options).limit(MOST))).all())


def _line(desk: Desk, review: Review, *, moment: Any, detail: str) -> Line:
    view = desk.view_of_table(review.table_name)
    return Line(review.row_label, desk.url_of_row(view, review.row_id), moment=moment, detail=detail)


def _shortened(reason: str, longest: int = 200) -> str:
    return reason if len(reason) <= longest else f"{reason[:longest].rstrip()}…"
