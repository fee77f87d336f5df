"""Uploaded files of the old site: copied into our storage under the names that their rows have."""

from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.legacy import LegacyTable
from cms.import_django.report import TableReport


async def copy(
    session: AsyncSession, table: LegacyTable, files: Path | None, *, storage: Any, report: TableReport
) -> None:
    return
