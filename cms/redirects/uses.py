"""How often redirects are followed: counted where they are answered, and written down once an hour."""

from collections.abc import Iterable

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.changes import AS_HANDLED
from cms.core.tallies import Counted
from cms.redirects.models import Redirect

REDIRECT_USES = "redirect-uses"
"""The tally of redirects that were followed, by their ids."""


async def add_up(session: AsyncSession, counted: Iterable[Counted]) -> None:
    """Add what was counted to what is known. No page shows it, no history tells it, no form grows stale by it."""
    for one in sorted(counted, key=lambda one: one.name):
        if one.name.isdecimal():
            values = {
                "uses": func.least(Redirect.uses.op("+")(one.count), 2**31 - 1),
                "last_used_at": func.greatest(func.coalesce(Redirect.last_used_at, one.last_at), one.last_at),
                "updated_at": Redirect.updated_at,
            }
            statement = update(Redirect).where(Redirect.id == int(one.name)).values(values)
            await session.execute(statement, execution_options={**AS_HANDLED, "synchronize_session": False})
