"""Boxes and redirects in the back office."""

from sqlalchemy import select

from cms.boxes.models import Box
from cms.redirects.models import Redirect
from tests.admin.browser import text_of
from tests.factories.boxes import make_box


async def test_a_box_is_found_by_its_label_and_changed(browser, session):
    box = await make_box(session, label="supernav-python-about")
    await make_box(session, label="hidden-one")

    listed = text_of((await browser.get("/admin/boxes/list", search="supernav")).text)
    answer = await browser.save(f"/admin/boxes/edit/{box.id}", content="**New**")

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
