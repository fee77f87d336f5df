"""Decisions about missed paths: writing down what was counted, forgetting what is answered, ignoring the rest."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock
from cms.core.changes import AS_HANDLED
from cms.core.errors import InvalidTransition
from cms.core.permissions import Actor, Permission, require
from cms.core.publishing import is_live
from cms.core.tallies import Counted
from cms.missed_paths.models import MissedPath
from cms.pages.models import Page
from cms.redirects.models import Redirect

MISSED_PATHS = "missed-paths"
"""The tally of paths that nothing answered."""

KEPT_FOR = timedelta(days=90)
MOST_KEPT = 20_000
AT_ONCE = 1_000
NOTHING_FOLLOWS = {**AS_HANDLED, "synchronize_session": False}
"""Nobody but the back office shows these rows, and mere counting is not worth a line in the history."""


async def add_up(session: AsyncSession, counted: Iterable[Counted]) -> None:
    """Add what was counted to what is known; what is ignored stays as it was."""
    rows = [
        {
            "path": one.name,
            "count": one.count,
            "first_missed_at": one.last_at,
            "last_missed_at": one.last_at,
            "last_referrer": one.remark,
            "is_ignored": False,
        }
        for one in sorted(counted, key=lambda one: one.name)  # Everybody locks rows in the same order.
    ]
    for start in range(0, len(rows), AT_ONCE):
        statement = insert(MissedPath).values(rows[start : start + AT_ONCE])
        new = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=[MissedPath.path],
            set_={
                "count": func.least(MissedPath.count.op("+")(new.count), 2**31 - 1),
                "last_missed_at": func.greatest(MissedPath.last_missed_at, new.last_missed_at),
                "last_referrer": func.coalesce(func.nullif(new.last_referrer, ""), MissedPath.last_referrer),
            },
            where=MissedPath.is_ignored.is_(False),
        )
        await session.execute(statement, execution_options=NOTHING_FOLLOWS)


async def settle(session: AsyncSession) -> None:
    """Forget the paths that a redirect or a live page answers now."""
    await session.execute(delete(MissedPath).where(_is_answered()), execution_options=NOTHING_FOLLOWS)


async def forget_old(session: AsyncSession) -> None:
    """Forget what nobody has missed for a long time, and of too many the rarest."""
    old = MissedPath.last_missed_at < clock.now() - KEPT_FOR
    await session.execute(
        delete(MissedPath).where(old, MissedPath.is_ignored.is_(False)), execution_options=NOTHING_FOLLOWS
    )
    order = MissedPath.is_ignored.desc(), MissedPath.count.desc(), MissedPath.last_missed_at.desc()
    beyond = select(MissedPath.id).order_by(*order).offset(MOST_KEPT)
    await session.execute(delete(MissedPath).where(MissedPath.id.in_(beyond)), execution_options=NOTHING_FOLLOWS)


async def ignore(session: AsyncSession, missed: MissedPath, *, by: Actor) -> None:
    """Count a path no more. Raises PermissionDenied, or InvalidTransition where it is ignored already."""
    await require(session, by, Permission.REDIRECTS_EDIT, missed)
    if missed.is_ignored:
        raise InvalidTransition("This path is ignored already.")
    missed.is_ignored, missed.count = True, 0


async def heed(session: AsyncSession, missed: MissedPath, *, by: Actor) -> None:
    """Count a path that was ignored again. Raises PermissionDenied, or InvalidTransition where it is counted."""
    await require(session, by, Permission.REDIRECTS_EDIT, missed)
    if not missed.is_ignored:
        raise InvalidTransition("This path is counted already.")
    missed.is_ignored = False


def _is_answered() -> ColumnElement[bool]:
    plain = func.rtrim(MissedPath.path, "/")
    by_redirect = exists().where(or_(Redirect.old_path == plain, Redirect.old_path == plain.op("||")("/")))
    by_page = exists().where(Page.path == func.ltrim(plain, "/"), is_live(Page))
    return or_(by_redirect, by_page)
