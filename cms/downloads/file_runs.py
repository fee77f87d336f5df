"""Steps of programs that write the files of a release: each is taken in turn, and the deletion of all begins a run.

The script says nothing by which two runs of one person could be told apart. But it sends the files in the order of
their names; so where a second run deletes what a first one is just sending, the first betrays itself by going on
behind what it has sent, while the second begins from the front. The first is refused then, and the second stays whole.
"""

from collections.abc import Iterable

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock
from cms.core.errors import Conflict
from cms.core.permissions import Actor, Permission, require
from cms.downloads import services
from cms.downloads.models import Release, ReleaseFile
from cms.downloads.turns import LASTS, FileRun, last_run, releases_of

CUT_SHORT = (
    "Another run of yours has deleted the files of this release while this one was sending them, and sends them anew. "
    "Let one of them come to its end."
)


async def delete_files_of(session: AsyncSession, release: Release, *, by: Actor) -> None:
    """Begin a run at the files of a release by deleting all there are.

    Raises PermissionDenied, or Conflict while another person's run lasts.
    """
    await require(session, by, Permission.DOWNLOADS_DELETE, release)
    run = await last_run(session, release.id, by=by)
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
        for release_id in releases_of(file):
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
    run = await last_run(session, release_id, by=by)
    if by.id is None or run is None or not run.is_active:
        return None
    run.active_until = clock.now() + LASTS
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


def _others(file: ReleaseFile) -> Select[int]:
    same = ReleaseFile.release_id == file.release_id
    return select(ReleaseFile.id).where(same, ReleaseFile.id != file.id).limit(1)
