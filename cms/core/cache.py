"""What an answer was made of: every SELECT of a session leaves a surrogate key for each table that it read."""

from typing import Any, TypeVar, cast

from sqlalchemy import Executable, Select, Table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.sql import visitors

from cms.core.errors import NotFound

Row = TypeVar("Row")
NARROWED = "cms_narrowed_to_row"


def tags(session: AsyncSession) -> set[str]:
    """Return the surrogate keys of all that the session has read so far."""
    return cast("set[str]", session.info.setdefault("tags", set()))


async def one_or_404(session: AsyncSession, statement: Select[Row]) -> Row:
    """Return the one row, and tag the session with that row instead of its whole table.

    Raises NotFound; then the table is the tag, so that creating the row ends the 404.
    """
    table = _table_of(statement)
    row = (await session.scalars(statement.execution_options(**{NARROWED: table.name}))).one_or_none()
    if row is None:
        tags(session).add(table.name)
        message = "There is nothing here."
        raise NotFound(message)
    tags(session).add(f"{table.name}/{cast('Any', row).id}")
    return row


def tag_read(state: ORMExecuteState) -> None:
    """Tag the session with the tables of the SELECT that it is about to run."""
    if not state.is_select:
        return
    narrowed = state.execution_options.get(NARROWED)
    found: set[str] = state.session.info.setdefault("tags", set())
    found.update(name for name in tables_in(state.statement) if name != narrowed)


def tables_in(statement: Executable) -> set[str]:
    """Return the names of all tables that the statement reads, also in joins and subqueries."""
    return {element.name for element in visitors.iterate(cast("Any", statement)) if isinstance(element, Table)}


def _table_of(statement: Select[Any]) -> Table:
    return cast("Table", statement.column_descriptions[0]["entity"].__table__)
