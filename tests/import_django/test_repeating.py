"""An import can be repeated: it brings up to date, doubles nothing, and respects what was made here."""

import pytest
from sqlalchemy import func, select

from cms.core import clock, outbox
from cms.core.audit import AuditEntry
from cms.core.errors import Conflict, Invalid, Unavailable
from cms.core.legacy import Known
from cms.core.publishing import Revision
from cms.downloads.models import Release
from cms.import_django import check, source
from cms.import_django.report import TableReport
from cms.pages.legacy import PAGES
from cms.pages.models import Page
from cms.users import passwords
from cms.users.models import Role, RoleAssignment, User
from tests.factories.pages import make_page
from tests.import_django.test_awkward_rows import REFUSED

TRACES = (AuditEntry, outbox.OutboxMessage, Revision)


async def test_a_second_import_changes_nothing(run_import):
    await run_import()

    report = await run_import()

    assert {
        source: (table["created"], table["updated"]) for source, table in report["tables"].items()
    } == dict.fromkeys(report["tables"], (0, 0))
    assert report["agrees"] is True


async def test_a_second_import_leaves_no_trace(run_import, session):
    await run_import()
    before = [await session.scalar(select(func.count()).select_from(model)) for model in TRACES]

    await run_import()

    assert [await session.scalar(select(func.count()).select_from(model)) for model in TRACES] == before


async def test_what_changed_there_is_brought_up_to_date(run_import, changeable_old_site, session):
    url, old = changeable_old_site
    await run_import(url)
    await old.execute("UPDATE pages_page SET title = 'New title', content = '*new*' WHERE id = 1")

    report = await run_import(url)

    page = await session.get(Page, 1)
    assert (page.title, page.content_html.strip(), page.lock_version) == ("New title", "<p><em>new</em></p>", 2)
    assert (report["tables"]["pages_page"]["updated"], report["agrees"]) == (1, True)


async def test_the_latest_flag_moves_to_another_release(run_import, changeable_old_site, session):
    url, old = changeable_old_site
    await run_import(url)
    await old.execute("UPDATE downloads_release SET is_latest = (id = 3) WHERE version = 3")

    report = await run_import(url)

    latest = await session.scalars(select(Release.id).where(Release.is_latest, Release.version == 3))
    assert (latest.all(), report["agrees"]) == ([3], True)


async def test_what_is_gone_there_is_told_and_removed_only_on_request(run_import, changeable_old_site, session):
    url, old = changeable_old_site
    await run_import(url)
    await old.execute("DELETE FROM pages_page WHERE id IN (6, 8)")

    told = await run_import(url)
    here = (await session.scalars(select(Page.id).where(Page.id.in_([6, 8])))).all()
    pruned = await run_import(url, prune=True)
    left = (await session.scalars(select(Page.id).where(Page.id.in_([6, 8])))).all()

    assert told["tables"]["pages_page"]["gone"] == [
        "Row 6 is not in the old database.",
        "Row 8 is not in the old database.",
    ]
    assert (sorted(here), left, pruned["tables"]["pages_page"]["removed"]) == ([6, 8], [], 2)


async def test_a_row_made_here_is_neither_overwritten_nor_pruned(run_import, changeable_old_site, session):
    url, old = changeable_old_site
    await run_import(url)
    ours = await make_page(session, title="Made here")
    await old.execute("INSERT INTO pages_page (id, title, path) VALUES ($1, 'Made there', 'made-there')", ours.id)

    report = await run_import(url, prune=True)

    await session.refresh(ours)
    assert (ours.title, ours.id) == ("Made here", 16)
    assert report["tables"]["pages_page"]["refused"][-1]["reason"].startswith("A row made here has its id")


async def test_a_path_that_is_taken_here_refuses_one_row_only(run_import, changeable_old_site, session):
    url, old = changeable_old_site
    await run_import(url)
    await make_page(session, path="made-twice")
    await old.execute(
        "INSERT INTO pages_page (id, title, path) VALUES (50, 'Made there', 'made-twice'), (51, 'Fine', 'fine')"
    )

    report = await run_import(url)

    table = report["tables"]["pages_page"]
    assert "(path)=(made-twice) already exists" in {p["id"]: p["reason"] for p in table["refused"]}["50"]
    assert table["differences"] == []
    assert (table["created"], report["agrees"]) == (1, True)


async def test_a_database_with_content_of_its_own_is_not_touched_unless_asked(run_import, session):
    await make_page(session, path="about")

    with pytest.raises(Conflict, match=r"pages \(1\).*--replace"):
        await run_import()
    report = await run_import(replace=True)

    assert (await session.scalars(select(Page.title).where(Page.path == "about"))).all() == ["Home of about"]
    assert report["agrees"] is True


async def test_what_was_replaced_is_no_part_of_the_story_of_what_came_after(run_import, session):
    page = await make_page(session, path="about")
    page.id = 1
    page.title = "Of the first try"
    await session.commit()

    await run_import(replace=True)
    report = await run_import()

    assert {problem["id"] for problem in report["tables"]["pages_page"]["refused"]} == set(REFUSED["pages_page"])
    revisions = select(Revision).where(Revision.table_name == "pages", Revision.row_id == 1)
    assert [revision.values["title"] for revision in await session.scalars(revisions)] == ["Home of about"]


async def test_rows_may_take_over_each_others_paths(run_import, changeable_old_site, session):
    url, old = changeable_old_site
    await run_import(url)
    await old.execute("UPDATE pages_page SET path = CASE id WHEN 1 THEN 'template' ELSE 'away' END WHERE id IN (1, 8)")
    await old.execute("INSERT INTO pages_page (id, title, path) VALUES (50, 'New', 'about')")

    report = await run_import(url)

    paths = dict((await session.execute(select(Page.id, Page.path).where(Page.id.in_([1, 8, 50])))).all())
    assert (paths, report["agrees"]) == ({1: "template", 8: "away", 50: "about"}, True)


async def test_a_row_that_turns_bad_there_stays_as_it_was_and_is_named(run_import, changeable_old_site, session):
    url, old = changeable_old_site
    await run_import(url)
    await old.execute("UPDATE pages_page SET path = 'No Path' WHERE id = 8")

    report = await run_import(url)

    reasons = {problem["id"]: problem["reason"] for problem in report["tables"]["pages_page"]["refused"]}
    assert reasons["8"].endswith("What was imported before stays as it was.")
    assert not reasons["7"].endswith("What was imported before stays as it was.")
    assert (await session.get(Page, 8)).path == "template"


async def test_people_who_signed_in_here_keep_their_password(run_import, session):
    await run_import()
    root = await session.get(User, 1)
    root.password, root.last_login_at = passwords.hash_now("a new one"), clock.now()
    await session.commit()

    report = await run_import()

    await session.refresh(root)
    assert (await passwords.verify("a new one", root.password)).valid
    assert (report["tables"]["users_user"]["updated"], report["agrees"]) == (0, True)
    assert "1 rows keep what their people did here" in report["tables"]["users_user"]["remarks"][-1]


async def test_groups_whose_names_are_alike_stay_two_roles(run_import, changeable_old_site, session):
    url, old = changeable_old_site
    await old.execute("INSERT INTO auth_group VALUES (4, 'page-HELPERS'), (NULL, 'Nobody')")
    await old.execute("INSERT INTO users_user_groups VALUES (6, 2, 4), (NULL, NULL, NULL)")

    report = await run_import(url)

    roles = select(Role.name, Role.permissions).where(Role.name.startswith("old-group-"))
    assert dict((await session.execute(roles)).all()) == {
        "old-group-page-helpers": ["pages:edit", "pages:publish", "pages:view"],
        "old-group-page-helpers-4": [],
    }
    assert report["tables"]["auth_group"]["refused"][0]["reason"] == "It has no id, so nobody can be in it."


async def test_a_role_here_stays_as_it_is_when_its_group_changes_there(run_import, changeable_old_site, session):
    url, old = changeable_old_site
    await run_import(url)
    await old.execute("DELETE FROM auth_group_permissions")

    report = await run_import(url)

    role = await session.scalar(select(Role).where(Role.name == "old-group-page-helpers"))
    assert role.permissions == ["pages:edit", "pages:publish", "pages:view"]
    assert any("It stays as it is." in remark for remark in report["tables"]["users_user"]["remarks"])


async def test_new_rows_begin_after_the_imported_ids(run_import, session):
    await run_import()

    page = await make_page(session)

    assert page.id == 16


async def test_groups_rights_and_flags_become_roles(run_import, session):
    report = await run_import()

    held = await session.execute(
        select(User.username, Role.name).join(RoleAssignment, RoleAssignment.user_id == User.id).join(Role)
    )
    assert set(held.all()) == {
        ("ann", "release-manager"),
        ("ann", "membership-manager"),
        ("ann", "nominations-manager"),
        ("fred", "old-group-page-helpers"),
        ("fred", "job-moderator"),
        ("fred", "old-right-sponsors-sponsor-publisher"),
        ("gina", "old-api-writer"),
    }
    helpers = await session.scalar(select(Role).where(Role.name == "old-group-page-helpers"))
    assert helpers.permissions == ["pages:edit", "pages:publish", "pages:view"]
    assert any("gina" in remark for remark in report["tables"]["users_user"]["remarks"])


async def test_a_group_left_there_is_told(run_import, changeable_old_site):
    url, old = changeable_old_site
    await run_import(url)
    await old.execute("DELETE FROM users_user_groups WHERE id = 1")

    report = await run_import(url)

    assert report["tables"]["users_user_groups"]["gone"] == [
        "ann as Release manager, which the old site no longer says."
    ]


async def test_caches_search_and_history_learn_of_the_import(run_import, session):
    await run_import()

    tasks = (await session.scalars(select(outbox.OutboxMessage.task))).all()
    entries = select(AuditEntry).where(AuditEntry.action == "import").order_by(AuditEntry.id)
    begun, entry = (await session.scalars(entries)).all()
    revision = await session.scalar(select(Revision).where(Revision.table_name == "pages", Revision.row_id == 1))
    assert {"purge_keys", "rebuild_search"} <= set(tasks)
    assert (begun.remark, begun.changes) == ("Begun.", {})
    assert entry.changes["pages_page"] == [None, 10]
    assert revision.values["title"] == "Home of about"


async def test_the_check_finds_a_value_that_was_tampered_with(run_import, old_site_url, session):
    await run_import()
    page = await session.get(Page, 1)
    page.title = "Tampered with"
    await session.commit()
    report = TableReport(source="pages_page", target="pages", read=18)

    async with source.opened(old_site_url) as old:
        known = Known(ids={"users_user": {1}, "pages_page": {1}}, facts={"source of": {"users": "users_user"}})
        report.refused = []
        await check.compare(session, old, PAGES, known=known, report=report)

    assert "Row 1: “title” is “Tampered with” here and “Home of about” there." in report.differences
    assert report.checksum_here != report.checksum_there
    assert not report.agrees


@pytest.mark.parametrize(
    ("url", "error", "sentence"),
    [
        ("mysql://somewhere/else", Invalid, "must be the URL of a PostgreSQL database"),
        ("postgresql://nobody@127.0.0.1:1/none", Unavailable, "cannot be opened"),
        ("postgresql://[", Unavailable, "cannot be opened"),
    ],
)
async def test_a_source_that_cannot_be_read_is_told_in_a_sentence(run_import, url, error, sentence):
    with pytest.raises(error, match=sentence):
        await run_import(url)


async def test_a_database_that_is_not_the_old_site_is_refused(run_import, settings):
    with pytest.raises(Invalid, match="is not one of the old site"):
        await run_import(settings.database_url)
