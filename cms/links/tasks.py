"""The nightly look for links that lead nowhere, which somebody who mends them may also ask for."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import live
from cms.core.resources import Resources
from cms.core.tasks import Arguments, task
from cms.links import services
from cms.links.models import BrokenLink


def _once(_messages: Sequence[Arguments]) -> Arguments:
    return {}


@task(timeout=900, attempts=2, schedule="37 2 * * *", merge=_once)
async def check_links(resources: Resources, session: AsyncSession) -> None:
    """Look through every live text for addresses of ours that nobody answers."""
    await services.check_links(session, site_host=urlsplit(resources.settings.site_url).hostname or "")
    await live.announce(resources.redis, {BrokenLink.__tablename__})
