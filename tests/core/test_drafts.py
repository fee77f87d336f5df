"""Drafts beside what is live: kept apart from the public, published as changes, and never in each other's way."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from cms.core import publishing, revisions
from cms.core.audit import AuditEntry, acting_as
from cms.core.errors import Invalid, InvalidTransition, PermissionDenied
from cms.core.outbox import OutboxMessage
from cms.core.permissions import Permission
from cms.core.revisions import Revision
from cms.downloads.models import Release, ReleaseFile
from cms.downloads.services import publish_release, save_files, save_release
from cms.pages.models import Page, PageDocument
from cms.pages.services import publish_page, save_page
from cms.publishing_tasks import act_on_moment, publish_due
from cms.redirects.models import Redirect
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user


@pytest.fixture
async def editor(session):
    return await make_user(session, permissions=(Permission.PAGES_EDIT, Permission.PAGES_PUBLISH))


@pytest.fixture
async def volunteer(session):
    return await make_user(session, permissions=(Permission.PAGES_EDIT,))


@pytest.fixture
async def system(session):
    return await make_operating_system(session)


async def draft(session, page, by, **values):
    """Keep a draft of the page with these values, as its form does."""

    async def write():
        for name, value in values.items():
            setattr(page, name, value)
        await save_page(session, page, by=by)

    kept = await publishing.keep_draft(session, page, write, by=by)
    await session.commit()
    return kept


async def stored(session, page):
    return (await session.execute(select(Page.title, Page.path).where(Page.id == page.id))).one()


async def forget(session, model):
    await session.execute(delete(model), execution_options={"consequences_handled": True})


async def test_a_draft_leaves_the_live_row_as_it_is(session, editor):
    page = await make_page(session, title="Live", path="help", is_published=True)

    await draft(session, page, editor, title="Drafted")

    assert await stored(session, page) == ("Live", "help")
    assert page.has_draft


async def test_a_draft_purges_nothing_and_indexes_nothing(session, editor):
    page = await make_page(session, is_published=True)
    await forget(session, OutboxMessage)

    await draft(session, page, editor, title="Drafted")

    tasks = set((await session.scalars(select(OutboxMessage.task))).all())
    assert not tasks & {"purge_keys", "index_rows"}


async def test_a_draft_is_in_the_history_with_who_kept_it(session, editor):
    page = await make_page(session, is_published=True)

    with acting_as(editor):
        await draft(session, page, editor, title="Drafted")

    entry = await session.scalar(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))
    assert (entry.action, entry.actor_name) == ("save draft", editor.username)


async def test_a_volunteer_drafts_what_is_live_but_publishes_nothing(session, volunteer):
    page = await make_page(session, title="Live", is_published=True)

    await draft(session, page, volunteer, title="Drafted")

    with pytest.raises(PermissionDenied, match="Publish pages"):
        await publish_page(session, page, by=volunteer)


async def test_publishing_puts_the_draft_onto_the_row(session, editor):
    page = await make_page(session, title="Live", is_published=True)
    await draft(session, page, editor, title="Drafted", content="**New**")

    await publish_page(session, page, by=editor)
    await session.commit()

    assert (page.title, page.content_html.strip()) == ("Drafted", "<p><strong>New</strong></p>")
    assert not page.has_draft


async def test_a_draft_that_breaks_a_rule_is_refused_and_leaves_nothing(session, editor):
    await make_page(session, path="taken")
    page = await make_page(session, path="help", is_published=True)

    with pytest.raises(Invalid) as refusal:
        await draft(session, page, editor, path="taken")
    await session.commit()

    assert list(refusal.value.errors) == ["path"]
    assert not page.has_draft
    assert (await stored(session, page)).path == "help"


async def test_what_was_saved_live_meanwhile_stays_when_the_draft_is_published(session, editor):
    page = await make_page(session, title="Live", description="Old", is_published=True)
    await draft(session, page, editor, title="Drafted")
    page.description = "Corrected live"
    await session.commit()

    await publish_page(session, page, by=editor)

    assert (page.title, page.description) == ("Drafted", "Corrected live")


async def test_a_draft_is_begun_from_the_present_state_and_continued_from_itself(session, editor):
    page = await make_page(session, title="Live", description="Old", is_published=True)
    await draft(session, page, editor, title="Drafted")

    async def write():
        await publishing.put_draft_onto(session, page)
        page.description = "Also drafted"
        await save_page(session, page, by=editor)

    await publishing.keep_draft(session, page, write, by=editor)
    await publish_page(session, page, by=editor)

    assert (page.title, page.description) == ("Drafted", "Also drafted")


async def test_a_path_that_was_taken_meanwhile_hinders_the_publishing(session, editor):
    page = await make_page(session, path="help", is_published=True)
    await draft(session, page, editor, path="taken")
    await make_page(session, path="taken")

    with pytest.raises(Invalid) as refusal:
        await publish_page(session, page, by=editor)

    assert list(refusal.value.errors) == ["path"]


async def test_a_draft_that_differs_in_nothing_from_what_is_live_is_none(session, editor):
    page = await make_page(session, title="Live", is_published=True)
    await draft(session, page, editor, title="Drafted")

    kept = await draft(session, page, editor, title="Live")

    assert kept is None
    assert not page.has_draft


async def test_nothing_stays_scheduled_where_a_draft_has_become_what_is_live(session, resources, editor, clock):
    page = await make_page(session, title="Live", is_published=True)
    await draft(session, page, editor, title="Drafted")
    await publishing.schedule(session, page, publish_at=clock.now() + timedelta(hours=1), expire_at=None, by=editor)
    await draft(session, page, editor, title="Live")

    clock.move(hours=2)
    await draft(session, page, editor, title="Another day")
    await act_on_moment(resources, session, table="pages", row_id=page.id)

    assert (page.title, page.has_draft, page.publish_at) == ("Live", True, None)


async def test_a_live_page_that_moves_leads_from_its_old_path(session, editor):
    page = await make_page(session, path="old", is_published=True)
    await draft(session, page, editor, path="new")
    assert (await session.scalars(select(Redirect))).all() == []

    await publish_page(session, page, by=editor)
    await session.commit()

    [redirect] = await session.scalars(select(Redirect))
    assert (redirect.old_path, redirect.new_path) == ("/old/", "/new/")


async def test_a_discarded_draft_is_gone_and_its_revision_is_not(session, editor):
    page = await make_page(session, title="Live", is_published=True)
    kept = await draft(session, page, editor, title="Drafted")

    await publishing.discard_draft(session, page, permission=Permission.PAGES_EDIT, by=editor)
    await session.commit()

    assert not page.has_draft
    assert (await session.get(Revision, kept.id)).values["title"] == "Drafted"
    with pytest.raises(InvalidTransition, match="no unpublished changes"):
        await publishing.discard_draft(session, page, permission=Permission.PAGES_EDIT, by=editor)


async def test_a_scheduled_draft_goes_live_when_its_moment_comes(session, resources, editor, clock):
    page = await make_page(session, title="Live", is_published=True)
    await draft(session, page, editor, title="Drafted")
    await publishing.schedule(session, page, publish_at=clock.now() + timedelta(hours=1), expire_at=None, by=editor)
    await session.commit()

    clock.move(hours=1)
    await publish_due(resources, session)
    await act_on_moment(resources, session, table="pages", row_id=page.id)

    assert (page.title, page.has_draft, page.publish_at) == ("Drafted", False, None)


async def test_changes_that_are_scheduled_are_not_changed_by_who_may_not_publish(session, editor, volunteer, clock):
    page = await make_page(session, is_published=True)
    await draft(session, page, editor, title="Drafted")
    await publishing.schedule(session, page, publish_at=clock.now() + timedelta(hours=1), expire_at=None, by=editor)

    with pytest.raises(PermissionDenied, match="scheduled"):
        await draft(session, page, volunteer, title="Slipped in")


async def test_documents_are_drafted_with_their_page(session, editor):
    page = await make_page(session, is_published=True)
    session.add_all([PageDocument(page_id=page.id, file=f"files/{n}.pdf", title=str(n), position=n) for n in (1, 2)])
    await session.commit()
    one, two = (await session.scalars(select(PageDocument).order_by(PageDocument.position))).all()

    async def write():
        one.title = "Renamed"
        await session.delete(two)
        session.add(PageDocument(page_id=page.id, file="files/3.pdf", title="3", position=3))
        await save_page(session, page, by=editor)

    await publishing.keep_draft(session, page, write, by=editor)
    await session.commit()
    titles = select(PageDocument.title).where(PageDocument.page_id == page.id).order_by(PageDocument.position)
    assert (await session.scalars(titles)).all() == ["1", "2"]

    await publish_page(session, page, by=editor)
    await session.commit()
    assert (await session.scalars(titles)).all() == ["Renamed", "3"]


async def test_files_that_a_program_added_meanwhile_stay_when_a_release_is_published(session, superuser, system):
    release = await make_release(session, "Python 3.14.2", is_published=True)
    kept = await make_file(session, release, system, name="Gzipped source tarball")

    async def write():
        release.content = "New text"
        kept.description = "Drafted"
        await save_release(session, release, by=superuser)
        await save_files(session, [kept], by=superuser)

    await publishing.keep_draft(session, release, write, by=superuser)
    await session.commit()
    await make_file(session, release, system, name="XZ compressed source tarball")

    await publish_release(session, release, by=superuser)
    await session.commit()

    files = await session.scalars(select(ReleaseFile).where(ReleaseFile.release_id == release.id))
    assert {file.name: file.description for file in files} == {
        "Gzipped source tarball": "Drafted",
        "XZ compressed source tarball": "",
    }


async def test_a_download_button_moves_in_a_draft(session, superuser, system):
    release = await make_release(session, "Python 3.14.2", is_published=True)
    one = await make_file(session, release, system, name="One", has_download_button=True)
    two = await make_file(session, release, system, name="Two")

    async def write():
        one.has_download_button, two.has_download_button = False, True
        await save_files(session, [one, two], by=superuser)

    await publishing.keep_draft(session, release, write, by=superuser)
    await session.commit()
    await publish_release(session, release, by=superuser)
    await session.commit()

    buttons = dict((await session.execute(select(ReleaseFile.name, ReleaseFile.has_download_button))).all())
    assert buttons == {"One": False, "Two": True}


async def test_what_is_taken_down_keeps_its_unpublished_changes(session, editor):
    page = await make_page(session, title="Live", is_published=True)
    await draft(session, page, editor, title="Drafted")

    await publishing.unpublish(session, page, by=editor)
    await session.commit()
    await publish_page(session, page, by=editor)

    assert (page.title, page.is_published) == ("Drafted", True)


async def test_a_preview_shows_the_draft_and_writes_nothing(session, editor):
    page = await make_page(session, title="Live", is_published=True)
    await draft(session, page, editor, title="Drafted", content="*New*")

    shown = await publishing.as_drafted(session, page)
    await session.commit()

    assert (shown.title, shown.content_html.strip()) == ("Drafted", "<p><em>New</em></p>")
    assert (await stored(session, page)).title == "Live"


async def test_each_save_is_a_revision_and_a_save_without_a_change_is_none(session, editor):
    page = await make_page(session, title="One")
    page.title = "Two"
    await session.flush()
    page.title = "Three"
    await session.commit()
    page.title = "Three"
    await session.commit()

    kept = await session.scalars(revisions.revisions_of(page))

    assert [revision.values["title"] for revision in kept] == ["Three", "One"]


async def test_a_file_of_a_release_makes_a_revision_of_the_release(session, system):
    release = await make_release(session)

    await make_file(session, release, system, name="Gzipped source tarball")

    newest = (await session.scalars(revisions.revisions_of(release))).first()
    assert [file["name"] for file in newest.values["files"]] == ["Gzipped source tarball"]
    assert (await session.scalar(select(Release.draft_id).where(Release.id == release.id))) is None
