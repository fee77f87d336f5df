"""What is done about redirects in the background: once an hour it is written down how often they were followed."""

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import tallies
from cms.core.resources import Resources
from cms.core.tasks import task
from cms.redirects import uses


@task(timeout=120, schedule="9 * * * *")
async def write_redirect_uses(resources: Resources, session: AsyncSession) -> None:
    """Write down which redirects were followed since the last time."""
    await uses.add_up(session, await tallies.taken(resources.redis, uses.REDIRECT_USES))
    # A commit that fails after this loses an hour's counts; the other way round they might be counted twice.
    await tallies.forget(resources.redis, uses.REDIRECT_USES)
