"""The mails of a review: to those who may decide, to who submitted it, and to all who write about it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import mail, outbox, publishing, reviews
from cms.core.permissions import Permission, extends_to
from cms.core.resources import Resources
from cms.core.reviews import Comment, Review, ReviewStatus
from cms.core.tasks import task
from cms.users import preferences
from cms.users.grants import load_grants
from cms.users.models import Role, RoleAssignment, User

REVIEW_PATH = "/admin/reviews/"
"""What follows is the table and the number of a row; the back office leads on to its form."""


@task()
async def send_review_requests(_resources: Resources, session: AsyncSession, *, review_id: int) -> None:
    """Have each person written to who may publish what was submitted, one by one."""
    review = await session.get(Review, review_id)
    row = await _row_of(session, review) if review is not None else None
    if review is None or row is None or review.status != ReviewStatus.OPEN:
        return
    for user in await _publishers_of(session, row):
        if user.id != review.submitted_by_id:
            outbox.enqueue(session, "send_review_request", review_id=review.id, user_id=user.id)


@task()
async def send_review_request(resources: Resources, session: AsyncSession, *, review_id: int, user_id: int) -> None:
    """Ask one person for a decision, unless somebody was quicker."""
    review, user = await session.get(Review, review_id), await session.get(User, user_id)
    if review is None or user is None or not await _wants_mail(session, user) or review.status != ReviewStatus.OPEN:
        return
    await mail.send(
        resources.mail,
        "reviews/submitted",
        to=user.email,
        username=user.username,
        what=review.row_label,
        submitted_by=review.submitted_by_name,
        remark=review.remark,
        link=_link(resources, review),
    )


@task()
async def send_review_decided(resources: Resources, session: AsyncSession, *, review_id: int) -> None:
    """Tell who submitted a draft what was decided."""
    review = await session.get(Review, review_id)
    user = await session.get(User, review.submitted_by_id) if review and review.submitted_by_id else None
    if review is None or user is None or not await _wants_mail(session, user):
        return
    await mail.send(
        resources.mail,
        "reviews/decided",
        to=user.email,
        username=user.username,
        what=review.row_label,
        outcome=review.status.value,
        decided_by=review.decided_by_name if review.decided_by_id else "",  # The schedule is nobody.
        reason=review.reason,
        link=_link(resources, review),
    )


@task()
async def send_comments(_resources: Resources, session: AsyncSession, *, comment_id: int) -> None:
    """Have each person written to who takes part in what a comment is about, and may still read it."""
    comment = await session.get(Comment, comment_id)
    row = await _row_of(session, comment) if comment is not None else None
    if comment is None or row is None:
        return
    for user in await session.scalars(select(User).where(User.id.in_(await _participants(session, row)))):
        await load_grants(session, user)
        may_view = await extends_to(session, user, row.publish_permission.beside("view"), row)
        if user.id != comment.author_id and may_view:
            outbox.enqueue(session, "send_comment", comment_id=comment.id, user_id=user.id)


@task()
async def send_comment(resources: Resources, session: AsyncSession, *, comment_id: int, user_id: int) -> None:
    """Send a comment to one of those who take part."""
    comment, user = await session.get(Comment, comment_id), await session.get(User, user_id)
    row = await _row_of(session, comment) if comment is not None else None
    if comment is None or user is None or row is None or not await _wants_mail(session, user):
        return
    await mail.send(
        resources.mail,
        "reviews/commented",
        to=user.email,
        username=user.username,
        what=str(row),
        author=comment.author_name,
        text=comment.text,
        link=_link(resources, comment),
    )


async def _row_of(session: AsyncSession, about: Review | Comment) -> Any:
    """Return the row that something is about; None once it is deleted."""
    models = {model.__tablename__: model for model in publishing.publishable_models()}
    return await session.get(models[about.table_name], about.row_id) if about.table_name in models else None


async def _publishers_of(session: AsyncSession, row: Any) -> list[User]:
    """Return the staff whose roles let them publish the row; the superusers, where no role of anybody does."""
    able = []
    for user in await session.scalars(_holders_of(row.publish_permission)):
        await load_grants(session, user)
        if await extends_to(session, user, row.publish_permission, row):
            able.append(user)
    return able or list(await session.scalars(select(User).where(User.is_superuser, User.is_active)))


def _holders_of(permission: Permission) -> Select[User]:
    roles = select(RoleAssignment.user_id).join(Role).where(Role.permissions.contains([permission.value]))
    return select(User).where(User.is_active, User.is_staff, User.id.in_(roles)).order_by(User.id)


async def _participants(session: AsyncSession, row: Any) -> Iterable[int]:
    """Return who submitted, decided or commented on the row, in whichever of its reviews."""
    found: set[int | None] = set()
    for review in await session.scalars(reviews.reviews_of(row)):
        found |= {review.submitted_by_id, review.decided_by_id}
    found |= {comment.author_id for comment in await session.scalars(reviews.comments_on(row))}
    return found - {None}  # type: ignore[return-value]  # mypy does not see that None is gone


async def _wants_mail(session: AsyncSession, user: User) -> bool:
    return user.is_active and bool(user.email) and await preferences.gets_review_mails(session, user)


def _link(resources: Resources, about: Review | Comment) -> str:
    return f"{resources.settings.site_url}{REVIEW_PATH}{about.table_name}/{about.row_id}"
