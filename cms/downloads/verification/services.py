"""Decisions about verifying: when it is asked for, and what becomes of what was found."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import audit, clock, outbox
from cms.core.permissions import Actor, Permission, require
from cms.downloads.models import Release, ReleaseFile
from cms.downloads.verification import queries
from cms.downloads.verification.findings import Finding
from cms.downloads.verification.models import Kind, Outcome, Verdict, subject_of
from cms.downloads.verification.verdicts import SIGNATURES, Verdicts

OLD_AFTER = timedelta(days=7)
MOST_A_NIGHT = 100
"""Files that one night looks at; what is left is the first of the next."""


async def verify_again(session: AsyncSession, release: Release, *, by: Actor) -> None:
    """Have everything about a release looked at once more. Raises PermissionDenied."""
    await require(session, by, Permission.DOWNLOADS_EDIT, release)
    for file in await session.scalars(select(ReleaseFile).where(ReleaseFile.release_id == release.id)):
        _ask_for_file(session, file)
    _ask_for_links(session, release)
    audit.record(session, release, action="verify again")


async def verify_what_changed(
    session: AsyncSession, *, files: Sequence[ReleaseFile] = (), releases: Sequence[Release] = ()
) -> None:
    """Have those of the rows looked at, which have just been written, whose verdicts do not fit them any more."""
    await session.flush()
    verdicts = Verdicts(await session.scalars(queries.verdicts_on(files=files, releases=releases)))
    for file in files:
        if not verdicts.are_complete_on(file):
            _ask_for_file(session, file)
    for release in releases:
        if not verdicts.are_complete_on(release):
            _ask_for_links(session, release)


def verify_anew(session: AsyncSession, file: ReleaseFile) -> None:
    """Have a file looked at although its row says the same as before: another content lies at one of its addresses."""
    _ask_for_file(session, file)


async def forget_signatures(session: AsyncSession, kind: Kind, concerned: ColumnElement[bool]) -> None:
    """Forget what was said of signatures once it has changed who may sign; what people download is looked at anew.

    Until then nobody is told that a file is verified whose signer counts no longer.
    """
    for verdict in await session.scalars(select(Verdict).where(Verdict.kind == kind, concerned)):
        await session.delete(verdict)
    outbox.enqueue(session, "verify_active_releases")


async def verify_what_is_old(session: AsyncSession) -> int:
    """Have the files and links of active releases looked at that were not for a week, and return how many files."""
    releases = (await session.scalars(queries.active())).all()
    ids = [release.id for release in releases]
    files = (await session.scalars(select(ReleaseFile).where(ReleaseFile.release_id.in_(ids)))).all()
    verdicts = Verdicts(await session.scalars(queries.verdicts_on(files=files, releases=releases)))
    for release in releases:
        if _is_due(verdicts, release):
            _ask_for_links(session, release)
    due = [file for file in files if _is_due(verdicts, file)]
    never = clock.now() - timedelta(days=10_000)
    due.sort(key=lambda file: verdicts.oldest_on(file) or never)
    for file in due[:MOST_A_NIGHT]:
        _ask_for_file(session, file)
    return min(len(due), MOST_A_NIGHT)


async def is_answered(session: AsyncSession, row: Release | ReleaseFile, *, asked_at: str) -> bool:
    """Return whether the row has been looked at, as it is, since somebody asked for it."""
    looked_at = Verdicts(await session.scalars(_on(row))).oldest_on(row)
    return looked_at is not None and looked_at >= datetime.fromisoformat(asked_at)


async def store(
    session: AsyncSession, row: Release | ReleaseFile, findings: Sequence[Finding], *, looked_at: datetime
) -> None:
    """Keep what was found of the row as it was read; verdicts of other kinds that it had are forgotten.

    Where nobody answered, an earlier verdict about the same stands, with a note: it is neither proved wrong nor
    mended by a server that is down. Of two looks the one that began later counts, whichever ends first; of a row that
    is gone by now nothing is kept. `looked_at` is the moment before the look began, so that whoever asks during it is
    answered by another one.
    """
    if not await _is_there(session, row):
        return
    present = {verdict.kind: verdict for verdict in await session.scalars(_on(row).with_for_update())}
    if any(verdict.looked_at > looked_at for verdict in present.values()):
        return
    for finding in findings:
        verdict = present.pop(finding.kind, None)
        if verdict is not None and _stands(verdict, row, finding, findings):
            verdict.missed_at, verdict.missed_because = looked_at, finding.sentence
        else:
            session.add(_judged(verdict or _new_verdict(row, finding), row, finding, looked_at=looked_at))
    for verdict in present.values():
        await session.delete(verdict)
    outbox.enqueue(session, "announce_changes", tables=[Verdict.__tablename__])
    await session.flush()


async def _is_there(session: AsyncSession, row: Release | ReleaseFile) -> bool:
    """Return whether the row is still there, and keep it from being deleted until the transaction ends."""
    key = type(row).id
    found = await session.scalar(select(key).where(key == row.id).with_for_update(read=True, key_share=True))
    return found is not None


def _judged(verdict: Verdict, row: Release | ReleaseFile, finding: Finding, *, looked_at: datetime) -> Verdict:
    verdict.outcome = finding.outcome
    verdict.sentence = finding.sentence
    verdict.signer = finding.signer if finding.outcome is Outcome.VERIFIED else ""
    verdict.checked_against = dict(subject_of(finding.kind, row))
    verdict.checked_at = looked_at
    verdict.missed_at, verdict.missed_because = None, ""
    return verdict


def _stands(verdict: Verdict, row: Release | ReleaseFile, finding: Finding, findings: Sequence[Finding]) -> bool:
    """Return whether a verdict outlives a look that nobody answered: it is about this row, and about these bytes.

    Who is asked for a signature and does not answer, beside a file that is there, has not vouched for its content;
    only the checksum tells that this is the content that was vouched for.
    """
    if finding.outcome is not Outcome.UNREACHABLE or verdict.outcome is Outcome.UNREACHABLE or not verdict.fits(row):
        return False
    sums = [other.outcome for other in findings if other.kind is Kind.SHA256]
    return finding.kind not in SIGNATURES or sums in ([Outcome.VERIFIED], [Outcome.UNREACHABLE])


def _new_verdict(row: Release | ReleaseFile, finding: Finding) -> Verdict:
    if isinstance(row, Release):
        return Verdict(release_id=row.id, kind=finding.kind)
    return Verdict(release_id=row.release_id, file_id=row.id, kind=finding.kind)


def _on(row: Release | ReleaseFile) -> Select[Verdict]:
    if isinstance(row, Release):
        return queries.verdicts_on(files=(), releases=[row])
    return queries.verdicts_on(files=[row])


def _is_due(verdicts: Verdicts, row: Release | ReleaseFile) -> bool:
    looked_at = verdicts.oldest_on(row)
    was_unreachable = any(
        verdict.outcome is Outcome.UNREACHABLE or verdict.missed_at is not None for verdict in verdicts.on(row)
    )
    return looked_at is None or was_unreachable or looked_at < clock.now() - OLD_AFTER


def _ask_for_file(session: AsyncSession, file: ReleaseFile) -> None:
    outbox.enqueue(session, "verify_release_file", file_id=file.id, asked_at=clock.now().isoformat())


def _ask_for_links(session: AsyncSession, release: Release) -> None:
    outbox.enqueue(session, "verify_release_links", release_id=release.id, asked_at=clock.now().isoformat())
