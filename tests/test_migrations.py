"""Migrations lead up, down and up again, and end where the models are."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from cms.core import migrations, schema

DATABASE = "migrated_up_and_down"


def plain(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def execute(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(plain(url))
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


@pytest.fixture
def empty_database(database_url: str) -> Iterator[str]:
    """The URL of a database of its own, without any table."""
    asyncio.run(execute(database_url, f"CREATE DATABASE {DATABASE}"))
    yield make_url(database_url).set(database=DATABASE).render_as_string(hide_password=False)
    asyncio.run(execute(database_url, f"DROP DATABASE {DATABASE} WITH (FORCE)"))


def tables(url: str) -> set[str]:
    rows = asyncio.run(execute(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    return {row["tablename"] for row in rows}


def test_migrations_lead_up_down_and_up_again_to_where_the_models_are(empty_database):
    migrations.upgrade(empty_database)
    migrations.check(empty_database)

    migrations.downgrade(empty_database, "base")
    assert tables(empty_database) == {"alembic_version"}

    migrations.upgrade(empty_database)
    migrations.check(empty_database)


def test_two_processes_that_migrate_at_once_do_not_hinder_each_other(empty_database, tmp_path):
    environment = {**os.environ, "CMS_DATABASE_URL": empty_database, "CMS_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "cms.cli", "migrate"]

    running = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(2)]
    ended = [process.communicate(timeout=120) and process.returncode for process in running]

    assert ended == [0, 0]
    assert "releases" in tables(empty_database)


def test_the_newest_migration_is_the_one_that_alembic_would_lead_to():
    assert schema.newest() == ScriptDirectory(str(migrations.FOLDER)).get_current_head()
