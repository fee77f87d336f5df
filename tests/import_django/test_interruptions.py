"""An import that is cut off says so in a sentence, leaves whole tables or none, and can be run again."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select, text

from cms.core import migrations
from cms.core.errors import Unavailable
from cms.core.resources import Resources
from cms.downloads.models import Release
from cms.import_django import runner
from cms.pages.models import Page
from cms.users.models import User
from tests.import_django.databases import filled_database

CUT_OFF = "pg_terminate_backend(pg_backend_pid())"


@pytest.fixture
async def mortal(database_url: str, resources: Resources) -> AsyncIterator[Resources]:
    """Resources on a database of their own, whose connections may die."""
    async with filled_database(database_url, "") as url:
        own = url.replace("postgresql://", "postgresql+asyncpg://")
        await asyncio.to_thread(migrations.upgrade, own)
        made = Resources.from_settings(resources.settings.model_copy(update={"database_url": own}))
        yield made
        await made.aclose()


async def counted(resources: Resources) -> list[int]:
    async with resources.sessionmaker() as session:
        return [await session.scalar(select(func.count()).select_from(model)) for model in (User, Page, Release)]


async def test_our_database_dying_leaves_whole_tables_and_a_second_run_ends_the_work(mortal, old_site_url, run_import):
    dying = f"CREATE FUNCTION dying() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM {CUT_OFF}; RETURN NEW; END'"
    async with mortal.engine.begin() as connection:
        await connection.execute(text(dying))
        trigger = "CREATE TRIGGER dying AFTER INSERT ON releases FOR EACH STATEMENT EXECUTE FUNCTION dying()"
        await connection.execute(text(trigger))

    with pytest.raises(Unavailable, match=r"this site's database failed.*run the import again"):
        await runner.run(mortal, old_site_url)
    cut_off = await counted(mortal)
    async with mortal.engine.begin() as connection:
        await connection.execute(text("DROP TRIGGER dying ON releases"))
    agrees = await runner.run(mortal, old_site_url)

    assert (cut_off, await counted(mortal), agrees) == ([8, 10, 0], [8, 10, 5], True)


async def test_the_old_database_dying_is_told_and_the_import_can_be_repeated(run_import, changeable_old_site):
    url, old = changeable_old_site
    await old.execute("ALTER TABLE boxes_box RENAME TO boxes")
    await old.execute(f"CREATE VIEW boxes_box AS SELECT * FROM boxes WHERE {CUT_OFF}")  # noqa: S608 - our own constant

    with pytest.raises(Unavailable, match="The table boxes_box of the old site cannot be read"):
        await run_import(url)
    await old.execute("DROP VIEW boxes_box")
    await old.execute("ALTER TABLE boxes RENAME TO boxes_box")
    report = await run_import(url)

    assert (report["tables"]["pages_page"]["created"], report["tables"]["pages_page"]["unchanged"]) == (0, 10)
    assert (report["tables"]["boxes_box"]["created"], report["agrees"]) == (2, True)


async def test_a_table_that_may_not_be_read_is_not_taken_for_a_missing_one(run_import, changeable_old_site):
    url, old = changeable_old_site
    await old.execute("DROP ROLE IF EXISTS import_reader")
    await old.execute("CREATE ROLE import_reader LOGIN")
    await old.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO import_reader")
    await old.execute("REVOKE SELECT ON boxes_box FROM import_reader")

    with pytest.raises(Unavailable, match="boxes_box of the old site cannot be read: permission denied"):
        await run_import(url.replace("//cms@", "//import_reader@"))

    await old.execute("DROP OWNED BY import_reader")
    await old.execute("DROP ROLE import_reader")


@pytest.mark.parametrize(
    ("encoding", "literal", "name"),
    [("LATIN1", r"E'Zo\xeb'", "Zoë"), ("SQL_ASCII", r"E'Zo\xc3\xab'", "Zoë"), ("SQL_ASCII", r"E'Zo\xeb'", "Zo")],
)
async def test_a_source_in_another_encoding_keeps_its_letters(
    run_import, database_url, session, encoding, literal, name
):
    table = "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.users_user (id integer, username text, first_name text);"
    row = f"INSERT INTO elsewhere.users_user VALUES (1, 'zoe', {literal});"  # noqa: S608 - the literal is written above
    async with filled_database(database_url, table + row, encoding=encoding) as url:
        report = await run_import(url)

    assert (await session.get(User, 1)).first_name == name
    assert report["agrees"] is True
    (changed,) = report["tables"]["users_user"]["changed"]
    assert ("bytes that are no UTF-8, were removed from “first_name”" in changed["reason"]) == (name == "Zo")
