"""What follows from a written row: purge keys, index work, audit entries, revisions; and that nothing slips past."""

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import audit
from cms.core.audit import AuditEntry, acting_as
from cms.core.changes import ConsequencesBypassed
from cms.core.outbox import OutboxMessage
from cms.core.publishing import Revision
from cms.pages.models import Page
from cms.users.models import User
from tests.factories.banners import make_banner
from tests.factories.boxes import make_box
from tests.factories.downloads import make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user


async def messages(session: AsyncSession, task: str) -> list[dict[str, object]]:
    found = await session.scalars(select(OutboxMessage).where(OutboxMessage.task == task).order_by(OutboxMessage.id))
    return [message.arguments for message in found]


async def forget(session: AsyncSession) -> None:
    for model in (OutboxMessage, AuditEntry, Revision):
        await session.execute(delete(model), execution_options={"consequences_handled": True})


async def test_a_new_row_purges_its_table_and_itself(session):
    page = await make_page(session)

    assert {"keys": ["pages", f"pages/{page.id}"]} in await messages(session, "purge_keys")


async def test_a_changed_label_purges_the_old_path_and_the_new(session):
    box = await make_box(session, label="before")
    await forget(session)

    box.label = "after"
    await session.commit()

    [purge] = await messages(session, "purge_keys")
    assert {"/box/before/", "/box/after/"} <= set(purge["keys"])


async def test_drafts_that_no_page_is_made_of_purge_nothing(session):
    banner = await make_banner(session, is_published=False)
    banner.title = "Reworded"
    await session.commit()

    assert await messages(session, "purge_keys") == []
    banner.is_published = True
    await session.commit()
    banner.is_published = False
    await session.commit()
    await session.delete(banner)
    await session.commit()

    purges = [purge["keys"] for purge in await messages(session, "purge_keys")]
    assert purges == [["banners", f"banners/{banner.id}"]] * 2


async def test_a_release_without_a_number_purges_no_folder_of_downloads(session):
    await make_release(session, "Python install manager 25.0")

    [purge] = await messages(session, "purge_keys")
    assert "/ftp/python/" in purge["keys"]
    assert not [key for key in purge["keys"] if "None" in key]


async def test_a_written_row_is_indexed_and_so_is_a_deleted_one(session):
    page = await make_page(session)
    await forget(session)

    await session.delete(page)
    await session.commit()

    assert await messages(session, "index_rows") == [{"index": "pages", "ids": [page.id]}]


async def test_a_rolled_back_change_leaves_nothing(session):
    page = await make_page(session)
    await forget(session)
    await session.commit()

    page.title = "Another title"
    await session.flush()
    await session.rollback()

    assert (await session.scalars(select(OutboxMessage))).all() == []
    assert (await session.scalars(select(AuditEntry))).all() == []


async def test_an_entry_tells_who_changed_what_from_which_value(session):
    editor = await make_user(session)
    page = await make_page(session, title="Before")
    await forget(session)

    with acting_as(editor, request_id="r-1"):
        page.title = "After"
        await session.commit()

    [entry] = (await session.scalars(select(AuditEntry))).all()
    assert (entry.actor_id, entry.actor_name, entry.request_id) == (editor.id, editor.username, "r-1")
    assert (entry.action, entry.table_name, entry.row_id) == ("update", "pages", page.id)
    assert entry.changes == {"title": ["Before", "After"]}


async def test_a_secret_is_never_recorded(session):
    user = await make_user(session)
    await forget(session)

    user.password = "another hash"
    await session.commit()

    [entry] = (await session.scalars(select(AuditEntry))).all()
    assert entry.changes == {"password": [audit.HIDDEN_VALUE, audit.HIDDEN_VALUE]}


async def test_mere_use_leaves_no_entry(session, clock):
    user = await make_user(session)
    await forget(session)

    user.last_login_at = clock.now()
    await session.commit()

    assert (await session.scalars(select(AuditEntry))).all() == []


async def test_a_decision_gives_the_entry_its_name(session):
    page = await make_page(session, is_published=False)
    await forget(session)

    page.is_published = True
    audit.note(session, page, action="publish", remark="At last.")
    await session.commit()

    [entry] = (await session.scalars(select(AuditEntry))).all()
    assert (entry.action, entry.remark) == ("publish", "At last.")


async def test_the_author_and_the_last_writer_are_filled_in(session):
    author, editor = await make_user(session), await make_user(session)

    with acting_as(author):
        page = await make_page(session)
    with acting_as(editor):
        page.title = "Another title"
        await session.commit()

    assert (page.created_by_id, page.updated_by_id) == (author.id, editor.id)


async def test_a_row_merely_touched_has_no_consequences(session):
    page = await make_page(session, title="Same")
    await forget(session)

    page.title = "Same"
    await session.commit()

    assert (await session.scalars(select(OutboxMessage))).all() == []


async def test_markup_is_rendered_when_it_is_written(session):
    page = await make_page(session, content="Some *text*.")

    page.content = "Other **text**."
    await session.commit()

    assert "<strong>text</strong>" in page.content_html


@pytest.mark.parametrize(
    ("changes", "is_rendered"),
    [
        ({"title": "Another"}, False),
        ({"content": "*b*"}, True),
        ({"content_kind": "plain"}, True),
        ({"content_html": "<p>forged"}, True),
    ],
)
async def test_markup_that_stays_the_same_is_not_rendered_anew(session, monkeypatch, changes, is_rendered):
    page = await make_page(session, content="*a*")
    rendered = []
    monkeypatch.setattr("cms.core.markup.render", lambda text, _kind: rendered.append(text) or "<p>new")

    for name, value in changes.items():
        setattr(page, name, value)
    await session.commit()

    assert bool(rendered) is is_rendered
    assert (page.content_html == "<p>new") is is_rendered


async def test_each_saved_state_of_a_page_is_kept(session):
    page = await make_page(session, title="First")

    page.title = "Second"
    await session.commit()

    saved = await session.scalars(select(Revision).where(Revision.row_id == page.id).order_by(Revision.id))
    assert [revision.values["title"] for revision in saved] == ["First", "Second"]


@pytest.mark.parametrize("statement", [update(Page).values(title="x"), delete(Page), delete(User)])
async def test_a_bulk_write_is_refused(session, statement):
    with pytest.raises(ConsequencesBypassed):
        await session.execute(statement)


async def test_a_bulk_write_marked_as_handled_is_let_through(session):
    page = await make_page(session)

    await session.execute(update(Page).values(title="x"), execution_options={"consequences_handled": True})

    await session.refresh(page)
    assert page.title == "x"
