"""Links to previews: they show the newest draft to who holds one, for a while, and nothing to anybody else."""

from dataclasses import replace

import httpx
import pytest
from sqlalchemy import select

from cms.core import previews, publishing, tokens
from cms.core.audit import AuditEntry
from cms.core.errors import Invalid, PermissionDenied
from cms.core.permissions import Permission
from cms.pages.services import publish_page, save_page
from public_site.asgi import build
from tests.admin.browser import Browser, text_of
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user

ENDED = "This link has ended"


@pytest.fixture
async def editor(session):
    return await make_user(session, permissions=(Permission.PAGES_EDIT, Permission.PAGES_PUBLISH))


@pytest.fixture
async def page(session):
    return await make_page(session, title="Secret plan", path="plans/secret", is_published=False, content="Soon.")


@pytest.fixture
async def link(session, page, editor, settings):
    """The address of a link to the page, good for seven days."""
    token = await previews.make_link(session, page, days=7, by=editor, settings=settings)
    await session.commit()
    return f"/preview/{token}/"


async def test_a_link_shows_the_draft_without_an_account(client, link):
    answer = await client.get(link)

    assert answer.status_code == 200
    assert "Secret plan" in answer.text
    assert "Preview, not public yet." in text_of(answer.text)


async def test_a_link_shows_the_newest_changes_of_what_is_live(client, session, editor, settings):
    page = await make_page(session, title="Live", path="about")

    async def write():
        page.title = "Drafted"
        await save_page(session, page, by=editor)

    await publishing.keep_draft(session, page, write, by=editor)
    token = await previews.make_link(session, page, days=1, by=editor, settings=settings)
    await session.commit()

    assert "Drafted | Python.org" in (await client.get(f"/preview/{token}/")).text
    assert "Live | Python.org" in (await client.get("/about/")).text


async def test_a_link_shows_a_release_with_its_files(client, session, superuser, settings):
    release = await make_release(session, "Python 3.15.0", is_published=False)
    system = await make_operating_system(session)
    await make_file(session, release, system, name="Secret installer")
    token = await previews.make_link(session, release, days=1, by=superuser, settings=settings)
    await session.commit()

    assert "Secret installer" in (await client.get(f"/preview/{token}/")).text


async def test_the_draft_stays_hidden_from_everybody_else(client, link):
    await client.get(link)

    assert (await client.get("/plans/secret/")).status_code == 404


async def test_a_link_is_kept_by_nobody(client, link):
    answer = await client.get(link)

    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Surrogate-Control" not in answer.headers
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers.get_list("Referrer-Policy") == ["no-referrer"]


async def test_the_page_cache_keeps_neither_a_preview_nor_its_end(resources, session, link, page, editor):
    transport = httpx.ASGITransport(build(replace(resources)))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as visitor:
        assert (await visitor.get(link)).status_code == 200
        assert (await visitor.head(link)).status_code == 200

        await previews.end_links(session, page, by=editor)
        await session.commit()

        assert (await visitor.get(link)).status_code == 404
        assert (await visitor.get(f"{link}?again")).status_code == 404


async def test_a_link_ends_when_its_days_are_over(client, session, clock, page, editor, settings):
    token = await previews.make_link(session, page, days=1, by=editor, settings=settings)
    await session.commit()
    clock.move(hours=23)
    before = await client.get(f"/preview/{token}/")

    clock.move(hours=2)

    after = await client.get(f"/preview/{token}/")
    assert (before.status_code, after.status_code) == (200, 404)
    assert ENDED in text_of(after.text)


async def test_links_end_when_they_are_told_to(client, session, page, link, editor):
    assert await previews.end_links(session, page, by=editor) == 1
    await session.commit()

    assert (await client.get(link)).status_code == 404


async def test_a_link_ends_with_its_row(client, session, page, link):
    await session.delete(page)
    await session.commit()

    assert (await client.get(link)).status_code == 404


async def test_every_link_that_shows_nothing_gets_the_same_answer(client, session, page, link, editor, settings):
    await previews.end_links(session, page, by=editor)
    await session.commit()
    never_made = tokens.sign({"link": 999_999_999}, purpose="preview", settings=settings)
    other_purpose = tokens.sign({"link": 1}, purpose="reset", settings=settings)
    addresses = [link, link[:-3] + "xx/", *(f"/preview/{token}/" for token in ("x", never_made, other_purpose))]

    answers = [await client.get(address) for address in [*addresses, "/preview/"]]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-store"}


async def test_a_link_is_made_by_who_may_edit_the_row_and_by_nobody_else(session, page, settings):
    stranger = await make_user(
        session, permissions=(Permission.PAGES_EDIT,), scope_kind="path", scope_values=("about",)
    )

    with pytest.raises(PermissionDenied):
        await previews.make_link(session, page, days=7, by=stranger, settings=settings)
    with pytest.raises(PermissionDenied):
        await previews.end_links(session, page, by=stranger)


async def test_a_link_lasts_as_long_as_is_offered(session, page, editor, settings):
    with pytest.raises(Invalid, match="1, 7, 30 days"):
        await previews.make_link(session, page, days=365, by=editor, settings=settings)


async def test_links_are_in_the_history_without_their_token(session, page, link, editor):
    await previews.end_links(session, page, by=editor)
    await session.commit()

    entries = (await session.scalars(select(AuditEntry).where(AuditEntry.row_id == page.id))).all()
    assert [entry.action for entry in entries][-2:] == ["make preview link", "end preview links"]
    assert all(link.split("/")[2] not in str(entry.remark) for entry in entries)


async def test_once_it_is_published_the_link_shows_what_is_live(client, session, page, link, editor):
    await publish_page(session, page, by=editor)
    await session.commit()

    assert (await client.get(link)).status_code == 200


async def test_the_log_holds_no_token(client, link, capsys):
    from public_site.middleware.access_log import AccessLog

    log = AccessLog(as_json=False)

    line = log._line(0.0, "number", "127.0.0.1", "GET", link, 200, 1.0)

    assert link.split("/")[2] not in line
    assert "/preview/(hidden)/" in line


async def test_the_form_makes_a_link_and_ends_it(browser, session, client, page):
    made = await browser.post(f"/admin/pages/preview/{page.id}/link", {"days": "7"})
    address = made.text.split('value="http://testserver')[1].split('"')[0]
    assert (await client.get(address)).status_code == 200

    ended = await browser.post(f"/admin/pages/preview/{page.id}/end-links", {})

    assert ended.status_code == 303
    assert (await client.get(address)).status_code == 404


async def test_a_volunteer_makes_no_link_beyond_their_scope(client, session, page):
    user = await make_user(
        session,
        permissions=(Permission.PAGES_VIEW, Permission.PAGES_EDIT),
        scope_kind="path",
        scope_values=("community",),
    )
    browser = await Browser(client).sign_in(session, user)

    answers = [
        await browser.post(f"/admin/pages/preview/{page.id}/{step}", {"days": "7"}) for step in ("link", "end-links")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
