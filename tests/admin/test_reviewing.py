"""Reviews at the back office: submit from the form, find it in the queue, talk, decide, and be told what was wrong."""

import pytest
from sqlalchemy import func, select

from cms.core import reviewing
from cms.core.permissions import Permission
from cms.core.reviews import Comment, Review, ReviewStatus
from cms.pages.models import Page
from tests.admin.browser import Browser, text_of
from tests.factories.pages import make_page
from tests.factories.users import make_user

WRITES = (Permission.PAGES_VIEW, Permission.PAGES_EDIT)
PUBLISHES = (*WRITES, Permission.PAGES_PUBLISH)


@pytest.fixture
async def volunteer(session):
    return await make_user(
        session, username="volunteer", permissions=WRITES, scope_kind="path", scope_values=("community",)
    )


@pytest.fixture
async def editor(session):
    return await make_user(session, username="editor", permissions=PUBLISHES)


@pytest.fixture
async def page(session):
    return await make_page(session, title="Sprints", path="community/sprints", is_published=False)


@pytest.fixture
async def submitted(session, page, volunteer):
    await reviewing.submit(session, page, by=volunteer, remark="Please look.")
    await session.commit()
    return page


async def as_user(client, session, user):
    return await Browser(client).sign_in(session, user)


async def newest(session):
    return await session.scalar(select(Review).order_by(Review.id.desc()).execution_options(populate_existing=True))


async def test_a_volunteer_submits_from_the_form_and_it_is_in_the_editors_queue(
    client, session, page, volunteer, editor
):
    browser = await as_user(client, session, volunteer)
    form = await browser.get(f"/admin/pages/edit/{page.id}")
    assert "Submit for review…" in form.text

    saved = await browser.save(f"/admin/pages/edit/{page.id}", press="go:review", title="Sprints this year")
    assert saved.headers["location"] == f"/admin/pages/review/{page.id}"
    answer = await browser.post(f"/admin/pages/review/{page.id}/submit", {"remark": "Please look."})

    assert answer.status_code == 303
    queue = await (await as_user(client, session, editor)).get("/admin/reviews")
    assert "Sprints this year" in text_of(queue.text)
    assert "Please look." in queue.text


async def test_an_editor_who_may_publish_is_not_asked_to_submit(client, session, page, editor):
    form = await (await as_user(client, session, editor)).get(f"/admin/pages/edit/{page.id}")

    assert "Submit for review…" not in form.text


async def test_the_menu_counts_what_waits_for_the_person(client, session, submitted, editor, volunteer):
    shown = {}
    for person in (editor, volunteer):
        answer = await (await as_user(client, session, person)).get("/admin/reviews")
        shown[person.username] = "1 waiting" in text_of(answer.text)

    assert shown == {"editor": True, "volunteer": False}


async def test_the_form_tells_who_submitted_it_and_with_which_words(client, session, submitted, editor):
    form = await (await as_user(client, session, editor)).get(f"/admin/pages/edit/{submitted.id}")

    assert "volunteer submitted this for review" in text_of(form.text)
    assert "Decide, or write a comment" in form.text


async def test_approval_publishes_and_leads_back_to_the_queue(client, session, submitted, editor):
    browser = await as_user(client, session, editor)

    answer = await browser.post(
        f"/admin/pages/review/{submitted.id}/approve", {"lock_version": str(submitted.lock_version)}
    )

    assert answer.headers["location"] == "/admin/reviews"
    assert await session.scalar(select(Page.is_published).where(Page.id == submitted.id))


async def test_what_changed_meanwhile_is_not_approved_and_says_so(client, session, submitted, editor):
    browser = await as_user(client, session, editor)

    answer = await browser.post(
        f"/admin/pages/review/{submitted.id}/approve", {"lock_version": str(submitted.lock_version - 1)}
    )

    assert answer.status_code == 409
    assert "was changed after you looked at it" in text_of(answer.text)


async def test_sending_back_without_a_reason_asks_for_one(client, session, submitted, editor):
    browser = await as_user(client, session, editor)

    answer = await browser.post(f"/admin/pages/review/{submitted.id}/send-back", {"reason": ""})

    assert answer.status_code == 422
    assert "Say what is to be changed" in text_of(answer.text)


async def test_what_was_sent_back_is_told_in_the_queue_and_on_the_form(client, session, submitted, editor, volunteer):
    browser = await as_user(client, session, editor)
    await browser.post(f"/admin/pages/review/{submitted.id}/send-back", {"reason": "The date is wrong."})

    browser = await as_user(client, session, volunteer)
    for path in ("/admin/reviews", f"/admin/pages/edit/{submitted.id}", f"/admin/pages/review/{submitted.id}"):
        assert "The date is wrong." in (await browser.get(path)).text


async def test_who_submitted_withdraws(client, session, submitted, volunteer):
    browser = await as_user(client, session, volunteer)

    answer = await browser.post(f"/admin/pages/review/{submitted.id}/withdraw", {})

    assert answer.status_code == 303
    assert (await newest(session)).status == ReviewStatus.WITHDRAWN


async def test_a_comment_is_shown_as_text_with_its_links_and_stays_in_the_history(client, session, submitted, editor):
    browser = await as_user(client, session, editor)

    await browser.post(
        f"/admin/pages/review/{submitted.id}/comment",
        {"text": "<script>alert(1)</script>\nSee https://example.org/x"},
    )

    shown = (await browser.get(f"/admin/pages/review/{submitted.id}")).text
    assert "<script>alert" not in shown
    assert '<a href="https://example.org/x" rel="nofollow noopener">' in shown
    assert "See https://example.org/x" in text_of((await browser.get(f"/admin/pages/history/{submitted.id}")).text)


async def test_a_comment_that_is_too_long_is_refused_and_kept(client, session, submitted, editor):
    browser = await as_user(client, session, editor)

    answer = await browser.post(f"/admin/pages/review/{submitted.id}/comment", {"text": "long " * 1_001})

    assert answer.status_code == 422
    assert "long long long" in answer.text
    assert await session.scalar(select(func.count()).select_from(Comment)) == 0


@pytest.mark.parametrize("step", ["submit", "withdraw"])
async def test_nothing_is_submitted_beyond_ones_scope(client, session, volunteer, step):
    outside = await make_page(session, path="about", is_published=False)
    browser = await as_user(client, session, volunteer)

    answer = await browser.post(f"/admin/pages/review/{outside.id}/{step}", {"remark": "Please."})

    assert answer.status_code == 404


@pytest.mark.parametrize("step", ["approve", "send-back"])
async def test_a_volunteer_decides_nothing(client, session, submitted, volunteer, step):
    browser = await as_user(client, session, volunteer)

    answer = await browser.post(
        f"/admin/pages/review/{submitted.id}/{step}", {"lock_version": str(submitted.lock_version), "reason": "No."}
    )

    assert answer.status_code == 403


async def test_a_publisher_of_other_paths_is_refused(client, session, submitted):
    other = await make_user(session, permissions=PUBLISHES, scope_kind="path", scope_values=("about",))
    browser = await as_user(client, session, other)

    answer = await browser.post(
        f"/admin/pages/review/{submitted.id}/approve", {"lock_version": str(submitted.lock_version)}
    )

    assert answer.status_code == 403
    assert "Sprints" not in text_of((await browser.get("/admin/reviews")).text)


async def test_a_decision_takes_the_token_of_its_form(client, session, submitted, editor):
    browser = await as_user(client, session, editor)

    answer = await browser.post(
        f"/admin/pages/review/{submitted.id}/approve", {"lock_version": str(submitted.lock_version)}, token="invented"
    )

    assert answer.status_code == 403


async def test_a_mails_link_leads_to_the_review(browser, submitted):
    answer = await browser.get(f"/admin/reviews/pages/{submitted.id}")

    assert answer.headers["location"] == f"/admin/pages/review/{submitted.id}"


async def test_a_table_that_is_not_reviewed_has_no_reviews(browser):
    assert (await browser.get("/admin/reviews/users/1")).status_code == 404
    assert (await browser.get("/admin/operating-systems/review/1")).status_code == 404


async def test_the_saved_draft_is_seen_in_the_public_page(client, session, submitted, editor):
    browser = await as_user(client, session, editor)

    answer = await browser.get(f"/admin/pages/preview/{submitted.id}")

    assert answer.status_code == 200
    assert "Sprints | Python.org" in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"


async def test_mails_about_reviews_are_switched_off_and_on_again(client, session, editor):
    browser = await as_user(client, session, editor)
    told = []
    for chosen in ({}, {"gets_review_mails": "y"}):
        answer = await browser.post("/admin/preferences/review-mails", chosen)
        told.append(text_of((await browser.get(answer.headers["location"])).text))

    assert "You get no mails about reviews. Send me mails" in told[0]
    assert "You are told of reviews by mail. Send me none" in told[1]
