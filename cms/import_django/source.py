"""The old site's database: read only, in one snapshot, in batches, whatever types its columns have."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import asyncpg

from cms.core.errors import Invalid, Unavailable
from cms.core.legacy import Values

BATCH = 500
TIMEOUT = 10
HALLMARK = "users_user"
"""A table that every database of the old site has, and ours has not."""


@dataclass
class OldSite:
    """A connection to the old database, and what tables and columns it has."""

    connection: asyncpg.Connection
    name: str
    schema: str
    columns: dict[str, frozenset[str]]
    _rows: dict[str, list[Values]] = field(default_factory=dict)

    def has(self, table: str) -> bool:
        return table in self.columns

    def missing(self, table: str, columns: Iterable[str]) -> list[str]:
        """Return those of the columns that the table lacks."""
        return sorted(set(columns) - self.columns[table])

    async def count(self, table: str) -> int:
        query = f"SELECT count(*) FROM {self._quoted(table)}"  # noqa: S608 - the name comes from the database's own catalogue
        return int(await self.connection.fetchval(query))

    async def rows(self, table: str) -> list[Values]:
        """Return every row of a small table, or none where there is no such table."""
        if table not in self._rows:
            batches = [batch async for batch in self.batches(table)] if self.has(table) else []
            self._rows[table] = [row for batch in batches for row in batch]
        return self._rows[table]

    async def batches(self, table: str, *, order_by: Sequence[str] = ()) -> AsyncIterator[list[Values]]:
        """Go through a table by a server-side cursor, in an order that is the same each time.

        Rows come as JSON, so that a date beyond what Python can hold spoils its own row and not the table.
        """
        rows = f"{self._quoted(table)} t {self._order(table, order_by)}"
        query = f"SELECT to_jsonb(t)::text AS row FROM {rows}"  # noqa: S608 - names from the database's own catalogue
        batch: list[Values] = []
        try:
            async for record in self.connection.cursor(query, prefetch=BATCH):
                batch.append(json.loads(record["row"]))
                if len(batch) == BATCH:
                    yield batch
                    batch = []
        except (OSError, UnicodeDecodeError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            message = f"The table {table} of the old site cannot be read: {_first_line(str(error))}."
            raise Unavailable(message) from error
        if batch:
            yield batch

    def _quoted(self, table: str) -> str:
        return f'"{self.schema}"."{table}"'

    def _order(self, table: str, order_by: Sequence[str]) -> str:
        wanted = ((name.removeprefix("-"), name.startswith("-")) for name in (*order_by, "id"))
        terms = [
            f'"{name}" {"DESC NULLS LAST" if descending else "ASC"}'
            for name, descending in wanted
            if name in self.columns[table]
        ]
        return f"ORDER BY {', '.join((*terms, 't::text'))}"


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[OldSite]:
    """Open the old site's database in a read-only snapshot.

    Raises Invalid where the URL names no such database, Unavailable where it cannot be reached.
    """
    connection = await _connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield await _described(connection)
    finally:
        await connection.close()


async def _connect(url: str) -> asyncpg.Connection:
    address = url.replace("postgresql+asyncpg://", "postgresql://", 1)
    if not address.startswith(("postgresql://", "postgres://")):
        message = "The source must be the URL of a PostgreSQL database: postgresql://user:password@host/name."
        raise Invalid(message)
    try:
        return await asyncpg.connect(
            address, timeout=TIMEOUT, server_settings={"timezone": "UTC", "application_name": "cms import-django"}
        )
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        reason = str(error) or type(error).__name__
        raise Unavailable(f"The old site's database cannot be opened: {_first_line(reason)}.") from error


async def _described(connection: asyncpg.Connection) -> OldSite:
    name = await connection.fetchval("SELECT current_database()")
    schema = await connection.fetchval(
        "SELECT table_schema FROM information_schema.tables WHERE table_name = $1 ORDER BY table_schema <> 'public'",
        HALLMARK,
    )
    if schema is None:
        message = f"The database “{name}” is not one of the old site: it has no table {HALLMARK}."
        raise Invalid(message)
    found: dict[str, set[str]] = defaultdict(set)
    for record in await connection.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = $1", schema
    ):
        found[record["table_name"]].add(record["column_name"])
    columns = {table: frozenset(names) for table, names in found.items()}
    return OldSite(connection=connection, name=name, schema=schema, columns=columns)


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0].rstrip(".")


def in_batches(values: Iterable[Any], size: int = BATCH) -> Iterable[list[Any]]:
    """Cut what can be iterated over into lists of at most `size`."""
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch
