"""Links of our own that lead nowhere are found in every live text, and none that is answered is taken for one."""

import pytest
from litestar import Litestar
from sqlalchemy import select

from cms.core.addresses import belongs_to_program
from cms.links import services, tasks
from cms.links.answered import Answered
from cms.links.models import BrokenLink
from cms.redirects.models import Redirect
from tests.factories.boxes import make_box
from tests.factories.downloads import make_operating_system, make_release
from tests.factories.pages import make_page

HOST = "testserver"


async def look(session):
    await services.check_links(session, site_host=HOST)
    await session.commit()
    return {link.address for link in await session.scalars(select(BrokenLink))}


def linking_to(*addresses):
    return "\n\n".join(f"See [this]({address})." for address in addresses)


async def test_what_nobody_answers_is_found_with_its_text(session):
    page = await make_page(session, title="A page", path="about", content=linking_to("/gone/", "/about/"))

    await look(session)

    link = (await session.scalars(select(BrokenLink))).one()
    assert (link.address, link.table_name, link.row_id) == ("/gone/", "pages", page.id)
    assert (link.row_label, link.row_path) == ("A page", "/about/")


async def test_pages_releases_boxes_redirects_and_what_the_program_shows_are_answered(session):
    await make_page(session, path="about/help")
    await make_release(session, "Python 3.14.2", slug="python-3142")
    system = await make_operating_system(session)
    await make_box(session, label="widget")
    session.add(Redirect(old_path="/was/here", new_path="/about/help/"))
    answered = [
        "/",
        "/about/help/",
        "/about/help",
        "/about/help/#top",
        "/about/help/?a=b",
        "/downloads/",
        "/downloads/release/python-3142/",
        f"/downloads/{system.slug}/",
        "/downloads/latest/python3/",
        "/box/widget/",
        "/was/here/",
        "/search/?q=x",
        "/media/a.png",
        "/ftp/python/3.14.2/",
        "/psf/codeofconduct/",
        "https://www.python.org/about/help/",
        "https://docs.python.org/nowhere/",
        "mailto:ada@example.org",
        "#here",
    ]
    await make_page(session, content=linking_to(*answered))

    assert await look(session) == set()


async def test_what_is_no_longer_live_is_not_answered(session):
    await make_page(session, path="draft", is_published=False)
    await make_release(session, "Python 3.14.3", slug="python-3143", is_published=False)
    gone = {"/draft/", "/downloads/release/python-3143/", f"http://{HOST}/nowhere/", "https://python.org/nowhere/"}
    await make_page(session, content=linking_to(*gone))

    assert await look(session) == gone


async def test_a_relative_link_counts_from_the_page_it_stands_on(session):
    await make_page(session, path="community/groups")
    await make_page(session, path="community", content=linking_to("groups/", "nobody/"))

    assert await look(session) == {"nobody/"}


async def test_drafts_are_not_looked_at(session):
    await make_page(session, is_published=False, content=linking_to("/gone/"))

    assert await look(session) == set()


async def test_texts_of_boxes_and_releases_are_looked_at(session):
    await make_box(session, content=linking_to("/gone-from-a-box/"))
    await make_release(session, content=linking_to("/gone-from-a-release/"))

    assert await look(session) == {"/gone-from-a-box/", "/gone-from-a-release/"}


async def test_a_mended_link_is_forgotten_and_an_old_one_keeps_its_day(session, clock):
    page = await make_page(session, content=linking_to("/gone/", "/mended/"))
    await look(session)
    found_at = await session.scalar(select(BrokenLink.found_at).where(BrokenLink.address == "/gone/"))
    clock.move(days=1)
    page = await session.get_one(type(page), page.id)
    page.content = linking_to("/gone/")
    await session.commit()

    assert await look(session) == {"/gone/"}
    assert await session.scalar(select(BrokenLink.found_at)) == found_at


async def test_more_texts_than_one_batch_are_looked_through(session, monkeypatch):
    monkeypatch.setattr(services, "BATCH", 2)
    for number in range(5):
        await make_page(session, content=linking_to(f"/gone-{number}/"))

    assert len(await look(session)) == 5


async def test_the_task_tells_open_pages(session, resources):
    await make_page(session, content=linking_to("/gone/"))
    async with resources.redis.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe("cms:changes")
        await channel.get_message(timeout=2)

        await tasks.check_links(resources, session)

        message = await channel.get_message(timeout=2)
    assert b"broken_links" in message["data"]


def test_every_route_of_the_site_is_known_to_be_answered(resources):
    from public_site.app import create_app

    site: Litestar = create_app(resources)
    nothing = Answered(pages=set(), redirects=set(), releases=set(), systems=set(), boxes=set())
    by_row = ("/downloads/release/", "/downloads/{system", "/getit/release/", "/getit/{system", "/box/")

    unknown = [
        route.path
        for route in site.routes
        if not route.path.startswith(by_row)
        and not nothing.knows(route.path.replace("{release_id:int}", "1").replace("{page_id:int}", "1"))
    ]

    assert unknown == []


@pytest.mark.parametrize("path", ["/downloads/nothing", "/searching", "/downloads/release", "/xsearch"])
def test_what_only_begins_like_a_route_is_not_one(path):
    assert not belongs_to_program(path)


@pytest.mark.parametrize("html", ["", "<a>", '<a href="">', '<a href="http://[">x</a>', "<a href=x", "\0<a href='/x'>"])
def test_no_text_is_too_broken_to_be_read(html):
    for address in services.addresses_in(html):
        services.own_path(address, base="/", hosts=frozenset({"www.python.org"}))
