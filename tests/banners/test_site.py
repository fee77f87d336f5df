"""Banners on the pages of the site."""

import re

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.banners.models import Banner, Tone
from cms.core import outbox
from tests.factories.banners import make_banner
from tests.factories.pages import make_page


def shown_in(page: httpx.Response) -> list[str]:
    """Return what the banners of a page say on their buttons."""
    return re.findall(r'<aside class="banner.*?<a class="button"[^>]*>(.*?)</a>', page.text, re.DOTALL)


async def test_a_banner_stands_on_every_page_with_its_message_and_its_link(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_banner(session, title="Donate <now>", message="We *need* you.", link="/psf/donations/")

    page = await client.get("/")

    assert shown_in(page) == ["Donate &lt;now&gt;"]
    assert 'href="/psf/donations/"' in page.text
    assert "We <em>need</em> you." in page.text


@pytest.mark.parametrize(
    ("path", "expected"), [("/psf/", ["P"]), ("/psf/records/", ["P"]), ("/psfish/", []), ("/", [])]
)
async def test_a_banner_stands_in_its_paths_only(
    client: httpx.AsyncClient, session: AsyncSession, path: str, expected: list[str]
) -> None:
    for page in ("psf", "psf/records", "psfish"):
        await make_page(session, path=page)
    await make_banner(session, title="P", paths=["/psf/"])

    answer = await client.get(path)

    assert answer.status_code == 200
    assert shown_in(answer) == expected


async def test_a_percent_sign_or_underscore_in_an_address_means_itself(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_page(session, path="a.b")
    await make_banner(session, paths=["/%/", "/a_b/"])

    assert shown_in(await client.get("/a.b/")) == []


async def test_a_draft_is_on_no_page(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_banner(session, is_published=False)

    assert shown_in(await client.get("/")) == []


async def test_of_several_banners_the_most_urgent_is_shown_and_of_those_alike_the_newest(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_page(session, path="psf")
    await make_banner(session, title="Urgent", priority=5, paths=["/psf/"])
    await make_banner(session, title="Older")
    await make_banner(session, title="Newer")

    assert shown_in(await client.get("/psf/")) == ["Urgent"]
    assert shown_in(await client.get("/")) == ["Newer"]


async def test_pages_say_that_they_hold_banners_and_writing_one_ends_them(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    page = await client.get("/")
    await make_banner(session)

    purges = await session.scalars(
        select(outbox.OutboxMessage.arguments).where(outbox.OutboxMessage.task == "purge_keys")
    )
    assert "banners" in page.headers["Surrogate-Key"].split()
    assert page.headers["Cache-Control"] != "private, no-store"
    assert any("banners" in arguments["keys"] for arguments in purges)


async def test_only_what_may_be_closed_has_a_button_for_it(client: httpx.AsyncClient, session: AsyncSession) -> None:
    banner = await make_banner(session, is_dismissible=False, tone=Tone.WARNING)
    lasting = await client.get("/")
    banner.is_dismissible = True
    await session.commit()
    closable = await client.get("/")

    assert "banner-warning" in lasting.text
    assert "banner-close" not in lasting.text
    assert "banner-close" in closable.text
    assert "set-cookie" not in closable.headers


async def test_who_closed_a_banner_sees_it_again_when_it_says_something_else() -> None:
    banner = Banner(id=1, title="One", message_html="<p>Same</p>")
    before = banner.mark

    banner.priority = 7
    assert banner.mark == before
    banner.title = "Two"
    assert banner.mark != before


async def test_without_a_link_there_is_no_button(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_banner(session, title="Tonight", link="")

    page = await client.get("/")

    assert "<strong>Tonight</strong>" in page.text
    assert shown_in(page) == []


async def test_what_nobody_looks_at_as_a_page_has_no_banner(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_banner(session)
    await make_page(session, path="raw", template_name="pages/raw.html")

    raw, robots = await client.get("/raw/"), await client.get("/robots.txt")

    assert "banner" not in raw.text
    assert "banners" not in robots.headers["Surrogate-Key"].split()
