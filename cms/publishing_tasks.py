"""The tasks that act when a moment to go live or to expire has come."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import outbox, publishing
from cms.core.permissions import SYSTEM
from cms.core.publishing import Publisher
from cms.core.resources import Resources
from cms.core.tasks import task
from cms.downloads.models import Release
from cms.downloads.services import publish_release

PUBLISHERS: dict[type[Any], Publisher] = {Release: publish_release}
"""Where publishing means more than the flag, the domain's own decision."""


@task(schedule="* * * * *")
async def publish_due(_resources: Resources, session: AsyncSession) -> None:
    """Have each row acted on whose moment has come, one by one, so that none hinders the others."""
    for model in publishing.publishable_models():
        for row in await session.scalars(publishing.due(model)):
            outbox.enqueue(session, "act_on_moment", table=model.__tablename__, row_id=row.id)


@task()
async def act_on_moment(_resources: Resources, session: AsyncSession, *, table: str, row_id: int) -> None:
    """Publish the row, or take it down, if its moment has come and nobody was quicker."""
    models = {model.__tablename__: model for model in publishing.publishable_models()}
    row = await session.get(models[table], row_id, with_for_update=True)
    if row is not None:
        publisher = PUBLISHERS.get(type(row), publishing.publish)
        await publishing.act_on_moment(session, row, by=SYSTEM, publisher=publisher)
