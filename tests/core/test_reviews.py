"""Drafts in review: submitted, talked about, decided, each time with word to those concerned and to nobody else."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from cms import review_tasks
from cms.core import publishing, reviewing, reviews
from cms.core.audit import AuditEntry, acting_as
from cms.core.errors import Conflict, Invalid, InvalidTransition, PermissionDenied
from cms.core.outbox import OutboxMessage
from cms.core.permissions import SYSTEM, Permission
from cms.core.reviews import Review, ReviewStatus
from cms.pages.models import Page
from cms.pages.services import publish_page, save_page
from cms.users import preferences
from tests.factories.pages import make_page
from tests.factories.users import make_user

EDITS = (Permission.PAGES_VIEW, Permission.PAGES_EDIT)
PUBLISHES = (*EDITS, Permission.PAGES_PUBLISH)


@pytest.fixture
async def editor(session):
    return await make_user(session, username="editor", permissions=PUBLISHES)


@pytest.fixture
async def volunteer(session):
    return await make_user(
        session, username="volunteer", permissions=EDITS, scope_kind="path", scope_values=("community",)
    )


@pytest.fixture
async def page(session):
    return await make_page(session, title="Sprints", path="community/sprints", is_published=False)


@pytest.fixture
async def submitted(session, page, volunteer):
    """The page, which the volunteer has submitted."""
    with acting_as(volunteer):
        await reviewing.submit(session, page, by=volunteer, remark="Please look.")
        await session.commit()
    return page


async def draft_of(session, page, by, **values):
    async def write():
        for name, value in values.items():
            setattr(page, name, value)
        await save_page(session, page, by=by)

    await publishing.keep_draft(session, page, write, by=by)
    await session.commit()


async def newest(session, row):
    return await session.scalar(reviews.reviews_of(row).limit(1))


async def actions(session, row):
    entries = select(AuditEntry.action).where(AuditEntry.table_name == "pages", AuditEntry.row_id == row.id)
    return list(await session.scalars(entries.order_by(AuditEntry.id)))


async def run_waiting(resources, session):
    """Run the tasks of reviews that wait, those that they start included."""
    while True:
        waiting = select(OutboxMessage).where(OutboxMessage.task.like("send_%")).order_by(OutboxMessage.id)
        messages = list(await session.scalars(waiting))
        if not messages:
            return
        for message in messages:
            await getattr(review_tasks, message.task)(resources, session, **message.arguments)
            await session.delete(message)
        await session.commit()


async def test_a_submitted_draft_is_in_review_and_in_the_history_with_its_remark(session, submitted):
    review = await newest(session, submitted)

    assert submitted.is_in_review
    assert (review.status, review.submitted_by_name, review.remark) == (ReviewStatus.OPEN, "volunteer", "Please look.")
    entry = await session.scalar(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))
    assert (entry.action, entry.remark) == ("submit for review", "Please look.")


async def test_submitting_purges_nothing(session, submitted):
    assert (
        "purge_keys"
        not in (await session.scalars(select(OutboxMessage.task).order_by(OutboxMessage.id.desc()))).first()
    )


async def test_nobody_submits_beyond_their_scope(session, volunteer):
    page = await make_page(session, path="about", is_published=False)

    with pytest.raises(PermissionDenied, match="does not extend"):
        await reviewing.submit(session, page, by=volunteer)


async def test_a_row_is_in_one_review_at_a_time(session, submitted, volunteer):
    with pytest.raises(InvalidTransition, match="in review already"):
        await reviewing.submit(session, submitted, by=volunteer)


async def test_the_database_holds_one_open_review_of_a_row(session, submitted):
    session.add(Review(table_name="pages", row_id=submitted.id, row_label="Twice"))

    with pytest.raises(IntegrityError, match="uq_reviews_open"):
        await session.flush()


async def test_what_is_live_without_changes_cannot_be_submitted(session, editor):
    page = await make_page(session)

    with pytest.raises(InvalidTransition, match="no unpublished changes"):
        await reviewing.submit(session, page, by=editor)


async def test_changes_of_what_is_live_can_be_submitted(session, volunteer):
    page = await make_page(session, path="community/live")
    await draft_of(session, page, volunteer, title="Better")

    await reviewing.submit(session, page, by=volunteer)

    assert page.is_in_review


async def test_only_who_submitted_withdraws(session, submitted, editor, volunteer):
    with pytest.raises(PermissionDenied, match="Only volunteer"):
        await reviewing.withdraw(session, submitted, by=editor)

    await reviewing.withdraw(session, submitted, by=volunteer)

    assert (await newest(session, submitted)).status == ReviewStatus.WITHDRAWN
    assert not submitted.is_in_review


async def test_approval_publishes(session, submitted, editor):
    await reviewing.approve(session, submitted, by=editor, seen_version=submitted.lock_version)
    await session.commit()

    assert submitted.is_published
    assert not submitted.is_in_review
    assert (await newest(session, submitted)).status == ReviewStatus.APPROVED
    assert {"approve", "publish"} <= set(await actions(session, submitted))


async def test_approval_publishes_the_changes_of_what_is_live(session, volunteer, editor):
    page = await make_page(session, path="community/live", title="Old")
    await draft_of(session, page, volunteer, title="Better")
    await reviewing.submit(session, page, by=volunteer)

    await reviewing.approve(session, page, by=editor, seen_version=page.lock_version)
    await session.commit()

    assert page.title == "Better"
    assert not page.has_draft


async def test_what_changed_after_the_reviewer_looked_is_not_approved(session, submitted, editor, volunteer):
    seen = submitted.lock_version
    submitted.content = "Something else."
    await save_page(session, submitted, by=volunteer)
    await session.commit()

    with pytest.raises(Conflict, match="changed after you looked"):
        await reviewing.approve(session, submitted, by=editor, seen_version=seen)

    assert not submitted.is_published


async def test_a_volunteer_approves_nothing_and_sends_nothing_back(session, submitted, volunteer):
    with pytest.raises(PermissionDenied, match="Publish pages"):
        await reviewing.approve(session, submitted, by=volunteer, seen_version=submitted.lock_version)
    with pytest.raises(PermissionDenied, match="Publish pages"):
        await reviewing.send_back(session, submitted, by=volunteer, reason="No.")


async def test_a_publisher_of_other_paths_approves_nothing_here(session, submitted):
    other = await make_user(session, permissions=PUBLISHES, scope_kind="path", scope_values=("about",))

    with pytest.raises(PermissionDenied, match="does not extend"):
        await reviewing.approve(session, submitted, by=other, seen_version=submitted.lock_version)


async def test_what_is_not_in_review_cannot_be_approved(session, page, editor):
    with pytest.raises(InvalidTransition, match="not in review"):
        await reviewing.approve(session, page, by=editor, seen_version=page.lock_version)


async def test_sending_back_takes_a_reason(session, submitted, editor):
    with pytest.raises(Invalid, match="what is to be changed"):
        await reviewing.send_back(session, submitted, by=editor, reason="  ")

    await reviewing.send_back(session, submitted, by=editor, reason="The date is wrong.")

    review = await newest(session, submitted)
    assert (review.status, review.reason) == (ReviewStatus.SENT_BACK, "The date is wrong.")


async def test_what_was_sent_back_can_be_submitted_again(session, submitted, editor, volunteer):
    await reviewing.send_back(session, submitted, by=editor, reason="The date is wrong.")

    await reviewing.submit(session, submitted, by=volunteer)

    assert await session.scalar(select(func.count()).select_from(Review)) == 2


async def test_publishing_without_a_review_page_closes_the_review_all_the_same(session, submitted, editor):
    await publish_page(session, submitted, by=editor)

    assert (await newest(session, submitted)).status == ReviewStatus.APPROVED


async def test_discarding_the_draft_ends_its_review(session, volunteer, editor):
    page = await make_page(session, path="community/live")
    await draft_of(session, page, volunteer, title="Better")
    await reviewing.submit(session, page, by=volunteer)

    await publishing.discard_draft(session, page, permission=Permission.PAGES_EDIT, by=editor)

    assert (await newest(session, page)).status == ReviewStatus.WITHDRAWN
    assert not page.is_in_review


async def test_a_comment_stays_in_the_history(session, submitted, editor):
    await reviewing.comment(session, submitted, "Which year?", by=editor)
    await session.commit()

    entry = await session.scalar(select(AuditEntry).where(AuditEntry.action == "comment"))
    assert (entry.row_id, entry.remark) == (submitted.id, "Which year?")


async def test_who_may_not_view_a_row_does_not_comment_on_it(session, submitted):
    stranger = await make_user(session, permissions=(Permission.BOXES_VIEW,))

    with pytest.raises(PermissionDenied):
        await reviewing.comment(session, submitted, "Hello.", by=stranger)


async def test_the_queue_holds_what_one_may_publish_and_nothing_else(session, submitted, editor, volunteer):
    other = await make_user(session, permissions=PUBLISHES, scope_kind="path", scope_values=("about",))

    waiting = {
        person.username: (await session.scalars(reviews.waiting_for(person, [Page]))).all()
        for person in (editor, volunteer, other)
    }

    assert [len(waiting[person.username]) for person in (editor, volunteer, other)] == [1, 0, 0]


async def test_a_deleted_row_waits_for_nobody(session, submitted, editor, volunteer):
    assert len((await session.scalars(reviews.submitted_by(volunteer))).all()) == 1
    await session.delete(submitted)
    await session.commit()

    assert (await session.scalars(reviews.waiting_for(editor, [Page]))).all() == []
    assert (await session.scalars(reviews.submitted_by(volunteer))).all() == []


async def test_what_was_sent_back_is_told_until_it_is_submitted_again(session, submitted, editor, volunteer):
    await reviewing.send_back(session, submitted, by=editor, reason="The date is wrong.")
    told = [(await session.scalars(reviews.sent_back_to(volunteer))).all()]
    await reviewing.submit(session, submitted, by=volunteer)
    told.append((await session.scalars(reviews.sent_back_to(volunteer))).all())

    assert [len(found) for found in told] == [1, 0]


async def test_each_who_may_publish_the_row_is_asked_once_and_nobody_else(
    resources, session, mail, page, editor, volunteer
):
    await make_user(session, permissions=PUBLISHES, scope_kind="path", scope_values=("about",))
    await make_user(session, permissions=PUBLISHES, is_active=False)
    await make_user(session, permissions=EDITS)
    await reviewing.submit(session, page, by=volunteer, remark="Please look.")
    await session.commit()

    await run_waiting(resources, session)

    assert [message["To"] for message in mail.sent] == [editor.email]
    text = mail.sent[0].get_content()
    assert "volunteer asks for a review of “Sprints”" in text
    assert f"http://testserver/admin/reviews/pages/{page.id}" in text


async def test_where_no_role_may_publish_the_superusers_are_asked(resources, session, mail, superuser, submitted):
    await run_waiting(resources, session)

    assert [message["To"] for message in mail.sent] == [superuser.email]


async def test_who_submitted_is_told_the_reason_and_not_twice(resources, session, mail, submitted, editor, volunteer):
    await run_waiting(resources, session)
    mail.sent.clear()

    await reviewing.send_back(session, submitted, by=editor, reason="The date is wrong.")
    await session.commit()
    await run_waiting(resources, session)

    assert [message["To"] for message in mail.sent] == [volunteer.email]
    assert "The date is wrong." in mail.sent[0].get_content()


async def test_nobody_is_told_what_they_did_themselves(resources, session, mail, page, editor):
    await reviewing.submit(session, page, by=editor)
    await reviewing.approve(session, page, by=editor, seen_version=page.lock_version)
    await session.commit()

    await run_waiting(resources, session)

    assert editor.email not in [message["To"] for message in mail.sent]


async def test_a_comment_reaches_those_who_take_part_and_still_may_read(
    resources, session, mail, submitted, editor, volunteer
):
    await run_waiting(resources, session)
    await reviewing.comment(session, submitted, "Which year?", by=editor)
    await reviewing.comment(session, submitted, "This one.", by=volunteer)
    await session.commit()
    mail.sent.clear()

    await run_waiting(resources, session)

    assert sorted(message["To"] for message in mail.sent) == sorted([editor.email, volunteer.email])


async def test_a_review_that_was_decided_asks_nobody_any_more(resources, session, mail, submitted, editor, volunteer):
    await reviewing.withdraw(session, submitted, by=volunteer)
    await session.commit()

    await run_waiting(resources, session)

    assert mail.sent == []


async def test_who_wants_no_mails_about_reviews_gets_none(resources, session, mail, page, editor, volunteer):
    await preferences.switch_review_mails(session, editor, on=False)
    await reviewing.submit(session, page, by=volunteer)
    await session.commit()

    await run_waiting(resources, session)

    assert mail.sent == []


async def test_what_a_schedule_makes_live_is_told_to_who_submitted_it(resources, session, mail, submitted, volunteer):
    await publish_page(session, submitted, by=SYSTEM)
    await session.commit()

    await run_waiting(resources, session)

    assert volunteer.email in [message["To"] for message in mail.sent]
    assert "“Sprints” is live now." in mail.sent[-1].get_content()
