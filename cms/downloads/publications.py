"""What becomes of a release's publication: who decided it, and how far the world has heard of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from sqlalchemy import ForeignKey, Integer, Select, String, Text, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import audit, clock, outbox
from cms.core.database import Base, Identified
from cms.core.errors import Invalid
from cms.core.outbox import MessageStatus, OutboxMessage
from cms.core.permissions import Actor, Permission, require
from cms.downloads.models import Release, ReleaseFile

FOLLOW = "follow_publication"
ANNOUNCE = "send_release_announcement"
LOOK_EVERY = timedelta(seconds=2)
MOST_LOOKS = 60
"""After two minutes somebody should look; by then caches, index and pages have long followed, or something is wrong."""

NEWS_FOR = timedelta(days=7)
"""An older release that goes live, such as one that was taken down for a correction, is no news to anybody."""

SHORTEST_REASON = 10
FEED_LENGTH = 10
"""How many releases the feed names."""

FEED_PATH, HOME = "/downloads/feed.rss", "/downloads/"


class ReleasePublication(Identified, Base):
    """One time that a release went live, or a permission to do so although it is incomplete, not used yet."""

    __tablename__ = "release_publications"
    invalidates = ()
    audited = False

    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it may go live although something essential is missing; "" where nothing is."""

    allowed: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """What may be missing: what was so when it was allowed, and nothing that goes missing later."""

    allowed_by_name: Mapped[str] = mapped_column(String(150), default="")
    published_at: Mapped[datetime | None]
    published_by_name: Mapped[str] = mapped_column(String(150), default="")
    purged_at: Mapped[datetime | None]
    indexed_at: Mapped[datetime | None]
    proved: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Paths of public pages → when each was fetched and found to show the release as it is."""

    proved_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    problem: Mapped[str] = mapped_column(Text, default="")
    is_news: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether the release went live by it for the first time, of which people are told by mail."""

    told: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Addresses → when a mail to each was handed over."""

    @property
    def is_followed(self) -> bool:
        """Return whether somebody still looks how far it has come."""
        return self.published_at is not None and self.proved_at is None and self.looks < MOST_LOOKS

    def __str__(self) -> str:
        return f"publication {self.id} of release {self.release_id}"


def of_release(release: Release) -> Select[ReleasePublication]:
    """The publications of a release, newest first."""
    return (
        select(ReleasePublication)
        .where(ReleasePublication.release_id == release.id)
        .order_by(ReleasePublication.id.desc())
    )


def unused_allowance(release: Release) -> Select[ReleasePublication]:
    """The permission to publish a release although it is incomplete, if one was given and not used."""
    return (
        of_release(release).where(ReleasePublication.published_at.is_(None), ReleasePublication.reason != "").limit(1)
    )


async def allow(session: AsyncSession, release: Release, *, missing: Sequence[str], reason: str, by: Actor) -> None:
    """Let a release go live once although these essential things are missing.

    Raises PermissionDenied, or Invalid where the reason is no reason.
    """
    await require(session, by, Permission.DOWNLOADS_OVERRIDE, release)
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Invalid.in_fields({"reason": ["Write in a sentence why it should go live all the same."]})
    session.add(
        ReleasePublication(
            release_id=release.id, reason=reason, allowed=list(missing), allowed_by_name=str(by.username)
        )
    )
    audit.record(session, release, action="allow incomplete", remark=reason)
    await session.flush()


async def begin(session: AsyncSession, release: Release, *, was_live: bool, by: Actor) -> None:
    """Note that the release, or what has changed of it, goes live now, and follow how the world hears of it."""
    publication = await session.scalar(unused_allowance(release)) or ReleasePublication(release_id=release.id)
    publication.is_news = not was_live and await _is_news(session, release)
    publication.published_at = clock.now()
    publication.published_by_name = str(by.username)
    session.add(publication)
    await session.flush()
    outbox.enqueue(session, FOLLOW, publication_id=publication.id)


async def _is_news(session: AsyncSession, release: Release) -> bool:
    earlier = of_release(release).where(ReleasePublication.published_at.is_not(None)).limit(1)
    return release.released_at > clock.now() - NEWS_FOR and await session.scalar(earlier) is None


async def unfinished_work(session: AsyncSession, release: Release) -> dict[str, list[MessageStatus]]:
    """Return the states of the purges and index updates of the release that have not been done."""
    key = f"{release.__tablename__}/{release.id}"
    purges = and_(OutboxMessage.task == "purge_keys", OutboxMessage.arguments["keys"].contains([key]))
    indexing = and_(
        OutboxMessage.task == "index_rows",
        OutboxMessage.arguments["index"].astext == (release.search_index or ""),
        OutboxMessage.arguments["ids"].contains([release.id]),
    )
    found = await session.execute(
        select(OutboxMessage.task, OutboxMessage.status).where(
            or_(purges, indexing), OutboxMessage.not_before <= clock.now()
        )
    )
    states: dict[str, list[MessageStatus]] = {"purge_keys": [], "index_rows": []}
    for task, status in found:
        states[task].append(status)
    return states


async def pages_to_prove(session: AsyncSession, release: Release) -> dict[str, list[str]]:
    """Return the public pages on which the release is to be seen, each with what must stand there."""
    files = (await session.scalars(select(ReleaseFile.url).where(ReleaseFile.release_id == release.id))).all()
    pages = {release.public_path: [release.name, *files], FEED_PATH: [release.public_path]}
    place = tuple_(Release.released_at, Release.id)
    newer = select(func.count()).where(Release.is_published, place > tuple_(release.released_at, release.id))
    if (await session.scalar(newer) or 0) >= FEED_LENGTH:
        del pages[FEED_PATH]
    if release.is_shown_on_download_page and not release.is_pre_release:
        pages[HOME] = [release.public_path]
    if release.page_id is not None and not release.content:
        del pages[release.public_path]
    return pages


def missing_in(page: str, wanted: Sequence[str]) -> list[str]:
    """Return what does not stand in a page of HTML or XML."""
    text = unescape(page)
    return [found for found in wanted if found not in text]
