"""What may be decided about menus."""

import time

import pytest
from sqlalchemy import select

from cms.core.audit import AuditEntry
from cms.core.errors import Conflict, Invalid, PermissionDenied
from cms.core.outbox import OutboxMessage
from cms.core.permissions import Permission
from cms.menus import queries, services
from cms.menus.models import LABEL_LENGTH, MenuItem, MenuName, Visibility
from cms.pages import services as pages
from tests.factories.menus import line, make_menu
from tests.factories.pages import make_page
from tests.factories.users import make_user


async def _items(session):
    session.expunge_all()
    return (await session.scalars(queries.items_of(MenuName.MAIN))).all()


async def _outline(session):
    return services.outline(item for item, _ in services.in_order(await _items(session)))


async def test_a_menu_is_what_its_lines_say(session):
    await make_menu(session, line("About"), line("Help", depth=1), line("Chat", depth=2), line("Downloads"))

    assert await _outline(session) == (
        "About → /about/\n    Help → /help/\n        Chat → /chat/\nDownloads → /downloads/"
    )


async def test_entries_are_moved_changed_added_and_removed_at_once(session):
    await make_menu(session, line("About"), line("Help", depth=1), line("News"))
    about, help_, _news = await _items(session)

    await make_menu(
        session,
        line("Jobs"),
        line("Help", "/help/me/", item_id=help_.id),
        line("About us", "/about/", depth=1, item_id=about.id),
    )

    found = {item.label: item.id for item in await _items(session)}
    assert await _outline(session) == "Jobs → /jobs/\nHelp → /help/me/\n    About us → /about/"
    assert (found["Help"], found["About us"]) == (help_.id, about.id)


async def test_an_entry_may_become_the_parent_of_what_it_lay_below(session):
    await make_menu(session, line("A"), line("B", depth=1))
    a, b = await _items(session)

    await make_menu(session, line("B", item_id=b.id), line("A", depth=1, item_id=a.id))

    assert await _outline(session) == "B → /b/\n    A → /a/"


async def test_an_entry_with_the_path_of_a_page_stays_with_the_page_when_it_moves(session, superuser):
    page = await make_page(session, path="about/help")
    await make_menu(session, line("Help", "/about/help/"))

    page.path = "help"
    await pages.save_page(session, page, by=superuser)
    await session.commit()

    assert await _outline(session) == "Help → /help/"


async def test_an_entry_keeps_its_page_while_its_target_is_left_as_it_was(session):
    page = await make_page(session, path="new")
    await make_menu(session, line("Help", "/as-it-was-when-opened/", page_id=page.id))

    assert await _outline(session) == "Help → /new/"


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ([line(" ", "/a/")], "0.label"),
        ([line("A" * (LABEL_LENGTH + 1), "/a/")], "0.label"),
        ([line("A", " ")], "0.target"),
        ([line("A", "javascript:alert(1)")], "0.target"),
        ([line("A", "//evil.test/")], "0.target"),
        ([line("A", "/" + "a" * 600)], "0.target"),
        ([line("A", depth=1)], "0.depth"),
        ([line("A"), line("B", depth=2)], "1.depth"),
        ([line("A"), line("B", depth=1), line("C", depth=2), line("D", depth=3)], "3.depth"),
        ([line("A")] * 401, ""),
    ],
)
async def test_what_breaks_a_rule_is_refused_where_it_stands(session, superuser, lines, where):
    with pytest.raises(Invalid) as refusal:
        await services.save_menu(session, MenuName.MAIN, lines, began_from=0, by=superuser)

    assert list(refusal.value.errors) == [where]


async def test_who_began_from_an_older_menu_is_refused(session, superuser):
    menu = await make_menu(session, line("A"))
    began_from = menu.lock_version
    await make_menu(session, line("B"))

    with pytest.raises(Conflict, match="Somebody else"):
        await services.save_menu(session, MenuName.MAIN, [line("C")], began_from=began_from, by=superuser)


async def test_a_first_menu_is_refused_where_somebody_made_one_meanwhile(session, superuser):
    await make_menu(session, line("A"))

    with pytest.raises(Conflict):
        await services.save_menu(session, MenuName.MAIN, [line("B")], began_from=0, by=superuser)


async def test_saving_a_menu_takes_the_permission_to_edit_menus(session):
    reader = await make_user(session, permissions=(Permission.MENUS_VIEW,))

    with pytest.raises(PermissionDenied):
        await services.save_menu(session, MenuName.MAIN, [line("A")], began_from=0, by=reader)


async def test_the_history_compares_a_menu_as_people_read_it(session):
    await make_menu(session, line("A"))
    await make_menu(session, line("A"), line("B", depth=1, visibility=Visibility.STAFF))

    found = select(AuditEntry).where(AuditEntry.table_name == "menus", AuditEntry.action == "update")
    entry = await session.scalar(found)
    assert entry.changes == {"outline": ["A → /a/", "A → /a/\n    B → /b/ (Staff only)"]}
    assert entry.remark == "Added: B → /b/ (Staff only)."


def test_what_was_moved_added_and_removed_is_told_apart():
    before = "A → /a/\n    B → /b/\nC → /c/"
    after = "C → /c/\nA → /a/\nB → /b/\nD → /d/"

    assert services.difference(before, after) == "Moved: C → /c/; B → /b/. Added: D → /d/."
    assert services.difference(before, before) == ""
    assert services.difference("A → /a/", "") == "Removed: A → /a/."


def test_two_long_menus_that_resemble_each_other_are_compared_in_no_time():
    before = [f"Entry number {number} here → /about/some/path/{number}/" for number in range(services.MOST_ENTRIES)]
    after = [f"Other number {number} there → /about/other/path/{number}/" for number in range(services.MOST_ENTRIES)]

    began = time.process_time()
    told = services.difference("\n".join(before), "\n".join(after))

    assert time.process_time() - began < 1
    assert told == f"Added: {'; '.join(after)}. Removed: {'; '.join(before)}."


async def test_a_saved_menu_is_purged_wherever_it_is_shown(session):
    await make_menu(session, line("A"))

    messages = await session.scalars(select(OutboxMessage).where(OutboxMessage.task == "purge_keys"))
    assert {key for message in messages for key in message.arguments["keys"]} == {"menus"}


async def test_an_entry_whose_page_was_deleted_stays_but_leads_nowhere(session, superuser):
    page = await make_page(session, path="a")
    await make_menu(session, line("A"))

    await pages.delete_page(session, page, by=superuser)
    await session.commit()

    assert await _outline(session) == "A → nowhere"
    assert (await session.scalars(select(MenuItem.label))).all() == ["A"]


@pytest.mark.parametrize(
    ("column", "value", "is_purged"), [("path", "b", True), ("is_published", False, True), ("title", "B", False)]
)
async def test_menus_are_purged_when_a_page_moves_or_goes_but_not_when_its_text_changes(
    session, column, value, is_purged
):
    page = await make_page(session, path="a")
    await make_menu(session, line("A"))
    before = await _purges_of_menus(session)

    setattr(page, column, value)
    await session.commit()

    assert await _purges_of_menus(session) - before == is_purged


async def test_menus_are_purged_when_a_page_is_deleted(session, superuser):
    page = await make_page(session, path="a")

    await pages.delete_page(session, page, by=superuser)
    await session.commit()

    assert await _purges_of_menus(session) == 1


async def _purges_of_menus(session):
    messages = await session.scalars(select(OutboxMessage).where(OutboxMessage.task == "purge_keys"))
    return sum("menus" in message.arguments["keys"] for message in messages)
