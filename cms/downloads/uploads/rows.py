"""What an upload writes into its release: a file's row, made of its name, or the address of what vouches for it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.errors import Conflict, Invalid
from cms.core.storage import Storage
from cms.downloads import file_lists, services
from cms.downloads.file_lists import ListedFile
from cms.downloads.models import OperatingSystem, Release, ReleaseFile
from cms.downloads.rules import SIDECAR_SUFFIXES
from cms.downloads.uploads import names
from cms.downloads.uploads.models import ReleaseUpload, UploadStatus
from cms.downloads.verification.services import verify_anew
from cms.users.models import User


async def write(
    session: AsyncSession, storage: Storage, release: Release, upload: ReleaseUpload, *, by: User
) -> ReleaseFile | None:
    """Write the file's row, new or known, or name the upload in the row of the file that it vouches for.

    Return None where that one is not there yet: when it comes, it finds what vouches for it. Raises what writing a
    file raises.
    """
    folder = names.folder_of(release)
    url = names.url_of(folder, names.artefact_of(upload.name))
    file = await session.scalar(select(ReleaseFile).where(ReleaseFile.url == url).with_for_update())
    if file is not None and file.release_id != release.id:
        raise Conflict(f"{url} belongs to another release.")
    if column := names.sidecar_column(upload.name):
        upload.may_be_ahead = file is None or bool(getattr(file, column))
        if file is None:
            return None
        setattr(file, column, names.url_of(folder, upload.name))
        verify_anew(session, file)
    else:
        file = file or await _new_file(session, release, url)
        await _settle_sidecars(session, storage, folder, upload, file)
        _describe(file, upload)
    await services.save_file(session, file, by=by)
    await session.flush()
    return file


def _describe(file: ReleaseFile, upload: ReleaseUpload) -> None:
    if file.sha256.lower() != upload.sha256:
        file.md5 = ""  # Whatever it was the sum of, it is not this.
    file.sha256, file.size = upload.sha256, upload.size


async def _new_file(session: AsyncSession, release: Release, url: str) -> ReleaseFile:
    """Return a row with all that the name of the file tells."""
    (listed,) = file_lists.read(url, release_name=release.name).files
    system = await session.scalar(select(OperatingSystem).where(OperatingSystem.slug == listed.system))
    if system is None:
        message = f"There is no operating system “{listed.system}” for this file; a superuser can add it."
        raise Invalid(message)
    file = ReleaseFile(
        name=listed.name,
        slug=await _free_slug(session, listed),
        url=url,
        description=listed.description,
        is_source=listed.is_source,
        has_download_button=listed.has_download_button and not await _has_button(session, release, system),
        sha256="",
        md5="",
        size=0,
    )
    file.release_id, file.operating_system_id = release.id, system.id
    return file


async def _has_button(session: AsyncSession, release: Release, system: OperatingSystem) -> bool:
    buttons = select(ReleaseFile.id).where(
        ReleaseFile.release_id == release.id,
        ReleaseFile.operating_system_id == system.id,
        ReleaseFile.has_download_button,
    )
    return await session.scalar(buttons.limit(1)) is not None


async def _free_slug(session: AsyncSession, listed: ListedFile) -> str:
    is_taken = await session.scalar(select(ReleaseFile.id).where(ReleaseFile.slug == listed.slug)) is not None
    return file_lists.longer_slug(listed) if is_taken else listed.slug


async def _settle_sidecars(
    session: AsyncSession, storage: Storage, folder: str, upload: ReleaseUpload, file: ReleaseFile
) -> None:
    """Name what vouches for the file and came before it, and no longer what vouched for another content of it."""
    before = await _last_upload(session, upload, upload.name)
    known = file.sha256.lower() or (before.sha256 if before else "")
    is_other = known not in ("", upload.sha256)
    dropped = []
    for column, suffix in SIDECAR_SUFFIXES.items():
        sidecar = await _last_upload(session, upload, upload.name + suffix)
        fits = _fits(sidecar, before, is_other=is_other)
        if getattr(file, column, ""):
            if is_other and not fits:
                setattr(file, column, "")
                dropped.append(suffix)
        elif fits and await storage.exists(names.stored_name(folder, upload.name + suffix)):
            setattr(file, column, names.url_of(folder, upload.name + suffix))
    if dropped:
        upload.remark = (
            f"It has another content than before, so what vouched for the old one is no longer attached: "
            f"{', '.join(dropped)}. Upload those anew, too."
        )


def _fits(sidecar: ReleaseUpload | None, before: ReleaseUpload | None, *, is_other: bool) -> bool:
    """Return whether what vouches for a file can be about what comes now, and not about the upload before it."""
    if sidecar is None:
        return not is_other
    came_since = before is None or _end_of(sidecar) > _end_of(before)
    return came_since and (sidecar.may_be_ahead or not is_other)


def _end_of(upload: ReleaseUpload) -> datetime:
    return upload.completed_at or upload.updated_at


async def _last_upload(session: AsyncSession, upload: ReleaseUpload, name: str) -> ReleaseUpload | None:
    """Return the last upload of this name that was completed before this one."""
    return await session.scalar(
        select(ReleaseUpload)
        .where(
            ReleaseUpload.release_id == upload.release_id,
            ReleaseUpload.name == name,
            ReleaseUpload.status == UploadStatus.COMPLETE,
            ReleaseUpload.id != upload.id,
        )
        .order_by(ReleaseUpload.completed_at.desc(), ReleaseUpload.id.desc())
        .limit(1)
    )
