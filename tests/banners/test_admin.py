"""Banners in the back office."""

from datetime import timedelta

from sqlalchemy import select

from cms.banners.models import Banner, Tone
from cms.core.permissions import Permission
from tests.admin.browser import Browser, text_of
from tests.factories.banners import make_banner
from tests.factories.users import make_user


async def test_a_banner_is_written_and_published(browser, session, client):
    answer = await browser.save(
        "/admin/banners/create",
        title="Answer the survey",
        message="It takes *ten* minutes.",
        link="/psf/survey/",
        paths="/psf/\n/about/",
        priority="3",
        tone="campaign",
        press="decide:publish",
    )

    assert answer.status_code == 303
    banner = await session.scalar(select(Banner))
    assert (banner.paths, banner.priority, banner.tone) == (["/psf/", "/about/"], 3, Tone.CAMPAIGN)
    assert banner.is_published
    assert "<em>ten</em>" in banner.message_html


async def test_a_new_banner_is_meant_for_every_page(browser):
    values = await browser.form("/admin/banners/create")

    assert values["paths"] == "/"
    assert values["is_dismissible"] == "y"


async def test_the_list_says_which_are_live_where_and_until_when(browser, session, clock):
    await make_banner(session, title="Now", paths=["/psf/"], expire_at=clock.now() + timedelta(days=1))
    await make_banner(session, title="Later", is_published=False, publish_at=clock.now() + timedelta(days=2))

    listed = text_of((await browser.get("/admin/banners/list")).text)

    assert "Live expires in 1 day" in listed
    assert "Scheduled goes live in 2 days" in listed
    assert "/psf/" in listed
    assert "Everywhere" in listed


async def test_an_address_that_is_none_is_told_beside_its_field(browser, session):
    answer = await browser.save("/admin/banners/create", title="Vote", paths="psf")

    assert answer.status_code == 422
    assert "with a slash at both ends" in text_of(answer.text)


async def test_changes_of_a_live_banner_wait_beside_it(browser, session, client):
    banner = await make_banner(session, title="Before")

    answer = await browser.save(f"/admin/banners/edit/{banner.id}", title="After", press="continue")
    form = await browser.form(f"/admin/banners/edit/{banner.id}")

    assert answer.status_code == 303
    await session.refresh(banner)
    assert (banner.title, banner.has_draft, form["title"]) == ("Before", True, "After")


async def test_who_may_only_read_banners_is_offered_no_change(client, session):
    reader = await make_user(session, is_staff=True, permissions=(Permission.BANNERS_VIEW,))
    banner = await make_banner(session)
    browser = await Browser(client).sign_in(session, reader)

    listed = (await browser.get("/admin/banners/list")).text
    answer = await browser.get(f"/admin/banners/edit/{banner.id}")

    assert "/admin/banners/create" not in listed
    assert answer.status_code == 403


async def test_a_message_is_offered_marks_for_a_line_only(browser, session):
    form = (await browser.get("/admin/banners/create")).text

    assert "data-inline-only" in form
    assert "Unfiltered" not in text_of(form)
