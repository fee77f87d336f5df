"""Draft and live: what may be published and when, and drafts beside what is live.

A row that is not live is its own draft: saving writes the row. What is live stays as it is while it is edited: saving
keeps a draft beside it, and publishing puts the draft onto the row.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Boolean, ColumnElement, ForeignKey, Select, and_, inspect, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from cms.core import audit, clock, reviews, revisions
from cms.core.database import Base
from cms.core.errors import CMSError, Invalid, InvalidTransition, PermissionDenied
from cms.core.markup import render_markup_fields
from cms.core.permissions import Actor, Permission, extends_to, require
from cms.core.reviews import ReviewStatus
from cms.core.revisions import Revision

DRAFTING = "is_drafting"


class State(StrEnum):
    """What the public has of a row."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LIVE = "live"
    EXPIRED = "expired"


class Publishable:
    """A row that is a draft until somebody decides to publish it, at once or at a moment to come."""

    publish_permission: ClassVar[Permission]
    """Who holds this may publish and take down rows of the class."""

    is_seen_live_only: ClassVar[bool] = False
    """Whether no public page is made of a row that is not live, so that writing one purges nothing."""

    revised_children: ClassVar[tuple[str, ...]] = ()
    """Relations whose rows belong to a revision: they are drafted, published and restored with their parent."""

    is_published: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default="false", index=True, sort_order=80
    )
    first_published_at: Mapped[datetime | None] = mapped_column(sort_order=81)
    publish_at: Mapped[datetime | None] = mapped_column(index=True, sort_order=82)
    expire_at: Mapped[datetime | None] = mapped_column(index=True, sort_order=83)
    is_in_review: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default="false", index=True, sort_order=84
    )

    @declared_attr
    @classmethod
    def draft_id(cls) -> Mapped[int | None]:
        """The revision that holds the unpublished changes of a live row."""
        return mapped_column(
            ForeignKey("revisions.id", ondelete="SET NULL"), index=True, sort_order=85, info={"audit": audit.QUIET}
        )

    @property
    def has_draft(self) -> bool:
        return self.draft_id is not None

    @property
    def state(self) -> State:
        if self.is_published:
            return State.LIVE
        if self.publish_at is not None:
            return State.SCHEDULED
        return State.EXPIRED if self.expire_at is not None and self.expire_at <= clock.now() else State.DRAFT


UNSEEN = frozenset(
    {"draft_id", "is_in_review", "publish_at", "expire_at", "lock_version", "updated_at", "updated_by_id"}
)
"""Columns of a publishable row that the public does not see: nothing is purged where only these change."""

Publisher = Callable[..., Awaitable[None]]
"""A decision that makes a row public: `publish(session, row, by=actor)`."""

Saver = Callable[..., Awaitable[None]]
"""A decision that writes a row and its children by the rules of their domain: `save(session, row, by=actor)`."""

Decides = TypeVar("Decides", bound=Publisher)

_publishers: dict[type[Any], Publisher] = {}
_savers: dict[type[Any], Saver] = {}


def publisher(model: type[Any]) -> Callable[[Decides], Decides]:
    """Register the decision that publishes rows of `model`, where it means more than `publish` below."""

    def register(decision: Decides) -> Decides:
        _publishers[model] = decision
        return decision

    return register


def publisher_of(model: type[Any]) -> Publisher:
    """Return the decision that publishes rows of `model`."""
    return _publishers.get(model, publish)


def saver(model: type[Any]) -> Callable[[Decides], Decides]:
    """Register the decision that writes rows of `model` with those of their children that have been loaded."""

    def register(decision: Decides) -> Decides:
        _savers[model] = decision
        return decision

    return register


def saver_of(model: type[Any]) -> Saver:
    """Return the decision that writes rows of `model` with their children."""
    return _savers[model]


def is_live(model: type[Publishable]) -> ColumnElement[bool]:
    """Return the condition under which the public sees a row of `model`."""
    return model.is_published.is_(True)


def is_in_state(model: type[Publishable], state: State) -> ColumnElement[bool]:
    """Return the condition under which a row of `model` is in a state, as `Publishable.state` tells it of one row."""
    has_expired = and_(model.expire_at.is_not(None), model.expire_at <= clock.now())
    hidden = model.is_published.is_(False)
    conditions = {
        State.LIVE: model.is_published.is_(True),
        State.SCHEDULED: and_(hidden, model.publish_at.is_not(None)),
        State.EXPIRED: and_(hidden, model.publish_at.is_(None), has_expired),
        State.DRAFT: and_(hidden, model.publish_at.is_(None), or_(model.expire_at.is_(None), ~has_expired)),
    }
    return conditions[state]


def publishable_models() -> list[type[Any]]:
    """Return every mapped class whose rows can be published, by their tables' names."""
    found = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Publishable)]
    return sorted(found, key=lambda model: str(model.__tablename__))


async def require_to_write(session: AsyncSession, row: Any, *, permission: Permission, by: Actor) -> None:
    """Raise PermissionDenied unless the actor may write this row as they are about to.

    Outside of `keep_draft` that is what the public sees, or will see without anybody looking once more; so it takes
    the permission to publish besides.
    """
    await require(session, by, permission, row)
    if session.info.get(DRAFTING) or await extends_to(session, by, row.publish_permission, row):
        return
    if row.is_published:
        raise PermissionDenied(f"“{row}” is live, and your roles do not include “{row.publish_permission.words}” here.")
    if row.publish_at is not None:
        raise PermissionDenied(f"“{row}” is scheduled to go live as it is; only who may publish it can change it now.")


async def keep_draft(
    session: AsyncSession, row: Any, write: Callable[[], Awaitable[Any]], *, by: Actor, remark: str = ""
) -> Revision | None:
    """Keep what `write` makes of a live row as a draft beside it; the row itself stays as it is.

    `write` runs as if it were for good, with every rule of the domain and of the database, and is then undone; what
    it raises is raised here. Returns None, and keeps no draft, where nothing would differ from what is live; then
    nothing is scheduled to go live any more, or a draft to come would do so unasked.
    Raises PermissionDenied where changes wait for their moment that `by` may not change.
    """
    if row.publish_at is not None and not await extends_to(session, by, row.publish_permission, row):
        raise PermissionDenied(f"Changes of “{row}” are scheduled to go live as they are; ask who may publish them.")
    base = await revisions.latest(session, row)
    values = await _tried(session, row, write)
    present = {relation: {child["id"] for child in base.values.get(relation, ())} for relation in row.revised_children}
    for relation, keys in present.items():
        for child in values[relation]:
            child["id"] = child["id"] if child["id"] in keys else None
    if values == base.values:
        row.draft_id = None
        row.publish_at = None
        await reviews.close(session, row, ReviewStatus.WITHDRAWN, by=by)
        return None
    who = audit.acting()
    draft = Revision(
        table_name=row.__tablename__,
        row_id=row.id,
        saved_by_id=who.actor_id,
        saved_by_name=who.actor_name,
        remark=remark,
        is_draft=True,
        base_id=base.id,
        values=values,
    )
    session.add(draft)
    await session.flush()
    row.draft_id = draft.id
    audit.note(session, row, action="save draft", remark=remark)
    return draft


async def _tried(session: AsyncSession, row: Any, write: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
    """Return what becomes of the row when `write` runs, and undo it."""
    attempt = await session.begin_nested()
    session.info[DRAFTING] = True
    try:
        await write()
        await session.flush()
        return await revisions.snapshot(session, row)
    finally:
        del session.info[DRAFTING]
        await attempt.rollback()
        await session.refresh(row)


async def discard_draft(session: AsyncSession, row: Any, *, permission: Permission, by: Actor) -> None:
    """Forget the unpublished changes of a live row; its revisions keep them.

    Raises PermissionDenied, or InvalidTransition where there are none.
    """
    await require(session, by, permission, row)
    if row.publish_at is not None:
        await require(session, by, row.publish_permission, row)
    if row.draft_id is None:
        raise InvalidTransition(f"“{row}” has no unpublished changes.")
    row.draft_id = None
    row.publish_at = None
    await reviews.close(session, row, ReviewStatus.WITHDRAWN, by=by)
    audit.note(session, row, action="discard draft")


async def put_draft_onto(session: AsyncSession, row: Any, *, is_written: bool = True) -> None:
    """Put the unpublished changes, if there are any, onto the row; what else has changed since they began stays."""
    if row.draft_id is None:
        return
    draft = await session.get_one(Revision, row.draft_id)
    base = await session.get(Revision, draft.base_id) if draft.base_id is not None else None
    await revisions.put_onto(session, row, draft.values, base=base.values if base else None, is_written=is_written)


async def as_drafted(session: AsyncSession, row: Any) -> Any:
    """Return the row as it would be with its unpublished changes, apart from the session: nothing of it is written."""
    with session.no_autoflush:
        await put_draft_onto(session, row, is_written=False)
        session.expunge(row)
    await asyncio.to_thread(render_markup_fields, row)
    return row


async def publish(session: AsyncSession, row: Any, *, by: Actor) -> None:
    """Make the row public now, with its unpublished changes.

    Raises PermissionDenied, or InvalidTransition where it is public already and nothing about it has changed.
    """
    await require(session, by, row.publish_permission, row)
    if row.is_published and not row.has_draft:
        raise InvalidTransition(f"“{row}” is published already.")
    await put_draft_onto(session, row)
    await reviews.close(session, row, ReviewStatus.APPROVED, by=by)
    row.draft_id = None
    row.is_published = True
    row.first_published_at = row.first_published_at or clock.now()
    row.publish_at = None
    if row.expire_at is not None and row.expire_at <= clock.now():
        row.expire_at = None
    audit.note(session, row, action="publish")


async def unpublish(session: AsyncSession, row: Any, *, by: Actor) -> None:
    """Take the row from the public; it stays as a draft, and so do its unpublished changes.

    Raises PermissionDenied, or InvalidTransition where it is a draft already.
    """
    await require(session, by, row.publish_permission, row)
    _take_down(row)
    await reviews.close(session, row, ReviewStatus.WITHDRAWN, by=by)
    row.expire_at = None
    audit.note(session, row, action="unpublish")


async def set_published(session: AsyncSession, row: Any, *, is_published: bool, by: Actor) -> None:
    """Make the row public as its domain does, or take it down, unless it is so already; raises what either raises.

    The row may have been written a moment ago: what the database made of its columns is read again.
    """
    if is_published and not row.is_published:
        computed = {key for key, column in inspect(type(row)).columns.items() if column.computed is not None}
        if stale := computed & inspect(row).unloaded:
            await session.refresh(row, stale)
        await publisher_of(type(row))(session, row, by=by)
    elif row.is_published and not is_published:
        await unpublish(session, row, by=by)


def _take_down(row: Any) -> None:
    if not row.is_published:
        raise InvalidTransition(f"“{row}” is a draft already.")
    row.is_published = False
    row.publish_at = None


async def schedule(
    session: AsyncSession,
    row: Any,
    *,
    publish_at: datetime | None,
    expire_at: datetime | None,
    by: Actor,
) -> None:
    """Set when the row, or its unpublished changes, go live, and when it is taken down again; None clears a moment.

    Raises PermissionDenied, or Invalid naming the moment that cannot be.
    """
    await require(session, by, row.publish_permission, row)
    errors: dict[str, list[str]] = {}
    if publish_at is not None and row.is_published and not row.has_draft:
        errors["publish_at"] = ["This is live already, without changes that could go live later."]
    elif publish_at is not None and publish_at != row.publish_at and publish_at <= clock.now():
        errors["publish_at"] = ["This moment is past; publish now instead."]
    if expire_at is not None and expire_at <= (publish_at or clock.now()):
        errors["expire_at"] = ["The moment to expire must lie after the moment to go live."]
    if errors:
        raise Invalid.in_fields(errors)
    row.publish_at, row.expire_at = publish_at, expire_at
    audit.note(session, row, action="schedule")


def due(model: type[Any]) -> Select[Any]:
    """Select the rows of `model` whose moment to go live or to expire has come."""
    now = clock.now()
    has_something_to_publish = or_(model.is_published.is_(False), model.draft_id.is_not(None))
    return select(model).where(
        or_(
            and_(has_something_to_publish, model.publish_at <= now),
            and_(model.is_published.is_(True), model.expire_at <= now),
        )
    )


async def act_on_moment(session: AsyncSession, row: Any, *, by: Actor) -> None:
    """Publish the row as its domain does, or take it down, if its moment has come; an expired row remembers when."""
    now = clock.now()
    if row.is_published and row.expire_at is not None and row.expire_at <= now:
        _take_down(row)
        audit.note(session, row, action="expire")
    elif row.publish_at is not None and row.publish_at <= now:
        await publisher_of(type(row))(session, row, by=by)


def give_up_moment(session: AsyncSession, row: Any, *, reason: CMSError) -> None:
    """Schedule nothing any more for a row that could not go live, and say in its history why."""
    sentences = [sentence for found in getattr(reason, "errors", {}).values() for sentence in found]
    row.publish_at = None
    audit.note(session, row, action="fail to go live", remark=" ".join(sentences) or reason.message)


async def restore(session: AsyncSession, row: Any, revision: Revision, *, by: Actor) -> None:
    """Put the row back into a saved state: a live row gets a draft of it, any other row is written.

    Raises what saving the row raises, such as Invalid where another row has taken the path by now.
    """
    remark = f"Restored the state of {revision.saved_at:%Y-%m-%d %H:%M} UTC."

    async def write() -> None:
        await revisions.put_onto(session, row, revision.values)
        await saver_of(type(row))(session, row, by=by)

    if row.is_published:
        await keep_draft(session, row, write, by=by, remark=remark)
    else:
        row.draft_id = None
        audit.note(session, row, action="restore", remark=remark)
        audit.remark(session, row, remark)
        await write()
