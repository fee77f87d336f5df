"""Boxes and redirects in the back office."""

import pytest
from sqlalchemy import select

from cms.boxes.models import Box
from cms.redirects.models import Redirect
from tests.admin.browser import text_of
from tests.factories.boxes import make_box


async def test_a_box_is_found_by_its_label_and_changed(browser, session):
    box = await make_box(session, label="supernav-python-about")
    await make_box(session, label="hidden-one")

    listed = text_of((await browser.get("/admin/boxes/list", search="supernav")).text)
    answer = await browser.save(f"/admin/boxes/edit/{box.id}", content="**New**", press="decide:publish")

    assert "supernav-python-about" in listed
    assert "hidden-one" not in listed
    assert answer.status_code == 303
    await session.refresh(box)
    assert "<strong>New</strong>" in box.content_html


async def test_a_label_that_is_taken_is_told_beside_its_field(browser, session):
    await make_box(session, label="taken")

    answer = await browser.save("/admin/boxes/create", label="taken")

    assert answer.status_code == 422
    assert "There is a box with this label already." in text_of(answer.text)
    assert len((await session.scalars(select(Box))).all()) == 1


async def test_a_redirect_leads_to_no_other_kind_of_address(browser, session):
    refused = await browser.save("/admin/redirects/create", old_path="/old/", new_path="javascript:alert(1)")
    saved = await browser.save("/admin/redirects/create", old_path="/old/", new_path="/new/")

    assert (refused.status_code, saved.status_code) == (422, 303)
    assert (await session.scalar(select(Redirect.new_path))) == "/new/"


async def test_the_form_says_where_a_box_stands(browser, session):
    used = await make_box(session, label="homepage-jobs")
    unused = await make_box(session, label="called-by-nobody")

    of_used = (await browser.get(f"/admin/boxes/edit/{used.id}")).text
    of_unused = text_of((await browser.get(f"/admin/boxes/edit/{unused.id}")).text)

    assert '<a href="/">The home page</a>' in of_used
    assert "No page of this site calls it." in of_unused
    assert "/box/called-by-nobody/" in of_unused


async def test_the_list_says_where_boxes_stand_and_which_are_missing(browser, session):
    await make_box(session, label="homepage-jobs")

    page = (await browser.get("/admin/boxes/list")).text

    assert "The home page" in text_of(page)
    assert "/admin/boxes/create?label=homepage-get-started" in page
    assert "/admin/boxes/create?label=homepage-jobs" not in page


async def test_a_missing_box_is_begun_with_its_label(browser, session):
    values = await browser.form("/admin/boxes/create?label=homepage-get-started")

    assert values["label"] == "homepage-get-started"


async def test_what_the_site_makes_by_itself_says_so_and_is_not_saved(browser, session):
    box = await make_box(session, label="supernav-python-downloads")

    form = text_of((await browser.get(f"/admin/boxes/edit/{box.id}")).text)
    answer = await browser.save(f"/admin/boxes/edit/{box.id}", content="By hand")

    assert "The site makes what stands under this label of the newest releases by itself." in form
    assert answer.status_code == 422
    assert "would be shown nowhere" in text_of(answer.text)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
async def test_boxes_are_exported_with_the_places_where_they_stand(browser, session, kind):
    await make_box(session, label="homepage-jobs")

    answer = await browser.get(f"/admin/boxes/export/{kind}")

    assert answer.status_code == 200
    if kind == "csv":
        assert "homepage-jobs,yes,The home page" in answer.text
