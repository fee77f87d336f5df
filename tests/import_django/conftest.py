"""The old site as the import's tests meet it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest
from rich.console import Console

from cms.core.resources import Resources
from cms.import_django import runner
from tests.import_django.databases import filled_database

HERE = Path(__file__).parent

Run = Callable[..., Awaitable[dict]]


@pytest.fixture(scope="session")
async def old_site_url(database_url: str) -> AsyncIterator[str]:
    """A small old site full of awkward rows, the same for all tests; who changes it takes `changeable_old_site`."""
    async with filled_database(database_url, (HERE / "old_site.sql").read_text()) as url:
        yield url


@pytest.fixture
async def changeable_old_site(database_url: str) -> AsyncIterator[tuple[str, asyncpg.Connection]]:
    """The same old site for one test alone, with a connection to change it by."""
    async with filled_database(database_url, (HERE / "old_site.sql").read_text()) as url:
        connection = await asyncpg.connect(url)
        yield url, connection
        await connection.close()


@pytest.fixture
def run_import(resources: Resources, old_site_url: str, tmp_path: Path) -> Run:
    """Run the import and return its report as JSON has it, tables by their names."""

    async def run(url: str = old_site_url, **options) -> dict:
        path = tmp_path / "report.json"
        with (tmp_path / "console.txt").open("a") as output:
            await runner.run(resources, url, report_to=path, console=Console(file=output, width=200), **options)
        report = json.loads(path.read_text())
        return report | {"tables": {table["source"]: table for table in report["tables"]}}

    return run
