"""The old site's database: read only, in one snapshot, in batches, whatever types its columns have."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
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

# From PostgreSQL's own catalogue: the information schema leaves out, in silence, what its reader may not read.
RELATION = "pg_class JOIN pg_namespace n ON n.oid = relnamespace AND relkind IN ('r', 'v', 'm', 'f', 'p')"
SCHEMA = f"""
    SELECT nspname FROM {RELATION} WHERE relname = $1
    ORDER BY array_position(current_schemas(false), nspname), nspname LIMIT 1
"""  # noqa: S608 - no value of anybody's is in it
COLUMNS = f"""
    SELECT relname, attname FROM {RELATION} JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE nspname = $1 AND attnum > 0 AND NOT attisdropped
"""  # noqa: S608 - no value of anybody's is in it
ORDERED_BY_ID = f"""
    SELECT relname FROM {RELATION} JOIN pg_index ON indrelid = pg_class.oid AND indisunique AND indpred IS NULL
    JOIN pg_attribute ON attrelid = pg_class.oid AND attnum::text = indkey::text AND attname = 'id' AND attnotnull
    WHERE nspname = $1
"""  # noqa: S608 - no value of anybody's is in it


@dataclass
class OldSite:
    """A connection to the old database, and what tables and columns it has."""

    connection: asyncpg.Connection
    name: str
    schema: str
    columns: dict[str, frozenset[str]]
    encoding: str
    """What to have texts converted to: UTF-8, unless the database itself does not know what its bytes mean."""

    ordered_by_id: frozenset[str]
    """Tables in which an id occurs once, so that it alone decides which row comes first."""

    _rows: dict[str, list[Values]] = field(default_factory=dict)

    def has(self, table: str) -> bool:
        return table in self.columns

    def missing(self, table: str, columns: Iterable[str]) -> list[str]:
        """Return those of the columns that the table lacks."""
        return sorted(set(columns) - self.columns[table])

    async def count(self, table: str) -> int:
        with _told(f"The table {table} of the old site cannot be read"):
            query = f"SELECT count(*) FROM {self._quoted(table)}"  # noqa: S608 - the name comes from the database's own catalogue
            return int(await self.connection.fetchval(query))

    async def rows(self, table: str, *columns: str) -> list[Values]:
        """Return these columns of every row, or all columns of a small table; none where there is no such table."""
        if not self.has(table):
            return []
        if columns:
            return [row async for batch in self.batches(table, columns=columns) for row in batch]
        if table not in self._rows:
            self._rows[table] = [row async for batch in self.batches(table) for row in batch]
        return self._rows[table]

    async def batches(
        self, table: str, *, order_by: Sequence[str] = (), columns: Sequence[str] = ()
    ) -> AsyncIterator[list[Values]]:
        """Go through a table by a server-side cursor, in an order that is the same each time.

        Rows come as JSON, so that a date beyond what Python can hold spoils its own row and not the table; and as
        bytes, so that a text which is not what the database takes it for spoils no more.
        """
        rows = f"{self._quoted(table)} t {self._order(table, order_by)}"
        query = f"SELECT convert_to({self._json(table, columns)}, '{self.encoding}') AS row FROM {rows}"  # noqa: S608 - names from the database's own catalogue
        batch: list[Values] = []
        with _told(f"The table {table} of the old site cannot be read"):
            async for record in self.connection.cursor(query, prefetch=BATCH):
                batch.append(_parsed(record["row"]))
                if len(batch) == BATCH:
                    yield batch
                    batch = []
        if batch:
            yield batch

    def _json(self, table: str, columns: Sequence[str]) -> str:
        # A row with a column of the alias's name would be taken for that column, but for the asterisk.
        named = ", ".join(f"'{name}', t.\"{name}\"" for name in columns if name in self.columns[table])
        return f"jsonb_build_object({named})::text" if columns else "to_jsonb(t.*)::text"

    def _quoted(self, table: str) -> str:
        return f'"{self.schema}"."{table}"'

    def _order(self, table: str, order_by: Sequence[str]) -> str:
        wanted = ((name.removeprefix("-"), name.startswith("-")) for name in (*order_by, "id"))
        terms = [
            f't."{name}" {"DESC NULLS LAST" if descending else "ASC"}'
            for name, descending in wanted
            if name in self.columns[table]
        ]
        if table not in self.ordered_by_id:
            terms.append('(t.*)::text COLLATE "C"')
        return f"ORDER BY {', '.join(terms)}"


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[OldSite]:
    """Open the old site's database in a read-only snapshot.

    Raises Invalid where the URL names no such database, Unavailable where it cannot be reached, or no longer.
    """
    connection = await _connect(url)
    try:
        with _told("The old site's database cannot be read"):
            await connection.transaction(isolation="repeatable_read", readonly=True).start()
            old = await _described(connection)
        yield old
    finally:
        # There is nothing to be saved, and a connection that has been cut could not say goodbye.
        connection.terminate()


async def _connect(url: str) -> asyncpg.Connection:
    address = url.replace("postgresql+asyncpg://", "postgresql://", 1)
    if not address.startswith(("postgresql://", "postgres://")):
        message = "The source must be the URL of a PostgreSQL database: postgresql://user:password@host/name."
        raise Invalid(message)
    with _told("The old site's database cannot be opened"):
        return await asyncpg.connect(
            address, timeout=TIMEOUT, server_settings={"timezone": "UTC", "application_name": "cms import-django"}
        )


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say what could not be done, and why, of whatever the old database or the way to it answers."""
    try:
        yield
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        reason = str(error) or type(error).__name__
        raise Unavailable(f"{what}: {_first_line(reason)}.") from error


async def _described(connection: asyncpg.Connection) -> OldSite:
    name = await connection.fetchval("SELECT current_database()")
    schema = await connection.fetchval(SCHEMA, HALLMARK)
    if schema is None:
        message = f"The database “{name}” is not one of the old site: it has no table {HALLMARK}."
        raise Invalid(message)
    found: dict[str, set[str]] = defaultdict(set)
    for record in await connection.fetch(COLUMNS, schema):
        found[record["relname"]].add(record["attname"])
    columns = {table: frozenset(names) for table, names in found.items()}
    ordered = frozenset(record["relname"] for record in await connection.fetch(ORDERED_BY_ID, schema))
    unknown = await connection.fetchval("SHOW server_encoding") == "SQL_ASCII"
    return OldSite(
        connection=connection,
        name=name,
        schema=schema,
        columns=columns,
        encoding="SQL_ASCII" if unknown else "UTF8",
        ordered_by_id=ordered,
    )


def _parsed(row: bytes) -> Values:
    """Return a row. What is not UTF-8, in a database that does not care, becomes characters that cannot be kept."""
    parsed: Values = json.loads(row.decode("utf-8", "surrogateescape"))
    return parsed


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0].rstrip(".")


def in_batches(values: Iterable[Any], size: int = BATCH) -> Iterable[list[Any]]:
    """Cut what can be iterated over into lists of at most `size`."""
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch
