"""Pages in the back office."""

from sqlalchemy import select

from cms.core.audit import AuditEntry
from cms.core.permissions import Permission
from cms.pages.models import Page, PageImage
from tests.admin.browser import Browser, text_of
from tests.factories.downloads import make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user

EDITS = (Permission.PAGES_VIEW, Permission.PAGES_EDIT)
PUBLISHES = (*EDITS, Permission.PAGES_PUBLISH)


async def page_at(session, path):
    return await session.scalar(select(Page).where(Page.path == path).execution_options(populate_existing=True))


async def test_a_new_page_is_a_draft_with_an_author_and_an_audit_entry(browser, session, superuser):
    answer = await browser.save("/admin/pages/create", title="Help", path="about/help", content="*Ask* us.")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/admin/pages/list"
    page = await page_at(session, "about/help")
    assert (page.is_published, page.created_by_id, page.content_html.strip()) == (
        False,
        superuser.id,
        "<p><em>Ask</em> us.</p>",
    )
    entry = await session.scalar(select(AuditEntry).where(AuditEntry.table_name == "pages"))
    assert (entry.action, entry.actor_name, entry.row_id) == ("create", "superuser", page.id)
    assert "“Help” was created. It is a draft; nobody but staff sees it." in text_of(
        (await browser.get("/admin/pages/list")).text
    )


async def test_save_and_publish_is_one_decision(browser, session):
    answer = await browser.save("/admin/pages/create", press="decide:publish", title="Help", path="about/help")

    assert answer.status_code == 303
    assert (await page_at(session, "about/help")).is_published is True
    shown = (await browser.get(answer.headers["location"])).text
    assert "“Help” is live." in text_of(shown)
    assert 'href="/about/help/"' in shown


async def test_what_breaks_a_rule_is_told_beside_its_field_and_what_was_typed_stays(browser, session):
    answer = await browser.save("/admin/pages/create", title="Typed title", path="Not A Path!", content="kept text")

    assert answer.status_code == 422
    assert "Write the path as segments of small letters" in text_of(answer.text)
    assert "Typed title" in answer.text
    assert "kept text" in answer.text
    assert await session.scalar(select(Page.id)) is None


async def test_a_path_that_is_taken_is_told_in_a_sentence(browser, session):
    await make_page(session, path="about/help")

    answer = await browser.save("/admin/pages/create", title="Another", path="about/help")

    assert answer.status_code == 422
    assert "There is a page at this path already." in text_of(answer.text)


async def test_a_save_that_began_from_an_older_state_is_refused_with_both_versions(browser, session):
    page = await make_page(session, title="Old title")
    began = await browser.form(f"/admin/pages/edit/{page.id}")
    await browser.save(f"/admin/pages/edit/{page.id}", title="Title of a colleague")

    answer = await browser.post(f"/admin/pages/edit/{page.id}", {**began, "title": "My title", "press": "save"})

    assert answer.status_code == 409
    assert "Title of a colleague" in text_of(answer.text)
    assert 'value="My title"' in answer.text
    assert (await browser.form(f"/admin/pages/edit/{page.id}"))["title"] == "Title of a colleague"


async def test_saving_once_more_after_seeing_both_versions_replaces_the_other(browser, session):
    from tests.admin.browser import values_of

    page = await make_page(session, title="Old title")
    began = await browser.form(f"/admin/pages/edit/{page.id}")
    await browser.save(f"/admin/pages/edit/{page.id}", title="Title of a colleague")
    refused = await browser.post(f"/admin/pages/edit/{page.id}", {**began, "title": "My title", "press": "save"})

    answer = await browser.post(f"/admin/pages/edit/{page.id}", {**values_of(refused.text), "press": "save"})

    assert answer.status_code == 303
    assert (await browser.form(f"/admin/pages/edit/{page.id}"))["title"] == "My title"


async def test_a_volunteer_sees_and_edits_only_what_the_scope_names(client, session):
    inside = await make_page(session, path="community/sigs", is_published=False)
    outside = await make_page(session, path="psf/board", is_published=False)
    volunteer = await make_user(session, permissions=EDITS, scope_kind="path", scope_values=("community",))
    browser = await Browser(client).sign_in(session, volunteer)

    assert (await browser.save(f"/admin/pages/edit/{inside.id}", title="Changed")).status_code == 303
    assert (await browser.get(f"/admin/pages/edit/{outside.id}")).status_code == 403
    moved = await browser.save(f"/admin/pages/edit/{inside.id}", path="psf/mine")
    assert moved.status_code == 403
    assert "does not extend to" in text_of(moved.text)


async def test_who_may_not_publish_finds_no_button_and_is_refused(client, session):
    page = await make_page(session, is_published=False)
    writer = await make_user(session, permissions=EDITS)
    browser = await Browser(client).sign_in(session, writer)

    assert "decide:publish" not in (await browser.get(f"/admin/pages/edit/{page.id}")).text
    assert (await browser.get("/admin/pages/decide/publish", pks=page.id)).status_code == 403
    assert (await browser.post("/admin/pages/decide/publish", {"pks": page.id})).status_code == 403
    assert (await browser.save(f"/admin/pages/edit/{page.id}", press="decide:publish")).status_code == 403
    await session.refresh(page)
    assert page.is_published is False


async def test_trusted_markup_asks_for_its_own_permission(client, session):
    page = await make_page(session, is_published=False, content_kind="html")
    writer = await make_user(session, permissions=EDITS)
    browser = await Browser(client).sign_in(session, writer)

    saved = await browser.save(
        f"/admin/pages/edit/{page.id}", content="<script>x</script>", content_kind="html-trusted"
    )
    preview = await browser.post("/admin/preview-markup", {"source": "<script>x</script>", "kind": "html-trusted"})

    assert (saved.status_code, preview.status_code) == (403, 403)
    await session.refresh(page)
    assert page.content_kind == "html"


async def test_the_preview_is_made_by_the_renderer_of_the_site(browser):
    answer = await browser.post(
        "/admin/preview-markup", {"source": "*x* <script>alert(1)</script>", "kind": "markdown"}
    )

    assert "<em>x</em>" in answer.json()["html"]
    assert "<script" not in answer.json()["html"]


async def test_several_pages_are_published_at_once_after_a_page_that_names_them(browser, session):
    drafts = [await make_page(session, title=f"Draft {n}", is_published=False) for n in range(2)]
    live = await make_page(session, title="Live one")
    keys = [*(page.id for page in drafts), live.id]

    asked = await browser.get("/admin/pages/decide/publish", pks=",".join(map(str, keys)))
    answer = await browser.post("/admin/pages/decide/publish", {"pks": keys})

    assert "It is live already." in text_of(asked.text)
    assert answer.status_code == 303
    for page in drafts:
        await session.refresh(page)
        assert page.is_published is True
    assert "1 of the chosen rows were left as they are." in text_of((await browser.get("/admin/pages/list")).text)


async def test_asking_changes_nothing(browser, session):
    page = await make_page(session, is_published=False)

    await browser.get("/admin/pages/decide/publish", pks=page.id)
    await browser.get("/admin/pages/delete", pks=page.id)

    await session.refresh(page)
    assert page.is_published is False


async def test_a_page_that_a_release_uses_names_what_hinders_its_deletion(browser, session):
    page = await make_page(session)
    await make_release(session, "Python 3.14.0", page_id=page.id)

    asked = await browser.get("/admin/pages/delete", pks=page.id)
    refused = await browser.post("/admin/pages/delete", {"pks": page.id})

    assert "Python 3.14.0" in text_of(asked.text)
    assert "for good" not in asked.text
    assert refused.status_code == 409
    assert await session.get(Page, page.id) is not None


async def test_deleting_several_pages_is_all_or_nothing(browser, session):
    used, free = await make_page(session), await make_page(session)
    await make_release(session, "Python 3.14.0", page_id=used.id)

    answer = await browser.post("/admin/pages/delete", {"pks": [free.id, used.id]})

    assert answer.status_code == 409
    assert await session.scalar(select(Page.id).where(Page.id == free.id)) == free.id


async def test_a_page_is_deleted_by_post_alone(browser, session):
    page = await make_page(session)

    answer = await browser.post("/admin/pages/delete", {"pks": page.id})

    assert answer.status_code == 303
    assert await session.scalar(select(Page.id).where(Page.id == page.id)) is None


async def test_save_as_new_copies_a_page_as_a_draft(browser, session):
    page = await make_page(session, path="original", title="Original")

    answer = await browser.save(f"/admin/pages/edit/{page.id}", press="as-new", path="copy")

    assert answer.status_code == 303
    copy = await page_at(session, "copy")
    assert (copy.title, copy.is_published) == ("Original", False)
    assert (await page_at(session, "original")).is_published is True


async def test_the_history_tells_who_changed_what_from_which_value(browser, session):
    page = await make_page(session, title="Before")
    await browser.save(f"/admin/pages/edit/{page.id}", title="After")

    shown = text_of((await browser.get(f"/admin/pages/history/{page.id}")).text)

    assert "superuser" in shown
    assert "Before" in shown
    assert "After" in shown


async def test_an_image_shows_the_line_that_puts_it_into_the_text(browser, session):
    page = await make_page(session, path="about/logos")
    session.add(PageImage(page_id=page.id, file="about/logos/snake.png", alternative_text="A snake"))
    await session.commit()

    shown = (await browser.get(f"/admin/pages/edit/{page.id}")).text

    assert "![A snake](/media/about/logos/snake.png)" in text_of(shown)


async def test_a_draft_is_seen_on_the_site_from_its_form(browser, session):
    page = await make_page(session, path="about/logos", is_published=False)

    shown = (await browser.get(f"/admin/pages/edit/{page.id}")).text

    assert '<a class="btn" href="/about/logos/">See the draft</a>' in shown
