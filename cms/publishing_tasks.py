"""The tasks that act when a moment to go live or to expire has come."""

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import outbox, publishing
from cms.core.permissions import SYSTEM
from cms.core.resources import Resources
from cms.core.tasks import task


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
        await publishing.act_on_moment(session, row, by=SYSTEM)
