"""What is done about downloads in the background: four times a day it is asked how the release cycle stands."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.fetching import Fetcher, Limits
from cms.core.resources import Resources
from cms.core.settings import MEBIBYTE
from cms.core.tasks import task
from cms.downloads import series

LIMITS = Limits(seconds=20, size=MEBIBYTE)
JSON_TYPES = frozenset({"application/json", "text/json", "text/plain"})


@task(timeout=60, schedule="11 */6 * * *")
async def import_release_cycle(resources: Resources, session: AsyncSession) -> None:
    """Bring status and dates of every series up to date; while the source is down, what we have stays."""
    url = resources.settings.release_cycle_url
    if not url:
        return
    fetched = await Fetcher.from_settings(resources.settings).fetch(url, limits=LIMITS, content_types=JSON_TYPES)
    await series.write(session, await asyncio.to_thread(series.read, fetched.content))
