"""The history: who did what to which row, narrowed and readable."""

import re

from tests.admin.browser import text_of
from tests.factories.downloads import make_release
from tests.factories.pages import make_page


async def test_the_history_is_narrowed_by_person_and_table(browser, session):
    page = await make_page(session, title="A page", is_published=False)
    release = await make_release(session, "Python 3.14.0", is_published=False)
    await browser.save(f"/admin/pages/edit/{page.id}", title="Changed page")
    await browser.save(f"/admin/releases/edit/{release.id}", release_notes_url="https://docs.python.org/")

    by_table = text_of((await browser.get("/admin/history", table="pages", person="superuser")).text)
    by_nobody = text_of((await browser.get("/admin/history", person="nobody", day="not a day")).text)

    assert "Changed page" in by_table
    assert "Release notes URL" not in by_table
    assert "Nothing is recorded here." in by_nobody


async def test_the_history_is_narrowed_by_the_last_of_all_days_and_any_number(browser):
    answer = await browser.get("/admin/history", day="9999-12-31", before="9" * 30)

    assert answer.status_code == 200


async def test_the_history_tells_moments_as_people_read_them(browser, session):
    page = await make_page(session, is_published=False)
    await browser.save(f"/admin/pages/edit/{page.id}", press="decide:publish")

    told = text_of((await browser.get(f"/admin/pages/history/{page.id}")).text)

    assert re.search(r"First published at\s*—\s*\d{4}-\d\d-\d\d \d\d:\d\d UTC", told)
