"""Databases of the old site beside the one under test, filled from SQL without the help of `psql`."""

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg

from tests.databases import database_beside, plain

END_OF_COPY = "\\."


@asynccontextmanager
async def filled_database(beside: str, sql: str, *, encoding: str = "UTF8") -> AsyncIterator[str]:
    """Create a database beside another, fill it from a plain dump, yield its URL and drop it in the end."""
    like_the_old_one = f"ENCODING '{encoding}' LOCALE 'C' LOCALE_PROVIDER libc"
    async with database_beside(beside, options=like_the_old_one) as url:
        await _fill(plain(url), sql)
        yield plain(url)


async def _fill(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statements, copy, rows in _parts(sql):
            if statements:
                await connection.execute(statements)
            if copy:
                await _copy(connection, copy, rows)
    finally:
        await connection.close()


async def _copy(connection: asyncpg.Connection, copy: str, rows: str) -> None:
    """Carry out `COPY schema.table (columns) FROM stdin;`, whose rows follow it in a dump."""
    table, columns = copy.removeprefix("COPY ").removesuffix(") FROM stdin;").split(" (", 1)
    schema, name = table.split(".")
    names = [column.strip().strip('"') for column in columns.split(",")]
    await connection.copy_to_table(name, schema_name=schema, columns=names, source=io.BytesIO(rows.encode()))


def _parts(sql: str) -> Iterator[tuple[str, str, str]]:
    """Cut a dump into statements, the COPY that follows them, and its rows."""
    statements: list[str] = []
    lines = iter(sql.splitlines(keepends=True))
    for line in lines:
        if line.startswith("COPY ") and line.endswith("FROM stdin;\n"):
            rows = "".join(iter(lambda: next(lines), END_OF_COPY + "\n"))
            yield "".join(statements), line.strip(), rows
            statements = []
        elif line.strip() and not line.startswith(("\\", "--")):
            statements.append(line)
    yield "".join(statements), "", ""
