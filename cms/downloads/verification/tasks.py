"""The look at files and links of releases in the background: asked for by those who write them, and each night."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import clock, locks, outbox
from cms.core.fetching import Fetcher
from cms.core.resources import Resources
from cms.core.settings import Settings
from cms.core.tasks import Arguments, task
from cms.downloads.models import Release, ReleaseFile
from cms.downloads.queries import identities_for, openpgp_keys
from cms.downloads.verification import services
from cms.downloads.verification.file_checks import Checker
from cms.downloads.verification.findings import PublicKey, Signer
from cms.downloads.verification.link_checks import check_links

AT_ONCE = 2
"""Files that are fetched at the same time: other tasks, purges above all, must not wait for hundreds of megabytes."""

SLOTS = 0x5EA1
"""The first key of the advisory locks that hold the worker to it, however many workers there are."""

PAUSE = timedelta(seconds=10)


@task(timeout=1200, attempts=3, waits_outside=True)
async def verify_release_file(resources: Resources, session: AsyncSession, *, file_id: int, asked_at: str) -> None:
    """Compare a file with what lies at its address, and say what came of it; later, if others are being fetched."""
    file = await session.get(ReleaseFile, file_id) if resources.settings.release_files_url else None
    if file is None or await services.is_answered(session, file, asked_at=asked_at):
        return
    async with locks.one_of(resources.engine, SLOTS, range(AT_ONCE)) as slot:
        if slot is None:
            outbox.enqueue_in(session, PAUSE, "verify_release_file", file_id=file_id, asked_at=asked_at)
            return
        looked_at = clock.now()
        checker = await _checker(resources.settings, session, file)
        await session.commit()  # Fetching may take a quarter of an hour, in which no transaction should be open.
        findings = await checker.findings(file)
    if (checker.signers, checker.keys) != await _who_signs(session, file):
        outbox.enqueue(session, "verify_release_file", file_id=file_id, asked_at=clock.now().isoformat())
        return
    await services.store(session, file, findings, looked_at=looked_at)


@task(timeout=120, attempts=3, waits_outside=True)
async def verify_release_links(resources: Resources, session: AsyncSession, *, release_id: int, asked_at: str) -> None:
    """Look whether the addresses answer that a release leads its readers to."""
    release = await session.get(Release, release_id) if resources.settings.release_files_url else None
    if release is None or await services.is_answered(session, release, asked_at=asked_at):
        return
    looked_at = clock.now()
    await session.commit()  # As above: nothing is held while others take their time.
    findings = await check_links(release, Fetcher.from_settings(resources.settings))
    await services.store(session, release, findings, looked_at=looked_at)


def _once(_messages: Sequence[Arguments]) -> Arguments:
    return {}


@task(timeout=120, schedule="50 1 * * *", merge=_once)
async def verify_active_releases(_resources: Resources, session: AsyncSession) -> None:
    """Ask for a new look at what people download now, where the last one is a week ago or nobody answered it."""
    await services.verify_what_is_old(session)


async def _checker(settings: Settings, session: AsyncSession, file: ReleaseFile) -> Checker:
    signers, keys = await _who_signs(session, file)
    return Checker(
        fetcher=Fetcher.from_settings(settings),
        files_url=settings.release_files_url,
        folder=_folder(settings),
        signers=signers,
        keys=keys,
    )


async def _who_signs(session: AsyncSession, file: ReleaseFile) -> tuple[list[Signer], list[PublicKey]]:
    """Return whose signatures count for the file at this moment."""
    release = await session.get_one(Release, file.release_id)
    anew = {"populate_existing": True}
    identities = await session.scalars(identities_for(release), execution_options=anew)
    keys = await session.scalars(openpgp_keys(), execution_options=anew)
    return (
        [Signer(row.email, row.issuer) for row in identities],
        [PublicKey(row.owner, row.fingerprint, row.public_key) for row in keys if row.public_key],
    )


def _folder(settings: Settings) -> Path:
    settings.home.mkdir(parents=True, exist_ok=True)
    return settings.home
