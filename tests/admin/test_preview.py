"""Previews beside the form: the public page of what was typed, for the eyes of the one who types, and never written."""

import pytest
from lxml import html
from sqlalchemy import func, select

from cms.core.audit import AuditEntry
from cms.core.outbox import OutboxMessage
from cms.core.permissions import Permission
from cms.core.previews import PreviewLink
from cms.core.revisions import Revision
from cms.downloads.models import Release
from cms.pages.models import Page
from tests.admin.browser import Browser, text_of
from tests.factories.banners import make_banner
from tests.factories.boxes import make_box
from tests.factories.codesamples import make_sample
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user

WRITES = (Permission.PAGES_VIEW, Permission.PAGES_EDIT)
COUNTED = (Page, Release, Revision, AuditEntry, OutboxMessage, PreviewLink)


async def preview(browser, path, /, **changes):
    """Send the form of a row, or of a new one, with these changes to its preview."""
    values = {**await browser.form(path), **changes}
    return await browser.post(path.replace("/edit/", "/preview/").replace("/create", "/preview"), values)


async def counts(session):
    return [await session.scalar(select(func.count()).select_from(model)) for model in COUNTED]


@pytest.fixture
async def volunteer(client, session):
    user = await make_user(session, permissions=WRITES, scope_kind="path", scope_values=("community",))
    return await Browser(client).sign_in(session, user)


async def test_what_is_typed_is_shown_in_the_page_of_the_site(browser, session):
    page = await make_page(session, title="Old", path="about", content="Old text")

    answer = await preview(browser, f"/admin/pages/edit/{page.id}", title="New", content="**Typed**")

    assert answer.status_code == 200
    assert "<strong>Typed</strong>" in answer.text
    assert "New | Python.org" in answer.text
    assert "Preview: nobody else sees this yet." in text_of(answer.text)
    assert "draft-mark" not in answer.text


async def test_a_preview_writes_nothing(browser, session):
    page = await make_page(session, title="Old", path="about")
    form = await browser.form(f"/admin/pages/edit/{page.id}")
    before = await counts(session)

    await browser.post(f"/admin/pages/preview/{page.id}", {**form, "title": "New", "path": "elsewhere"})
    await browser.post("/admin/pages/preview", {**form, "title": "New", "path": "another"})

    assert await counts(session) == before
    assert await session.scalar(select(Page.title).where(Page.id == page.id)) == "Old"


async def test_a_preview_is_kept_by_nobody_and_found_by_no_search_engine(browser, session):
    page = await make_page(session)

    answer = await preview(browser, f"/admin/pages/edit/{page.id}")

    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers.get_list("Referrer-Policy") == ["no-referrer"]


async def test_a_new_page_is_shown_before_it_is_saved(browser):
    answer = await preview(browser, "/admin/pages/create", title="Brand new", path="new", content="First words")

    assert "First words" in answer.text


async def test_the_draft_of_a_live_page_is_what_the_preview_begins_from(browser, session):
    page = await make_page(session, title="Live", path="about")
    await browser.save(f"/admin/pages/edit/{page.id}", title="Drafted")

    answer = await preview(browser, f"/admin/pages/edit/{page.id}")

    assert "Drafted | Python.org" in answer.text


@pytest.mark.parametrize("template", ["", "pages/full_width.html", "pages/raw.html"])
async def test_each_template_has_its_preview_with_a_ribbon(browser, session, template):
    page = await make_page(session, template_name=template, content="Some words")

    answer = await preview(browser, f"/admin/pages/edit/{page.id}")

    assert "Some words" in answer.text
    assert len(html.fromstring(answer.text).xpath("//p[@class='preview-ribbon']")) == 1


async def test_a_text_file_is_shown_as_the_text_it_is(browser, session):
    page = await make_page(session, content_type="text/plain", content="<script>1 < 2</script>")

    answer = await preview(browser, f"/admin/pages/edit/{page.id}")

    assert "&lt;script&gt;1 &lt; 2&lt;/script&gt;" in answer.text
    assert "<script>1" not in answer.text


async def test_relative_addresses_are_those_of_the_page(browser, session):
    page = await make_page(session, path="about/help", content="[up](../apps/) ![a](pic.png) [x](#here) [y](/abs/)")

    answer = await preview(browser, f"/admin/pages/edit/{page.id}")

    assert 'href="/about/apps/"' in answer.text
    assert 'src="/about/help/pic.png"' in answer.text
    assert 'href="#here"' in answer.text
    assert 'href="/abs/"' in answer.text


async def test_scripts_of_strangers_do_not_arrive_in_a_preview(browser, session):
    page = await make_page(session)

    answer = await preview(
        browser,
        f"/admin/pages/edit/{page.id}",
        title="<img src=x onerror=alert(1)>",
        content="<script>alert(1)</script>",
    )

    assert "<img src=x" not in answer.text
    assert "<script>alert" not in answer.text


async def test_unfiltered_html_is_previewed_only_by_who_may_write_it(client, session):
    user = await make_user(session, permissions=WRITES)
    browser = await Browser(client).sign_in(session, user)
    page = await make_page(session)

    answer = await preview(browser, f"/admin/pages/edit/{page.id}", content_kind="html-trusted")

    assert answer.status_code == 403


async def test_a_form_that_cannot_be_saved_says_what_it_lacks(browser, session):
    page = await make_page(session)
    values = {**await browser.form(f"/admin/pages/edit/{page.id}"), "title": ""}

    answer = await browser.client.post(
        f"/admin/pages/preview/{page.id}",
        data={**values, "csrf_token": await browser.token()},
        headers={"Sec-Fetch-Site": "same-origin", "Accept": "application/json"},
    )

    assert answer.status_code == 422
    assert answer.json()["message"].startswith("Title: ")


async def test_without_the_script_the_refusal_is_a_page(browser, session):
    page = await make_page(session)

    answer = await preview(browser, f"/admin/pages/edit/{page.id}", title="")

    assert answer.status_code == 422
    assert "Title: " in text_of(answer.text)


async def test_a_volunteer_previews_only_what_lies_within_their_scope(volunteer, session):
    inside = await make_page(session, path="community/sprints")
    outside = await make_page(session, path="about")
    form = await volunteer.form(f"/admin/pages/edit/{inside.id}")

    answers = [await volunteer.post(f"/admin/pages/preview/{page.id}", form) for page in (inside, outside)]

    assert [answer.status_code for answer in answers] == [200, 404]


async def test_who_may_only_read_has_no_preview(client, session):
    page = await make_page(session)
    browser = await Browser(client).sign_in(session, await make_user(session, permissions=(Permission.PAGES_VIEW,)))

    answer = await browser.post(f"/admin/pages/preview/{page.id}", {})

    assert answer.status_code == 403


async def test_a_preview_takes_the_token_of_its_form(browser, session):
    page = await make_page(session)

    answer = await browser.post(f"/admin/pages/preview/{page.id}", {}, token="invented")

    assert answer.status_code == 403


async def test_a_release_is_shown_with_the_files_of_the_form(browser, session):
    release = await make_release(session, "Python 3.14.0", content="All about it")
    system = await make_operating_system(session, "Windows")
    await make_file(session, release, system, name="Windows installer (64-bit)", has_download_button=True)
    values = await browser.form(f"/admin/releases/edit/{release.id}")
    added = {
        "files-1-row_id": "",
        "files-1-name": "Windows embeddable package",
        "files-1-operating_system": str(system.id),
        "files-1-url": "https://www.python.org/ftp/python/3.14.0/embed.zip",
        "files-1-size": "1000",
        "files-1-has_download_button": "y",
    }

    answer = await browser.post(f"/admin/releases/preview/{release.id}", {**values, **added, "files-0-name": "Renamed"})

    assert answer.status_code == 200
    assert "Renamed" in answer.text
    assert "Windows embeddable package" in answer.text


async def test_a_file_that_only_the_draft_knows_is_shown(browser, session):
    release = await make_release(session, "Python 3.14.0")
    system = await make_operating_system(session, "Windows")
    path = f"/admin/releases/edit/{release.id}"
    added = {
        "files-0-row_id": "",
        "files-0-name": "Drafted installer",
        "files-0-operating_system": str(system.id),
        "files-0-url": "https://www.python.org/ftp/python/3.14.0/drafted.exe",
        "files-0-size": "1000",
    }
    await browser.post(path, {**await browser.form(path), **added, "press": "continue"})

    answer = await preview(browser, path, name="Python 3.14.0")

    assert answer.status_code == 200
    assert answer.text.count("Drafted installer") == 1


async def test_a_new_release_is_shown(browser):
    answer = await preview(
        browser, "/admin/releases/create", name="Python 3.15.0a1", slug="python-3150a1", content="Soon"
    )

    assert answer.status_code == 200
    assert "Python 3.15.0a1" in answer.text


async def test_a_box_is_shown_in_the_page_where_it_stands(browser, session):
    box = await make_box(session, label="homepage-introduction")

    answer = await preview(browser, f"/admin/boxes/edit/{box.id}", content="Typed welcome")

    assert "Typed welcome" in answer.text
    assert "Welcome to Python.org" in answer.text


async def test_a_box_that_no_page_shows_is_shown_alone(browser, session):
    box = await make_box(session, label="for-others")

    answer = await preview(browser, f"/admin/boxes/edit/{box.id}", content="Typed words")

    assert "Typed words" in answer.text
    assert "No page of this site has a place for the box" in text_of(answer.text)


async def test_a_banner_is_shown_above_the_home_page(browser, session):
    banner = await make_banner(session, is_published=False, paths=["/psf/"])

    answer = await preview(browser, f"/admin/banners/edit/{banner.id}", title="Typed campaign")

    assert "Typed campaign" in answer.text


async def test_a_banner_is_shown_above_the_first_page_that_it_is_meant_for(browser, session):
    await make_page(session, path="psf", title="The Foundation")
    banner = await make_banner(session, is_published=False, paths=["/psf/"])

    answer = await preview(browser, f"/admin/banners/edit/{banner.id}", title="Typed campaign")

    assert "Typed campaign" in answer.text
    assert "<title>The Foundation | Python.org</title>" in answer.text


async def test_a_code_sample_is_opened_among_the_others(browser, session):
    await make_sample(session, title="Before")
    sample = await make_sample(session, title="Mine", is_published=False)

    answer = await preview(browser, f"/admin/code-samples/edit/{sample.id}", title="Typed")

    assert 'id="sample-2" value="2" checked' in answer.text
    assert 'id="sample-1" value="1">' in answer.text


async def test_a_code_sample_is_shown_on_the_home_page_even_if_it_is_full(browser, session):
    for _ in range(6):
        await make_sample(session)
    sample = await make_sample(session, is_published=False)

    answer = await preview(browser, f"/admin/code-samples/edit/{sample.id}", code="print('typed')")

    assert "typed" in answer.text


async def test_what_has_no_public_page_has_no_preview(browser, session):
    system = await make_operating_system(session)

    answer = await browser.post(f"/admin/operating-systems/preview/{system.id}", {})

    assert answer.status_code == 404
