"""What people choose for themselves in the back office: which hints they have seen, and whether keys are shortcuts."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cms.users.models import User, UserPreferences


def preferences_of(user: User) -> UserPreferences:
    """Return what the person chose, which came with their session; the usual where they chose nothing."""
    return user.preferences or UserPreferences(user_id=user.id)


async def see_hints(session: AsyncSession, user: User, names: Iterable[str]) -> None:
    """Note that the person has seen these hints, so that they are not shown again."""
    kept = await _kept(session, user)
    kept.seen_hints = sorted({*kept.seen_hints, *names})


async def forget_hints(session: AsyncSession, user: User) -> None:
    """Have every hint shown to the person once more."""
    (await _kept(session, user)).seen_hints = []


async def switch_shortcuts(session: AsyncSession, user: User, *, on: bool) -> None:
    """Let single keys be shortcuts for the person, or not."""
    (await _kept(session, user)).has_shortcuts = on


async def switch_review_mails(session: AsyncSession, user: User, *, on: bool) -> None:
    """Tell the person of reviews by mail, or not."""
    (await _kept(session, user)).gets_review_mails = on


async def gets_review_mails(session: AsyncSession, user: User) -> bool:
    """Return whether the person is told of reviews by mail, as everybody is who chose nothing."""
    chosen = select(UserPreferences.gets_review_mails).where(UserPreferences.user_id == user.id)
    return await session.scalar(chosen) is not False


async def _kept(session: AsyncSession, user: User) -> UserPreferences:
    """Return the person's row, locked; it is made when something is chosen for the first time."""
    made = insert(UserPreferences).values(user_id=user.id).on_conflict_do_nothing(index_elements=["user_id"])
    await session.execute(made.execution_options(consequences_handled=True))
    found = select(UserPreferences).where(UserPreferences.user_id == user.id).with_for_update()
    return (await session.scalars(found)).one()
