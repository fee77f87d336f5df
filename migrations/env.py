"""Runs migrations over one connection: one process at a time, and never waiting long for a lock."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

import cms.models  # the metadata of every domain

ADVISORY_LOCK = 20261121
LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "15min"


def configure(connection: Connection | None = None) -> None:
    context.configure(
        connection=connection,
        url=None if connection else context.config.get_main_option("sqlalchemy.url"),
        target_metadata=cms.models.Base.metadata,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
        literal_binds=connection is None,
    )


def run(connection: Connection) -> None:
    """Bring the database to the target; a second process waits here until the first one has done it."""
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
    connection.commit()
    configure(connection)
    try:
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()


async def connect_and_run() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    engine = create_async_engine(url or "", poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


if context.is_offline_mode():
    configure()
    with context.begin_transaction():
        context.run_migrations()
elif given := context.config.attributes.get("connection"):
    run(given)
else:
    asyncio.run(connect_and_run())
