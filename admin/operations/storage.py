"""How much room the uploaded files and the database take."""

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin.authorization import require_somewhere
from admin.operations.tabs import Done, record, show_tab
from admin.requests import resources_of
from cms.core import outbox
from cms.core.permissions import Permission
from cms.core.storage_use import StorageFolder

SHOWN_TABLES = 12
LARGEST_TABLES = text(
    "SELECT relname, n_live_tup, pg_total_relation_size(relid) AS size FROM pg_stat_user_tables "
    "ORDER BY size DESC LIMIT :limit"
)


async def show_storage(request: Request) -> Response:
    """Show the files by folder as they were counted last, and the largest tables."""
    require_somewhere(request, Permission.OPERATIONS_VIEW)
    async with resources_of(request).sessionmaker() as session:
        folders = (await session.scalars(select(StorageFolder).order_by(StorageFolder.size.desc()))).all()
        tables = (await session.execute(LARGEST_TABLES, {"limit": SHOWN_TABLES})).all()
        database_size = await session.scalar(select(func.pg_database_size(func.current_database())))
    context = {
        "folders": folders,
        "files": sum(folder.files for folder in folders),
        "size": sum(folder.size for folder in folders),
        "measured_at": folders[0].measured_at if folders else None,
        "place": "an S3 bucket" if resources_of(request).settings.s3_bucket else "a folder under CMS_HOME",
        "tables": tables,
        "database_size": database_size,
    }
    return await show_tab(request, "storage", context)


async def measure(session: AsyncSession, _posted: FormData) -> Done:
    """Have the files counted now."""
    outbox.enqueue(session, "measure_storage")
    record(session, "Storage", action="measure")
    return Done("The files are being counted; look again in a moment.", "storage")
