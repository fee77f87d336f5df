"""Databases beside the one of the tests, each made anew or from a template, and dropped when it is no longer needed."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import make_url


@asynccontextmanager
async def database_beside(url: str, *, template: str | None = None, options: str = "") -> AsyncIterator[str]:
    """Create a database on the server of `url`, yield its URL, and drop it in the end.

    It is empty, or a copy of the one at the URL `template`, to which nobody may be connected meanwhile.
    """
    name = f"beside_{secrets.token_hex(4)}"
    original = make_url(template).database if template else "template0"
    server = await asyncpg.connect(plain(url))
    try:
        await server.execute(f'CREATE DATABASE {name} {options} TEMPLATE "{original}"')
        try:
            yield make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await server.close()


def plain(url: str) -> str:
    """Return the URL as asyncpg and the programs of PostgreSQL understand it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
