"""What is done about missed paths in the background: once an hour they are written down, and old ones forgotten."""

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import tallies
from cms.core.resources import Resources
from cms.core.tasks import task
from cms.missed_paths import services


@task(timeout=120, schedule="7 * * * *")
async def write_missed_paths(resources: Resources, session: AsyncSession) -> None:
    """Write down which paths were missed since the last time."""
    await services.add_up(session, await tallies.taken(resources.redis, services.MISSED_PATHS))
    await services.settle(session)
    await services.forget_old(session)
    # A commit that fails after this loses an hour's counts; the other way round they might be counted twice.
    await tallies.forget(resources.redis, services.MISSED_PATHS)


@task(merge=lambda _messages: {})
async def settle_missed_paths(_resources: Resources, session: AsyncSession) -> None:
    """Forget the paths that are answered now, such as by a redirect that was just made."""
    await services.settle(session)
