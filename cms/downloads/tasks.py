"""What is done about downloads in the background: the release cycle, and how the world hears of a release."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import httpx
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock, live, mail, outbox
from cms.core.fetching import Fetcher, FetchFailed, Limits
from cms.core.outbox import ScheduledTask
from cms.core.resources import Resources
from cms.core.settings import MEBIBYTE
from cms.core.tasks import task
from cms.downloads import publications, series
from cms.downloads.models import Release, ReleaseSeries
from cms.downloads.publications import ANNOUNCE, FOLLOW, LOOK_EVERY, MOST_LOOKS, ReleasePublication

LIMITS = Limits(seconds=20, size=MEBIBYTE)
PATIENCE = 5.0
"""Seconds that one page of ours may take."""

GOOD_FOR = timedelta(days=14)
"""How long the release cycle that we have may stand while its source is down; it changes a few times a year."""

JSON_TYPES = frozenset({"application/json", "text/json", "text/plain"})


@task(timeout=60, schedule="11 */6 * * *", waits_outside=True)
async def import_release_cycle(resources: Resources, session: AsyncSession) -> None:
    """Bring status and dates of every series up to date; while the source is down, what we have stays.

    That it does not answer is noted in the schedule, and is a failure once what we have is old.
    """
    url = resources.settings.release_cycle_url
    if not url:
        return
    try:
        fetched = await Fetcher.from_settings(resources.settings).fetch(url, limits=LIMITS, content_types=JSON_TYPES)
    except FetchFailed as failure:
        await _bear_with(session, failure)
        return
    await series.write(session, await asyncio.to_thread(series.read, fetched.content))
    if kept := await session.get(ScheduledTask, import_release_cycle.__name__):
        kept.done_at, kept.note = clock.now(), ""


async def _bear_with(session: AsyncSession, failure: FetchFailed) -> None:
    """Note that the source does not answer. Raises FetchFailed where we have nothing, or nothing but what is old."""
    kept = await session.get(ScheduledTask, import_release_cycle.__name__)
    known_at = (kept and kept.done_at) or await session.scalar(select(func.max(ReleaseSeries.updated_at)))
    if known_at is None:
        raise failure
    told = f"{failure.message} What we know is of {known_at:%-d %B %Y}."
    if known_at < clock.now() - GOOD_FOR:
        raise FetchFailed(told, status=failure.status)
    if kept is not None:
        kept.note = told


@task(timeout=60)
async def follow_publication(resources: Resources, session: AsyncSession, *, publication_id: int) -> None:
    """Look how far a publication has come, and look again until the public pages are proved to show it."""
    publication = await session.get(ReleasePublication, publication_id, with_for_update=True)
    if publication is None or not publication.is_followed:
        return
    release = await session.get_one(Release, publication.release_id)
    if not release.is_published:
        publication.looks, publication.problem = MOST_LOOKS, "It was taken down again."
        return
    publication.looks += 1
    publication.problem = await _problem(resources, session, publication, release)
    if publication.is_followed:
        outbox.enqueue_in(session, LOOK_EVERY, FOLLOW, publication_id=publication.id)
    elif publication.is_news:
        for address in resources.settings.release_announcements_to:
            outbox.enqueue(session, ANNOUNCE, publication_id=publication.id, address=address)
    await session.flush()
    await live.announce(resources.redis, {ReleasePublication.__tablename__})


@task()
async def send_release_announcement(
    resources: Resources, session: AsyncSession, *, publication_id: int, address: str
) -> None:
    """Write to one address that a release is out, once its page was seen or nobody waits for that any longer."""
    publication = await session.get(ReleasePublication, publication_id, with_for_update=True)
    if publication is None or address in publication.told:
        return
    release = await session.get_one(Release, publication.release_id)
    if not release.is_published:
        return
    await mail.send(
        resources.mail,
        "downloads/released",
        to=address,
        release=release.name,
        link=f"{resources.settings.site_url}{release.public_path}",
        notes=release.release_notes_url,
        is_pre_release=release.is_pre_release,
    )
    publication.told = {address: clock.now().isoformat()} | publication.told
    await session.flush()
    await live.announce(resources.redis, {ReleasePublication.__tablename__})


async def _problem(
    resources: Resources, session: AsyncSession, publication: ReleasePublication, release: Release
) -> str:
    """Note what has been reached, and return what has not, as a sentence."""
    unfinished = await publications.unfinished_work(session, release)
    now = clock.now()
    if not unfinished["purge_keys"]:
        publication.purged_at = publication.purged_at or now
    if not unfinished["index_rows"]:
        publication.indexed_at = publication.indexed_at or now
    if publication.purged_at is None:
        return "The caches have not been purged yet."
    pages = await publications.pages_to_prove(session, release)
    proved, problem = await _proved(resources.settings.site_url, pages)
    publication.proved = {path: now.isoformat() for path in proved} | publication.proved
    if problem:
        return problem
    if publication.indexed_at is None:
        return "The search has not been told yet."
    publication.proved_at = now
    return ""


async def _proved(site_url: str, pages: Mapping[str, Sequence[str]]) -> tuple[list[str], str]:
    """Fetch pages of ours as the public does; return those that show what they should, and what is wrong with one."""
    proved: list[str] = []
    problem = ""
    async with _public(site_url) as public:
        for path, wanted in pages.items():
            try:
                answer = await public.get(path)
            except httpx.HTTPError as error:
                problem = f"{path} does not answer ({type(error).__name__})."
                continue
            if answer.status_code != httpx.codes.OK:
                problem = f"{path} answers {answer.status_code}."
            elif missing := publications.missing_in(answer.text, wanted):
                problem = f"{path} does not show {missing[0]} yet."
            else:
                proved.append(path)
    return proved, problem


def _public(site_url: str) -> httpx.AsyncClient:
    """Return a visitor of our own site, who has neither session nor key."""
    return httpx.AsyncClient(base_url=site_url, timeout=PATIENCE, follow_redirects=False)
