"""Reviews in the back office: the queue of what waits for whom, and a page where people talk of a draft and decide."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from admin import preview
from admin.authorization import require_somewhere
from admin.base import AdminView, Reached, row_key
from admin.forms import read_form
from admin.history import table_of
from admin.rendering import go_to, render
from admin.requests import office_of, resources_of, user_of
from admin.scheduling import publishable_view
from admin.urls import url_to
from cms.core import reviewing, reviews
from cms.core.errors import CMSError, Invalid, NotFound
from cms.core.permissions import Permission
from cms.core.publishing import Publishable
from cms.core.reviews import Review, ReviewStatus
from cms.users import preferences
from cms.users.models import User

MOST_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that can be done in a review; `take(session, row, posted, user)` is the domain's."""

    permission: Callable[[Permission], Permission]
    """Which permission it takes, made of that to publish."""

    take: Callable[[AsyncSession, Any, FormData, User], Awaitable[Any]]
    outcome: str
    is_for_editors: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line of the queue: a review, and where its row is looked at; "" where the person may not."""

    review: Review
    kind: str
    url: str
    compare_url: str


async def _submit(session: AsyncSession, row: Any, posted: FormData, user: User) -> None:
    await reviewing.submit(session, row, by=user, remark=str(posted.get("remark", "")))


async def _withdraw(session: AsyncSession, row: Any, _posted: FormData, user: User) -> None:
    await reviewing.withdraw(session, row, by=user)


async def _comment(session: AsyncSession, row: Any, posted: FormData, user: User) -> None:
    await reviewing.comment(session, row, str(posted.get("text", "")), by=user)


async def _approve(session: AsyncSession, row: Any, posted: FormData, user: User) -> None:
    seen = str(posted.get("lock_version", ""))
    number = int(seen) if seen.isdecimal() and seen.isascii() and len(seen) < 10 else 0
    await reviewing.approve(session, row, by=user, seen_version=number)


async def _send_back(session: AsyncSession, row: Any, posted: FormData, user: User) -> None:
    await reviewing.send_back(session, row, by=user, reason=str(posted.get("reason", "")))


STEPS = {
    "submit": Step(
        permission=lambda publish: publish.beside("edit"),
        take=_submit,
        outcome="“{row}” is in review. Those who may publish it are told by mail.",
        is_for_editors=True,
    ),
    "withdraw": Step(
        permission=lambda publish: publish.beside("edit"),
        take=_withdraw,
        outcome="“{row}” is no longer in review.",
        is_for_editors=True,
    ),
    "comment": Step(
        permission=lambda publish: publish.beside("view"),
        take=_comment,
        outcome="Your comment is there. All who take part are told by mail.",
    ),
    "approve": Step(
        permission=lambda publish: publish,
        take=_approve,
        outcome="“{row}” is live. Who submitted it is told by mail.",
    ),
    "send-back": Step(
        permission=lambda publish: publish,
        take=_send_back,
        outcome="“{row}” was sent back. Who submitted it is told by mail, with your reason.",
    ),
}


async def show_queue(request: Request) -> Response:
    """Show what waits for the person to decide, what of theirs is in review, and what was sent back to them."""
    user = user_of(request)
    models = [view.model for view in _views(request)]
    async with resources_of(request).sessionmaker() as session:
        context = {
            "title": "Reviews",
            "gets_mails": await preferences.gets_review_mails(session, user),
            "to_decide": await _lines(session, request, reviews.waiting_for(user, models)),
            "submitted": await _lines(session, request, reviews.submitted_by(user)),
            "sent_back": await _lines(session, request, reviews.sent_back_to(user)),
        }
    return await render(request, "reviews.html", context)


async def lead_to_review(request: Request) -> Response:
    """Lead from a table and a number, which is all that a mail knows, to the review of that row."""
    table = request.path_params["table"]
    view = next((view for view in _views(request) if table_of(view) == table), None)
    if view is None:
        raise NotFound("There is no such review.")
    pk = row_key(request.path_params["pk"])
    return RedirectResponse(url_to("review", identity=view.identity, pk=pk), status_code=303)


async def show_review(request: Request) -> Response:
    """Show the review of a row: what was asked, what was said, and what the person may do about it."""
    view = publishable_view(request)
    user = require_somewhere(request, view.permissions.view)
    async with resources_of(request).sessionmaker() as session:
        reached = await view.find(session, user, request.path_params["pk"])
        return await _show(session, request, view, reached)


async def take_step(request: Request) -> Response:
    """Submit, withdraw, comment, approve or send back; what was typed is kept where that is refused."""
    view = publishable_view(request)
    step = STEPS.get(request.path_params["step"])
    if step is None:
        raise NotFound("There is no such decision.")
    user = require_somewhere(request, step.permission(view.model.publish_permission))  # type: ignore[attr-defined]  # it is Publishable
    posted = await read_form(request)
    key = request.path_params["pk"]
    async with resources_of(request).sessionmaker() as session:
        reached = await view.find(session, user, key, lock=True)
        if step.is_for_editors and not reached.may_edit:
            raise NotFound(f"There is no such {view.name.lower()}, or none that you may edit.")
        try:
            await step.take(session, reached.row, posted, user)
            await session.commit()
        except CMSError as refusal:
            await session.rollback()
            session.expunge_all()
            reached = await view.find(session, user, key)
            return await _show(session, request, view, reached, refusal=refusal, posted=posted)
    return go_to(request, _place_after(request, view, reached), saying=step.outcome.format(row=reached.row))


async def about(session: AsyncSession, request: Request, view: AdminView, reached: Reached | None) -> dict[str, Any]:
    """Return what a form's page shows of reviews and previews."""
    row = reached.row if reached else None
    context = await preview.about(session, request, view, row)
    if reached is None or not isinstance(row, Publishable):
        return {**context, "review": None, "may_be_submitted": False, "sent_back": None}
    return {**context, **await _talk(session, user_of(request), reached)}


async def _talk(session: AsyncSession, user: User, reached: Reached) -> dict[str, Any]:
    """Return the review of a row with all that was said, and what is open to the person."""
    row = reached.row
    newest = await session.scalar(reviews.reviews_of(row).limit(1))
    review = newest if newest is not None and newest.status == ReviewStatus.OPEN else None
    return {
        "review": review,
        "sent_back": newest if newest is not None and newest.status == ReviewStatus.SENT_BACK else None,
        "comments": list(await session.scalars(reviews.comments_on(row))),
        "may_be_submitted": reached.may_edit and not reviewing.hindrance_to_submit(row),
        "may_withdraw": review is not None and review.submitted_by_id == user.id and reached.may_edit,
        "may_decide_review": review is not None and "publish" in reached.may_decide,
    }


async def _show(
    session: AsyncSession,
    request: Request,
    view: AdminView,
    reached: Reached,
    *,
    refusal: CMSError | None = None,
    posted: FormData | None = None,
) -> Response:
    errors = refusal.errors if isinstance(refusal, Invalid) else {}
    context = {
        "view": view,
        "row": reached.row,
        "reached": reached,
        "title": f"Review of “{reached.row}”",
        "problems": [refusal.message] if refusal else [],
        "errors": errors,
        "typed": {name: str(posted.get(name, "")) if posted else "" for name in ("remark", "text", "reason")},
        "has_preview": office_of(request).previews.has(view.model),
        **await _talk(session, user_of(request), reached),
    }
    return await render(request, "review.html", context, status_code=refusal.status_code if refusal else 200)


def _place_after(request: Request, view: AdminView, reached: Reached) -> str:
    """Return the page on which the next thing is done: the queue after a decision, else where the person was."""
    if request.path_params["step"] in {"approve", "send-back"}:
        return url_to("reviews")
    return url_to("review", identity=view.identity, pk=reached.row.id)


async def _lines(session: AsyncSession, request: Request, statement: Select[Review]) -> Sequence[Waiting]:
    views = {table_of(view): view for view in _views(request)}
    found = await session.scalars(statement.limit(MOST_SHOWN))
    return [_line(review, views[review.table_name]) for review in found if review.table_name in views]


def _line(review: Review, view: AdminView) -> Waiting:
    identity, pk = view.identity, review.row_id
    compare_url = url_to("revisions", identity=identity, pk=pk)
    return Waiting(review, view.name, url_to("review", identity=identity, pk=pk), compare_url)


def _views(request: Request) -> list[AdminView]:
    """Return the views of what can be in review."""
    return [view for view in office_of(request).model_views if issubclass(view.model, Publishable)]


routes = [
    Route("/reviews", show_queue),
    Route("/reviews/{table}/{pk}", lead_to_review),
    Route("/{identity}/review/{pk}", show_review),
    Route("/{identity}/review/{pk}/{step}", take_step, methods=["POST"]),
]
