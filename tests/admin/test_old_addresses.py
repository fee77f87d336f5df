"""Addresses of the old back office go on leading to what they meant."""

import pytest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/admin/downloads/release/add/", "/admin/releases/create"),
        ("/admin/downloads/release/", "/admin/releases/list"),
        ("/admin/downloads/release/442/change/", "/admin/releases/edit/442"),
        ("/admin/pages/page/7/", "/admin/pages/edit/7"),
        ("/admin/pages/page/7/history/", "/admin/pages/history/7"),
    ],
)
async def test_an_old_address_leads_to_the_page_that_took_its_place(browser, old, new):
    answer = await browser.get(old)

    assert answer.status_code == 303
    assert answer.headers["location"] == new


@pytest.mark.parametrize(
    "path",
    ["/admin/polls/poll/", "/admin/polls/poll/1/change/", "/admin/downloads/release/1/nonsense/"],
)
async def test_what_nothing_took_the_place_of_is_not_found(browser, path):
    answer = await browser.get(path)

    assert answer.status_code == 404
    assert "The back office has no such page." in answer.text
