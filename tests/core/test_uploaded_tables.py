"""Uploaded tables: kept for one person and one table, and given to one request at a time."""

import pytest
from sqlalchemy import delete, text

from cms.core import uploaded_tables
from cms.core.changes import AS_HANDLED
from cms.core.errors import Conflict, NotFound
from cms.core.session import make_sessionmaker
from cms.core.uploaded_tables import UploadedTable
from cms.users.models import User
from tests.factories.users import make_user


async def keep(session, person, **values):
    given = {"content": b"a,b\n", "filename": "table.csv", "plan": {}, **values}
    kept = await uploaded_tables.keep(session, "pages", by=person, **given)
    await session.commit()
    return kept


@pytest.fixture
async def committed(engine):
    """Sessions that really commit, and a person; what they leave is removed."""
    sessionmaker = make_sessionmaker(engine)
    async with sessionmaker() as session:
        person = await make_user(session, username="uploader")
    yield sessionmaker, person
    async with sessionmaker() as session:
        await session.execute(delete(User).where(User.id == person.id), execution_options=AS_HANDLED)
        await session.execute(text("TRUNCATE outbox_messages, audit_entries"))
        await session.commit()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (r"C:\Users\ada\moves.csv", "moves.csv"),
        ("../../etc/passwd", "passwd"),
        ("x" * 300 + ".csv", "x" * 196 + ".csv"),
        ("folder/", "table"),
    ],
)
async def test_a_file_is_called_by_the_end_of_its_path(session, superuser, given, shown):
    assert (await keep(session, superuser, filename=given)).filename == shown


async def test_a_file_belongs_to_one_person_and_one_table(session, superuser):
    kept = await keep(session, superuser)
    other = await make_user(session, is_superuser=True)

    assert await uploaded_tables.kept_for(session, "pages", kept.id, by=superuser) is kept
    for table, person in (("redirects", superuser), ("pages", other)):
        with pytest.raises(NotFound):
            await uploaded_tables.kept_for(session, table, kept.id, by=person)


async def test_a_file_leaves_with_its_person(session, superuser):
    kept = await keep(session, superuser)

    await session.execute(delete(User).where(User.id == superuser.id), execution_options=AS_HANDLED)
    session.expunge_all()

    assert await session.get(UploadedTable, kept.id) is None


async def test_a_file_is_imported_by_one_request_at_a_time(committed):
    sessionmaker, person = committed
    async with sessionmaker() as session:
        kept = await keep(session, person)

    async with sessionmaker() as first, sessionmaker() as second:
        await uploaded_tables.kept_for(first, "pages", kept.id, by=person, lock=True)

        with pytest.raises(Conflict, match="being imported"):
            await uploaded_tables.kept_for(second, "pages", kept.id, by=person, lock=True)
