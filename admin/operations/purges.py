"""The purges: what was asked to be forgotten, what was answered, and the levers to ask for more."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin.authorization import require_somewhere
from admin.operations.tabs import PAGE, Done, record, show_tab, url_of
from admin.requests import number_in, resources_of
from cms.core import outbox, purge_log
from cms.core.cdn import ALL_PAGES
from cms.core.errors import Invalid
from cms.core.permissions import Permission
from cms.core.purge_log import PurgeRecord

MOST_KEYS = 20
LONGEST_KEY = 200


async def show_purges(request: Request) -> Response:
    """Show the latest purges, the newest first."""
    require_somewhere(request, Permission.OPERATIONS_VIEW)
    before = number_in(request, "before")
    statement = select(PurgeRecord).order_by(PurgeRecord.id.desc()).limit(PAGE + 1)
    if before is not None:
        statement = statement.where(PurgeRecord.id < before)
    if only_failed := request.query_params.get("only") == "failed":
        statement = statement.where(PurgeRecord.error != "")
    async with resources_of(request).sessionmaker() as session:
        purges = (await session.scalars(statement)).all()
    only = "failed" if only_failed else ""
    context = {
        "purges": purges[:PAGE],
        "only": only,
        "kept_days": purge_log.KEPT.days,
        "has_fastly": resources_of(request).settings.fastly_service_id is not None,
        "older_url": url_of("purges", only=only, before=purges[PAGE - 1].id) if len(purges) > PAGE else "",
    }
    return await show_tab(request, "purges", context)


async def purge(session: AsyncSession, posted: FormData) -> Done:
    """Have every cache forget the pages that carry some keys."""
    keys = sorted(set(str(posted.get("keys", "")).replace(",", " ").split()))
    if not 0 < len(keys) <= MOST_KEYS or any(len(key) > LONGEST_KEY for key in keys):
        raise Invalid(f"Write between one and {MOST_KEYS} keys, such as “releases” or “pages/42”.")
    outbox.enqueue(session, "purge_keys", keys=keys)
    record(session, "Pages", action="purge", remark=", ".join(keys))
    return Done(f"Every cache will forget what carries {', '.join(keys)} in a moment.", "purges")


async def purge_all(session: AsyncSession, _posted: FormData) -> Done:
    """Have every cache forget every page."""
    outbox.enqueue(session, "purge_keys", keys=[ALL_PAGES])
    record(session, "Every page", action="purge")
    return Done("Every cache will forget every page in a moment.", "purges")
