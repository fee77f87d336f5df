"""What the people of a demonstration are in the middle of, so that their first pages show what such pages are for."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock, publishing, reviewing
from cms.core.audit import acting_as
from cms.pages.models import Page
from cms.pages.services import save_page
from cms.users import queries as users
from cms.users.grants import load_grants
from cms.users.models import User

IN_REVIEW = "community/local-groups"
DRAFTED = "about/gettingstarted"
SCHEDULED = "psf/annual-report"
DAYS_TO_GO = timedelta(days=5)


async def begin_work(session: AsyncSession) -> None:
    """Leave a draft in review, a draft beside what is live, and a page that goes live by itself.

    A page that is not there, or that somebody has taken up, is left alone.
    """
    volunteer, communications, editor = [
        await _person(session, name) for name in ("volunteer", "communications", "web-editor")
    ]
    await _submit(session, by=volunteer, asked_by=editor)
    await _draft(session, by=communications)
    await _schedule(session, by=editor)


async def _submit(session: AsyncSession, *, by: User, asked_by: User) -> None:
    page = await _untouched(session, IN_REVIEW, is_published=False)
    if page is None:
        return
    with acting_as(by):
        page.content += "\n\nTell the [community list](/community/lists/) when the first meeting has taken place.\n"
        await save_page(session, page, by=by)
        await reviewing.submit(session, page, by=by, remark="The list of people is still to come; may it go live?")
    with acting_as(asked_by):
        await reviewing.comment(session, page, "Could the first paragraph say where such a list would be?", by=asked_by)


async def _draft(session: AsyncSession, *, by: User) -> None:
    page = await _untouched(session, DRAFTED, is_published=True)
    if page is None:
        return

    async def write() -> None:
        page.description = "Install Python, write a first program within an hour, and find a tutorial that suits you."
        await save_page(session, page, by=by)

    with acting_as(by):
        await publishing.keep_draft(session, page, write, by=by, remark="Says how long the first steps take.")
        await session.flush()


async def _schedule(session: AsyncSession, *, by: User) -> None:
    page = await _untouched(session, SCHEDULED, is_published=False)
    if page is None:
        return
    with acting_as(by):
        moment = (clock.now() + DAYS_TO_GO).replace(minute=0, second=0, microsecond=0)
        await publishing.schedule(session, page, publish_at=moment, expire_at=None, by=by)
        await session.flush()


async def _untouched(session: AsyncSession, path: str, *, is_published: bool) -> Page | None:
    """Return the page as the seed has left it; None where there is none, or somebody has worked on it."""
    return await session.scalar(
        select(Page).where(
            Page.path == path,
            Page.is_published.is_(is_published),
            Page.created_by_id.is_(None),
            Page.updated_by_id.is_(None),
        )
    )


async def _person(session: AsyncSession, name: str) -> User:
    person = (await session.scalars(users.named(name))).one()
    await load_grants(session, person)
    return person
