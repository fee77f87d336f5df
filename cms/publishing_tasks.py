"""The tasks that act when a moment to go live or to expire has come."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import outbox, publishing
from cms.core.errors import CMSError
from cms.core.integrity import explained
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
    """Publish the row, or take it down, if its moment has come and nobody was quicker.

    What breaks a rule by now, such as a path that another page has taken, stays as it is, and the history says why.
    """
    models = {model.__tablename__: model for model in publishing.publishable_models()}
    row = await session.get(models[table], row_id, with_for_update=True)
    if row is None:
        return
    attempt = await session.begin_nested()
    try:
        await publishing.act_on_moment(session, row, by=SYSTEM)
        await session.flush()
    except (CMSError, IntegrityError) as error:
        await attempt.rollback()
        await session.refresh(row)
        refusal = explained(error) if isinstance(error, IntegrityError) else error
        publishing.give_up_moment(session, row, reason=refusal)
    else:
        await attempt.commit()
