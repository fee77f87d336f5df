"""Runs in which a program writes the files of a release: while one lasts, no other person's program writes there.

The script of the release managers deletes all files of a release and then sends them anew, one by one. Two people
who run it at the same time would leave a mixture of both; so the deletion begins a run, each further step of the
same person prolongs it, and whoever else comes meanwhile is told who is at it.

The script says nothing by which two runs of one person could be told apart. But it sends the files in the order of
their names; so where a second run deletes what a first one is just sending, the first betrays itself by going on
behind what it has sent, while the second begins from the front. The first is refused then, and the second stays whole.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Select, String, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from cms.core import clock
from cms.core.database import Base, Identified
from cms.core.errors import Conflict
from cms.core.permissions import Actor, Permission, require
from cms.downloads import services
from cms.downloads.models import Release, ReleaseFile
from cms.users.models import User

LASTS = timedelta(minutes=5)
"""How long after its last step a run keeps others away; the script takes seconds from one file to the next."""


GOES_ON = timedelta(seconds=5)
"""How long after its last step a run counts as one that is just sending files."""

LONGEST_URL = 200
CUT_SHORT = (
    "Another run of yours has deleted the files of this release while this one was sending them, and sends them anew. "
    "Let one of them come to its end."
)


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


async def delete_files_of(session: AsyncSession, release: Release, *, by: Actor) -> None:
    """Begin a run at the files of a release by deleting all there are.

    Raises PermissionDenied, or Conflict while another person's run lasts.
    """
    await require(session, by, Permission.DOWNLOADS_DELETE, release)
    run = await _last_run(session, release.id, by=by)
    files = list(await session.scalars(select(ReleaseFile).where(ReleaseFile.release_id == release.id)))
    if by.id is not None:
        is_cut_short = run is not None and run.goes_on
        _begin(session, run or FileRun(release_id=release.id), by.id, after=files if is_cut_short else ())
    for file in files:
        await services.delete_file(session, file, by=by)


async def write_file(session: AsyncSession, file: ReleaseFile, *, by: Actor) -> None:
    """Write one file, as a step of the person's run where there is one.

    Raises Conflict while another person's run lasts or where another run of the same person has begun anew, and
    whatever writing a file raises.
    """
    with session.no_autoflush:  # What has changed is known until it is written, and the rules ask for it.
        for release_id in _releases_of(file):
            run = await _take_turn(session, release_id, by=by)
            if run is not None and await _is_cut_short(session, run, file):
                raise Conflict(CUT_SHORT)
    await services.save_file(session, file, by=by)


async def remove_file(session: AsyncSession, file: ReleaseFile, *, by: Actor) -> None:
    """Delete one file; with the last one, the person's run has taken everything back and is over.

    Raises PermissionDenied, or Conflict while another person's run lasts.
    """
    await require(session, by, Permission.DOWNLOADS_DELETE, file)
    run = await _take_turn(session, file.release_id, by=by)
    await services.delete_file(session, file, by=by)
    if run is not None and not await session.scalar(_others(file)):
        await session.delete(run)


async def _take_turn(session: AsyncSession, release_id: int, *, by: Actor) -> FileRun | None:
    """Return the person's own run, prolonged, if there is one."""
    run = await _last_run(session, release_id, by=by)
    if by.id is None or run is None or not run.is_active:
        return None
    run.active_until = clock.now() + LASTS
    return run


async def _last_run(session: AsyncSession, release_id: int, *, by: Actor) -> FileRun | None:
    """Return the last run at a release, where one step comes at a time. Raises Conflict while another's lasts."""
    await session.execute(select(Release.id).where(Release.id == release_id).with_for_update(key_share=True))
    found = await session.scalars(run_at(release_id).execution_options(populate_existing=True))
    run = found.one_or_none()
    if run is not None and run.is_active and run.user_id != by.id:
        raise Conflict(_occupied(run))
    return run


def _begin(session: AsyncSession, run: FileRun, user_id: int, *, after: Iterable[ReleaseFile]) -> None:
    """Let a run begin; `after` is what a run of the same person had sent that it puts an end to."""
    session.add(run)
    run.user_id, run.began_at, run.active_until = user_id, clock.now(), clock.now() + LASTS
    run.cut_short_after = max((file.url for file in after), default="")


async def _is_cut_short(session: AsyncSession, run: FileRun, file: ReleaseFile) -> bool:
    """Return whether a new file can only come from the run that was put an end to."""
    if file.id is not None or not run.cut_short_after or file.url <= run.cut_short_after:
        return False
    again = select(ReleaseFile.id).where(
        ReleaseFile.release_id == run.release_id, ReleaseFile.url == run.cut_short_after
    )
    return await session.scalar(again) is None


def _occupied(run: FileRun) -> str:
    return (
        f"{run.user.username} has been writing the files of this release since {run.began_at:%H:%M} UTC. "
        f"Try again after {run.active_until:%H:%M} UTC, unless they go on; what they have sent stays as it is."
    )


def _releases_of(file: ReleaseFile) -> Iterable[int]:
    """Return the release of a file, and the one that it moves away from; in an order, so that nobody waits for ever."""
    moved_from = inspect(file).attrs.release_id.history.deleted
    return sorted({file.release_id, *(key for key in moved_from if key is not None)})


def _others(file: ReleaseFile) -> Select[int]:
    same = ReleaseFile.release_id == file.release_id
    return select(ReleaseFile.id).where(same, ReleaseFile.id != file.id).limit(1)
