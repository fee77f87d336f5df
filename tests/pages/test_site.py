"""Pages and redirects at the addresses that no route knows."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from cms.core.markup import MarkupKind
from cms.core.permissions import Permission
from cms.core.settings import Settings
from cms.pages.models import TEMPLATES
from cms.redirects.models import Redirect
from tests.factories.downloads import make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user
from tests.site_visits import sign_in, statements

MOST_STATEMENTS = 5


async def make_redirect(session: AsyncSession, old_path: str, new_path: str) -> Redirect:
    redirect = Redirect(old_path=old_path, new_path=new_path)
    session.add(redirect)
    await session.commit()
    return redirect


async def test_a_page_answers_at_its_path(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_page(session, path="a/b", title="About <b>", content="Some *text*.")

    page = await client.get("/a/b/")

    assert page.status_code == 200
    assert "<em>text</em>" in page.text
    assert "<title>About &lt;b&gt; | Python.org</title>" in page.text


@pytest.mark.parametrize("template", sorted(TEMPLATES))
async def test_every_template_that_editors_may_choose_works(
    client: httpx.AsyncClient, session: AsyncSession, template: str
) -> None:
    await make_page(session, path="a", template_name=template, content="Some *text*.")

    page = await client.get("/a/")

    assert page.status_code == 200
    assert "<em>text</em>" in page.text


async def test_the_slash_is_added_and_the_query_kept(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_page(session, path="a/b")

    answer = await client.get("/a/b?x=1&y=%2F")

    assert answer.status_code == 301
    assert answer.headers["Location"] == "/a/b/?x=1&y=%2F"


async def test_a_page_below_a_route_is_found(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_page(session, path="downloads/release/notes", content="Notes of *releases*.")

    answer = await client.get("/downloads/release/notes/")

    assert answer.status_code == 200
    assert "<em>releases</em>" in answer.text


async def test_a_draft_is_a_404_for_guests_and_members(
    client: httpx.AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    await make_page(session, path="a", is_published=False)

    as_guest = await client.get("/a/")
    await sign_in(client, session, await make_user(session), settings)
    as_member = await client.get("/a/")

    assert as_guest.status_code == 404
    assert as_member.status_code == 404


async def test_a_draft_is_shown_to_those_who_may_see_it(
    client: httpx.AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    await make_page(session, path="a", is_published=False)
    await sign_in(client, session, await make_user(session, permissions=(Permission.PAGES_VIEW,)), settings)

    page = await client.get("/a/")

    assert page.status_code == 200
    assert "Draft" in page.text
    assert "no-store" in page.headers["Cache-Control"]


async def test_a_page_keeps_its_content_type(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_page(session, path="a.txt", content="a < b\n", content_kind=MarkupKind.PLAIN, content_type="text/plain")

    answer = await client.get("/a.txt/")

    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == "a < b\n"


async def test_a_redirect_answers_with_the_query(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_redirect(session, "/old/", "/new/")

    answer = await client.get("/old/?x=1")

    assert answer.status_code == 301
    assert answer.headers["Location"] == "/new/?x=1"


async def test_a_redirect_keeps_both_queries(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_redirect(session, "/old/", "https://example.org/?a=b")

    answer = await client.get("/old/?x=1")

    assert answer.headers["Location"] == "https://example.org/?a=b&x=1"


@pytest.mark.parametrize("path", ["/old", "/old/"])
async def test_a_redirect_is_found_with_and_without_slash(
    client: httpx.AsyncClient, session: AsyncSession, path: str
) -> None:
    await make_redirect(session, "/old", "/new/")

    answer = await client.get(path)

    assert answer.status_code == 301


async def test_a_redirect_goes_before_a_page(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_page(session, path="old")
    await make_redirect(session, "/old/", "/new/")

    answer = await client.get("/old/")

    assert answer.status_code == 301


async def test_a_redirect_does_not_hide_a_route(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_redirect(session, "/downloads/", "/new/")

    answer = await client.get("/downloads/")

    assert answer.status_code == 200


async def test_a_redirect_to_nowhere_says_that_the_page_is_gone(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_redirect(session, "/old/", "")

    answer = await client.get("/old/")

    assert answer.status_code == 410
    assert "This page is gone" in answer.text


async def test_the_page_of_a_release_without_text_leads_to_the_release(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    page = await make_page(session, path="download/releases/2.0.1")
    await make_release(session, "Python 2.0.1", page_id=page.id)

    answer = await client.get("/download/releases/2.0.1/")

    assert answer.status_code == 301
    assert answer.headers["Location"] == "/downloads/release/python-201/"


async def test_the_page_of_a_release_with_a_text_stays(client: httpx.AsyncClient, session: AsyncSession) -> None:
    page = await make_page(session, path="download/releases/2.0.1")
    await make_release(session, "Python 2.0.1", page_id=page.id, content="Its own text.")

    answer = await client.get("/download/releases/2.0.1/")

    assert answer.status_code == 200


async def test_the_old_address_of_a_release_leads_to_the_new_one(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_release(session, "Python 2.7.1")

    answer = await client.get("/download/releases/2.7.1/")

    assert answer.status_code == 301
    assert answer.headers["Location"] == "/downloads/release/python-271/"


async def test_the_section_menu_lists_live_neighbours_only(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_page(session, path="about", title="About")
    await make_page(session, path="about/help", title="Help us")
    await make_page(session, path="about/plans", title="Secret plans", is_published=False)
    await make_page(session, path="about/help/more", title="Deeper help")
    await make_page(session, path="aboutness", title="Something else")

    page = (await client.get("/about/")).text
    below = (await client.get("/about/help/more/")).text

    assert '<a href="/about/help/">Help us</a>' in page
    assert not any(title in page for title in ("Secret plans", "Deeper help", "Something else"))
    assert below.index('<a href="/about/">About</a>') < below.index('<a href="/about/help/">Help us</a>')


async def test_statements_do_not_grow_with_pages(
    client: httpx.AsyncClient, session: AsyncSession, engine: AsyncEngine
) -> None:
    await make_page(session, path="about")
    await make_page(session, path="about/help")

    with statements(engine) as with_few:
        await client.get("/about/help/")
    for number in range(12):
        await make_page(session, path=f"about/{number}")
    with statements(engine) as with_many:
        await client.get("/about/help/")

    assert len(with_many) == len(with_few)
    assert len(with_many) <= MOST_STATEMENTS


async def test_a_post_to_a_page_is_not_turned_into_a_get(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_page(session, path="a")

    answer = await client.post("/a")

    assert answer.status_code in {403, 404}


@pytest.mark.parametrize("path", ["/_page", "/_page/", "/%00", "/a%00b/", "/%ff/", "/" + "a" * 3000 + "/"])
async def test_what_cannot_be_a_page_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404


async def test_the_edit_button_is_for_those_who_may_edit_this_page(
    client: httpx.AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    mine = await make_page(session, path="community/sprints", is_published=False)
    other = await make_page(session, path="about/help", is_published=False)
    volunteer = await make_user(
        session,
        is_staff=True,
        permissions=(Permission.PAGES_VIEW, Permission.PAGES_EDIT),
        scope_kind="path",
        scope_values=("community",),
    )

    as_guest = await client.get(f"/page-edit-button/{mine.id}")
    await sign_in(client, session, volunteer, settings)
    as_volunteer = await client.get(f"/page-edit-button/{mine.id}")
    of_other = await client.get(f"/page-edit-button/{other.id}")

    assert as_guest.text.strip() == ""
    assert f'href="/admin/pages/edit/{mine.id}"' in as_volunteer.text
    assert of_other.text.strip() == ""
    assert all("no-store" in answer.headers["Cache-Control"] for answer in (as_guest, as_volunteer, of_other))
