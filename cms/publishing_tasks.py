"""The task that acts when a moment to go live or to expire has come."""

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import publishing
from cms.core.permissions import SYSTEM
from cms.core.resources import Resources
from cms.core.tasks import task
from cms.downloads.models import Release
from cms.downloads.services import publish_release


@task(schedule="* * * * *")
async def publish_due(resources: Resources, session: AsyncSession) -> None:
    """Publish and take down what is due, by each domain's own decision."""
    await publishing.publish_due(session, by=SYSTEM, publishers={Release: publish_release})
