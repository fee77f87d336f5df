"""Whose turn it is to write the files of a release: while one person's program does, nobody else writes there.

The script of the release managers deletes all files of a release and then sends them anew, one by one. Two people
who run it at the same time would leave a mixture of both, and so would somebody who writes by hand meanwhile; so the
deletion begins a run, each further step of the same person prolongs it, and whoever else comes is told who is at it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Select, String, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from cms.core import clock, publishing
from cms.core.database import Base, Identified
from cms.core.errors import Conflict
from cms.core.permissions import Actor
from cms.downloads.models import Release, ReleaseFile
from cms.users.models import User

LASTS = timedelta(minutes=5)
"""How long after its last step a run keeps others away; the script takes seconds from one file to the next."""

GOES_ON = timedelta(seconds=5)
"""How long after its last step a run counts as one that is just sending files."""

LONGEST_URL = 200


class FileRun(Identified, Base):
    """One person's program is writing the files of a release, or was until lately."""

    __tablename__ = "release_file_runs"
    audited = False
    invalidates = ()

    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    began_at: Mapped[datetime] = mapped_column(default=clock.now)
    active_until: Mapped[datetime]
    cut_short_after: Mapped[str] = mapped_column(String(LONGEST_URL), default="")
    """The last URL that a run of the same person had sent when this one began and put an end to it."""

    user: Mapped[User] = relationship(lazy="raise")

    @property
    def is_active(self) -> bool:
        return self.active_until > clock.now()

    @property
    def goes_on(self) -> bool:
        return self.active_until - LASTS > clock.now() - GOES_ON

    def __str__(self) -> str:
        return f"Run of user {self.user_id} at release {self.release_id}"


def run_at(release_id: int) -> Select[FileRun]:
    """The last run at the files of a release, with the person whose it is."""
    return select(FileRun).where(FileRun.release_id == release_id).options(joinedload(FileRun.user))


async def active_run(session: AsyncSession, release: Release) -> FileRun | None:
    """Return the run that lasts at the files of a release, whosever it is."""
    run = (await session.scalars(run_at(release.id))).one_or_none()
    return run if run is not None and run.is_active else None


async def require_turn(session: AsyncSession, release_ids: Iterable[int], *, by: Actor) -> None:
    """Raise Conflict while another person's run lasts at one of the releases.

    What is only kept as a draft beside a live release disturbs no run, and a scheduled moment is not refused for one:
    whether the release is complete then is asked for anyway.
    """
    if by.id is None or session.info.get(publishing.DRAFTING):
        return
    for release_id in sorted(set(release_ids)):
        await last_run(session, release_id, by=by)


async def last_run(session: AsyncSession, release_id: int, *, by: Actor) -> FileRun | None:
    """Return the last run at a release, where one step comes at a time. Raises Conflict while another's lasts."""
    await session.execute(select(Release.id).where(Release.id == release_id).with_for_update(key_share=True))
    found = await session.scalars(run_at(release_id).execution_options(populate_existing=True))
    run = found.one_or_none()
    if run is not None and run.is_active and run.user_id != by.id:
        raise Conflict(occupied_by(run))
    return run


def releases_of(file: ReleaseFile) -> list[int]:
    """Return the release of a file, and the one that it moves away from; in an order, so that nobody waits for ever."""
    moved_from = inspect(file).attrs.release_id.history.deleted
    return sorted({key for key in (file.release_id, *moved_from) if key is not None})


def occupied_by(run: FileRun) -> str:
    """Return what to tell whoever comes meanwhile."""
    return (
        f"{run.user.username} has been writing the files of this release since {run.began_at:%H:%M} UTC. "
        f"Try again after {run.active_until:%H:%M} UTC, unless they go on; what they have sent stays as it is."
    )
