"""Missed paths, and the redirects that they need, in the back office."""

import pytest
from lxml import html
from sqlalchemy import select

from cms.core import clock
from cms.core.permissions import Permission
from cms.missed_paths.models import MissedPath
from cms.redirects import services as redirects
from cms.redirects.models import Redirect
from tests.admin.browser import Browser, text_of
from tests.factories.users import make_user

LIST = "/admin/missed-paths/list"


async def make_missed(session, path="/old/", **values):
    missed = MissedPath(path=path, **{"count": 3, "last_referrer": "/about/", **values})
    session.add(missed)
    await session.commit()
    return missed


def _paths(page: str) -> list[str]:
    return [cell.text_content().strip() for cell in html.fromstring(page).xpath("//tbody//th")]


async def test_what_is_missed_most_comes_first(browser: Browser, session):
    await make_missed(session, "/rare/", count=1)
    await make_missed(session, "/often/", count=99)

    page = await browser.get(LIST)

    assert _paths(page.text) == ["/often/", "/rare/"]
    assert "/about/" in text_of(page.text)


async def test_beside_each_path_a_redirect_is_made_from_it(browser: Browser, session):
    await make_missed(session, "/old/")
    await make_missed(session, "*.php")
    page = html.fromstring((await browser.get(LIST)).text)
    (link,) = page.xpath("//tbody//a[starts-with(., 'Make a redirect')]/@href")

    answer = await browser.save(link, new_path="/new/")

    assert answer.status_code == 303
    assert (await session.scalars(select(Redirect.old_path))).all() == ["/old/"]


async def test_who_may_only_read_is_offered_nothing(client, session):
    missed = await make_missed(session)
    reader = await make_user(session, permissions=(Permission.REDIRECTS_VIEW,))
    browser = await Browser(client).sign_in(session, reader)

    pages = [await browser.get(path) for path in (LIST, f"/admin/missed-paths/details/{missed.id}")]

    assert [page.status_code for page in pages] == [200, 200]
    assert all("Make a redirect" not in page.text for page in pages)


async def test_who_may_not_see_redirects_sees_no_missed_paths(client, session):
    stranger = await make_user(session, permissions=(Permission.BOXES_VIEW,))

    assert (await (await Browser(client).sign_in(session, stranger)).get(LIST)).status_code == 403


@pytest.mark.parametrize(("decision", "before"), [("ignore", False), ("heed", True)])
async def test_a_path_is_ignored_and_counted_again(browser: Browser, session, decision, before):
    missed = await make_missed(session, is_ignored=before)

    answer = await browser.post(f"/admin/missed-paths/decide/{decision}", {"pks": missed.id})

    await session.refresh(missed)
    assert answer.status_code == 303
    assert missed.is_ignored is not before


@pytest.mark.parametrize("query", ["count=yes", "is_ignored=no", "last_missed_at=1", "path=/ol", "search=old"])
async def test_the_list_is_narrowed(browser: Browser, session, query):
    await make_missed(session, "/old/", count=20)
    await make_missed(session, "/rest/", count=1, is_ignored=True, last_missed_at=clock.now().replace(year=2020))

    assert _paths((await browser.get(f"{LIST}?{query}")).text) == ["/old/"]


async def test_nobody_writes_missed_paths_by_hand(browser: Browser, session):
    missed = await make_missed(session)

    assert (await browser.get("/admin/missed-paths/create")).status_code == 403
    assert (await browser.get(f"/admin/missed-paths/edit/{missed.id}")).status_code == 403


async def test_a_redirect_tells_by_way_of_what_it_leads_and_is_straightened(browser: Browser, session, superuser):
    for old, new in (("/b/", "/c/"), ("/a/", "/b/")):
        redirect = Redirect(old_path=old, new_path=new, uses=1234, last_used_at=clock.now())
        await redirects.save_redirect(session, redirect, by=superuser)
    await session.commit()
    address = f"/admin/redirects/edit/{redirect.id}"

    form = await browser.get(address)
    listed = await browser.get("/admin/redirects/list?steps=yes")
    answer = await browser.save(address, press="decide:straighten")

    assert "It leads by way of /b/ to /c/." in text_of(form.text)
    assert "Followed 1,234 times" in text_of(form.text)
    assert _paths(listed.text) == ["/a/"]
    assert "2 steps" in text_of(listed.text)
    assert answer.status_code == 303
    await session.refresh(redirect)
    assert redirect.new_path == "/c/"


async def test_saving_tells_that_a_redirect_leads_by_way_of_others(browser: Browser, session, superuser):
    await redirects.save_redirect(session, Redirect(old_path="/b/", new_path="/c/"), by=superuser)
    await session.commit()

    await browser.save("/admin/redirects/create", old_path="/a/", new_path="/b/")

    told = await browser.get("/admin/redirects/list")
    assert "It leads to its end by way of other redirects" in text_of(told.text)
