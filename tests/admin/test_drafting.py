"""Drafts, schedules, revisions and who else is there, at the forms of the back office."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cms.core.audit import AuditEntry
from cms.core.permissions import Permission
from cms.core.revisions import Revision, revisions_of
from cms.pages.models import Page, PageDocument
from cms.publishing_tasks import act_on_moment, publish_due
from tests.admin.browser import Browser, text_of
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user

WRITES = (Permission.PAGES_VIEW, Permission.PAGES_EDIT)
PUBLISHES = (*WRITES, Permission.PAGES_PUBLISH)


async def title_of(session, page):
    return await session.scalar(select(Page.title).where(Page.id == page.id))


async def test_saving_a_live_page_keeps_a_draft_and_says_so(browser, session):
    page = await make_page(session, title="Live", is_published=True)

    answer = await browser.save(f"/admin/pages/edit/{page.id}", press="continue", title="Drafted")
    shown = await browser.get(answer.headers["location"])

    assert await title_of(session, page) == "Live"
    assert "are kept as a draft. The public still sees what is live." in text_of(shown.text)
    assert 'value="Drafted"' in shown.text


async def test_the_public_sees_the_draft_only_once_it_is_published(browser, session, client):
    page = await make_page(session, title="Live", path="about/help", is_published=True)
    await browser.save(f"/admin/pages/edit/{page.id}", content="Drafted text")
    assert "Drafted text" not in (await client.get("/about/help/")).text

    await browser.save(f"/admin/pages/edit/{page.id}", press="decide:publish")

    assert "Drafted text" in (await client.get("/about/help/")).text


async def test_a_volunteer_keeps_drafts_of_live_pages_and_finds_no_way_to_publish_them(client, session):
    page = await make_page(session, title="Live", path="community/irc", is_published=True)
    person = await make_user(session, permissions=WRITES, scope_kind="path", scope_values=("community",))
    browser = await Browser(client).sign_in(session, person)

    saved = await browser.save(f"/admin/pages/edit/{page.id}", title="Drafted")
    refused = await browser.save(f"/admin/pages/edit/{page.id}", press="decide:publish", title="Drafted again")

    assert saved.status_code == 303
    assert "decide:publish" not in (await browser.get(f"/admin/pages/edit/{page.id}")).text
    assert refused.status_code == 403
    assert await title_of(session, page) == "Live"


async def test_a_rule_that_a_draft_breaks_is_told_beside_its_field_and_what_was_typed_stays(browser, session):
    await make_page(session, path="taken")
    page = await make_page(session, path="help", is_published=True)

    answer = await browser.save(f"/admin/pages/edit/{page.id}", path="taken", title="Typed")

    assert answer.status_code == 422
    assert "There is a page at this path already." in text_of(answer.text)
    assert 'value="Typed"' in answer.text


async def test_a_document_that_only_the_draft_has_stays_with_the_next_save_and_goes_live(browser, session, client):
    page = await make_page(session, is_published=True)
    address = f"/admin/pages/edit/{page.id}"
    values = await browser.form(address)
    document = {"documents-0-row_id": "", "documents-0-title": "Minutes"}
    upload = {"documents-0-upload": ("minutes.pdf", b"%PDF-1.7 minutes", "application/pdf")}
    await browser.post(address, {**values, **document, "press": "save"}, files=upload)

    await browser.save(address, title="Once more")
    assert (await session.scalars(select(PageDocument.title))).all() == []
    published = await browser.save(address, press="decide:publish")

    assert published.status_code == 303
    assert (await session.scalars(select(PageDocument.title))).all() == ["Minutes"]


async def test_a_draft_is_discarded_after_a_page_that_asks(browser, session):
    page = await make_page(session, title="Live", is_published=True)
    await browser.save(f"/admin/pages/edit/{page.id}", title="Drafted")
    asked = await browser.get("/admin/pages/decide/discard", pks=page.id)

    await browser.post("/admin/pages/decide/discard", {"pks": str(page.id)})

    assert "What is live stays as it is." in text_of(asked.text)
    assert (await browser.form(f"/admin/pages/edit/{page.id}"))["title"] == "Live"


async def test_the_remark_stands_in_the_history_and_beside_the_revision(browser, session):
    page = await make_page(session, title="One", is_published=False)

    await browser.save(f"/admin/pages/edit/{page.id}", title="Two", remark="The board has renamed it.")

    assert await session.scalar(select(AuditEntry.remark).where(AuditEntry.action == "update")) == (
        "The board has renamed it."
    )
    newest = (await session.scalars(revisions_of(page))).first()
    assert newest.remark == "The board has renamed it."
    assert "The board has renamed it." in (await browser.get(f"/admin/pages/revisions/{page.id}")).text


async def test_a_schedule_is_set_on_its_page_and_acted_upon(browser, session, resources, clock):
    page = await make_page(session, title="Live", is_published=True)
    await browser.save(f"/admin/pages/edit/{page.id}", title="Drafted")
    soon = clock.now() + timedelta(hours=1)

    answer = await browser.post(f"/admin/pages/schedule/{page.id}", {"publish_at": f"{soon:%Y-%m-%dT%H:%M}"})
    clock.move(hours=1)
    session.expunge_all()
    await publish_due(resources, session)
    await act_on_moment(resources, session, table="pages", row_id=page.id)

    assert answer.status_code == 303
    assert await title_of(session, page) == "Drafted"


async def test_a_moment_that_is_past_is_refused_beside_its_field(browser, session, clock):
    page = await make_page(session, is_published=False)

    answer = await browser.post(f"/admin/pages/schedule/{page.id}", {"publish_at": "2020-01-01T00:00"})

    assert answer.status_code == 422
    assert "This moment is past; publish now instead." in text_of(answer.text)
    assert "2020-01-01T00:00" in answer.text


async def test_who_may_not_publish_sets_no_schedule(client, session):
    page = await make_page(session, is_published=False)
    browser = await Browser(client).sign_in(session, await make_user(session, permissions=WRITES))

    assert (await browser.get(f"/admin/pages/schedule/{page.id}")).status_code == 403


async def test_a_page_outside_of_ones_reach_has_no_schedule_and_no_revisions(client, session):
    page = await make_page(session, path="psf/board")
    person = await make_user(session, permissions=PUBLISHES, scope_kind="path", scope_values=("community",))
    browser = await Browser(client).sign_in(session, person)

    answer = await browser.post(f"/admin/pages/schedule/{page.id}", {"publish_at": ""})

    assert answer.status_code == 403


async def test_what_is_not_published_has_no_revisions(browser, superuser):
    assert (await browser.get(f"/admin/users/revisions/{superuser.id}")).status_code == 404


async def test_two_revisions_are_compared_word_by_word(browser, session):
    page = await make_page(session, title="The old title", content="One\n\nTwo", is_published=False)
    await browser.save(f"/admin/pages/edit/{page.id}", title="The new title")

    shown = (await browser.get(f"/admin/pages/revisions/{page.id}")).text

    assert "The <del>old</del> title" in shown
    assert "The <ins>new</ins> title" in shown


async def test_what_a_comparison_shows_is_escaped(browser, session):
    page = await make_page(session, title="<b>old</b>", is_published=False)
    await browser.save(f"/admin/pages/edit/{page.id}", title="<script>new</script>")

    shown = (await browser.get(f"/admin/pages/revisions/{page.id}")).text

    assert "<script>new" not in shown
    assert "&lt;script&gt;" in shown.replace("<ins>", "").replace("</ins>", "")


async def test_files_are_compared_by_what_was_added_removed_and_changed(browser, session):
    release = await make_release(session, "Python 3.14.2", is_published=False)
    windows, macos = await make_operating_system(session), await make_operating_system(session, "macOS")
    file = await make_file(session, release, windows, name="Installer")
    file.operating_system_id = macos.id
    await session.commit()

    shown = (await browser.get(f"/admin/releases/revisions/{release.id}")).text

    assert "changed Installer" in text_of(shown)
    assert "<del>Windows</del>" in shown
    assert "<ins>macOS</ins>" in shown


async def test_an_old_state_of_a_live_page_is_restored_as_a_draft(browser, session):
    page = await make_page(session, title="First", is_published=True)
    page.title = "Second"
    await session.commit()
    first = (await session.scalars(revisions_of(page))).all()[-1]

    answer = await browser.post(f"/admin/pages/revisions/{page.id}/restore", {"revision": str(first.id)})

    assert answer.status_code == 303
    assert await title_of(session, page) == "Second"
    assert (await browser.form(f"/admin/pages/edit/{page.id}"))["title"] == "First"


async def test_a_revision_of_another_row_is_neither_shown_nor_restored(browser, session):
    page, other = await make_page(session), await make_page(session)
    foreign = (await session.scalars(revisions_of(other))).first()

    shown = await browser.get(f"/admin/pages/revisions/{page.id}", **{"from": foreign.id, "to": "live"})
    restored = await browser.post(f"/admin/pages/revisions/{page.id}/restore", {"revision": str(foreign.id)})

    assert shown.status_code == 404
    assert restored.status_code == 404


@pytest.mark.parametrize("nonsense", ["abc", "-1", "9" * 30, "\u00b2"])
async def test_nonsense_in_the_place_of_a_revision_is_not_found(browser, session, nonsense):
    page = await make_page(session)

    answer = await browser.get(f"/admin/pages/revisions/{page.id}", **{"from": nonsense, "to": "live"})

    assert answer.status_code == 404


async def test_a_state_that_breaks_a_rule_by_now_is_not_restored(browser, session):
    page = await make_page(session, path="help", is_published=False)
    page.path = "about/help"
    await session.commit()
    await make_page(session, path="help")
    first = (await session.scalars(revisions_of(page))).all()[-1]

    answer = await browser.post(f"/admin/pages/revisions/{page.id}/restore", {"revision": str(first.id)})

    assert answer.status_code == 422
    assert "There is a page at this path already." in text_of(answer.text)


async def test_a_reader_compares_but_restores_nothing(client, session):
    page = await make_page(session, is_published=False)
    page.title = "Second"
    await session.commit()
    reader = await make_user(session, permissions=(Permission.PAGES_VIEW,))
    browser = await Browser(client).sign_in(session, reader)
    [revision, *_] = await session.scalars(select(Revision.id).where(Revision.row_id == page.id))

    shown = await browser.get(f"/admin/pages/revisions/{page.id}")
    refused = await browser.post(f"/admin/pages/revisions/{page.id}/restore", {"revision": str(revision)})

    assert shown.status_code == 200
    assert "Restore" not in shown.text
    assert refused.status_code == 403


async def test_the_form_says_who_else_has_it_open_until_they_leave(client, browser, session):
    page = await make_page(session)
    await browser.post(f"/admin/pages/presence/{page.id}", {})
    colleague = await Browser(client).sign_in(session, await make_user(session, username="guido", permissions=WRITES))

    opened = await colleague.get(f"/admin/pages/edit/{page.id}")
    told = await colleague.post(f"/admin/pages/presence/{page.id}", {})

    assert "superuser has this form open, too." in text_of(opened.text)
    assert told.json() == {"others": ["superuser"]}


async def test_who_has_left_a_form_is_no_longer_named(client, browser, session):
    page = await make_page(session)
    await browser.post(f"/admin/pages/presence/{page.id}", {})
    await browser.post(f"/admin/pages/presence/{page.id}?leaving=1", {})
    colleague = await Browser(client).sign_in(session, await make_user(session, permissions=WRITES))

    told = await colleague.post(f"/admin/pages/presence/{page.id}", {})

    assert told.json() == {"others": []}
