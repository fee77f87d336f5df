"""Decisions about uploads: begun, gone on with, completed or given up; a file is at its place whole, or not at all."""

import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from cms.core import audit, clock, outbox
from cms.core.changes import AS_HANDLED
from cms.core.errors import CMSError, Conflict, Invalid, NotFound
from cms.core.integrity import explain_constraint, explained
from cms.core.permissions import Permission
from cms.core.publishing import require_to_write
from cms.core.storage import MEBIBYTE, Storage
from cms.downloads.models import Release, ReleaseFile
from cms.downloads.turns import require_turn
from cms.downloads.uploads import names, rows
from cms.downloads.uploads.models import ReleaseUpload, UploadStatus
from cms.users.models import User

LARGEST = 1024 * MEBIBYTE
PIECE = 8 * MEBIBYTE
"""What is received is kept in pieces of this size; a connection that breaks loses one at most."""

KEPT = timedelta(days=1)
"""How long an upload waits for its next piece."""

FOLDER = "release-uploads"
"""The folder of the storage in which pieces wait."""

SHA256 = re.compile(r"[0-9a-f]{64}")
UNDER_WAY = "Somebody is uploading a file of this name just now. Go on with that upload, or discard it first."
MOVED_ON = "The upload has gone on meanwhile from another place. Ask how far it is, and go on from there."

explain_constraint("uq_release_uploads_open", field="name", sentence=UNDER_WAY)


class WrongChecksum(Invalid):
    """What arrived is not what the sender has announced."""


class WrongPiece(WrongChecksum):
    """A piece of an upload has changed on its way; nothing of it was kept."""


async def begin(
    session: AsyncSession,
    release: Release,
    *,
    name: str,
    size: int,
    by: User,
    sha256: str = "",
    may_replace: bool = False,
    is_anew: bool = False,
) -> ReleaseUpload:
    """Return a new upload, or the person's own of this file that has not been completed, to go on with.

    With `is_anew` the latter is discarded instead.

    Raises PermissionDenied, Invalid, and Conflict where somebody else uploads such a file, or has a program write the
    files of the release, or where it would change what readers of a live release get.
    """
    await _require(session, release, by=by)
    await require_turn(session, [release.id], by=by)
    names.check_name(name)
    _check_size(size)
    sha256 = _checked_sum(sha256)
    await _refuse_taken(session, release, name)
    known = await session.scalar(open_uploads(release).where(ReleaseUpload.name == name).with_for_update())
    if known is not None and is_anew and known.person_id == by.id:
        await discard(session, known, by=by)
        await session.flush()
    elif known is not None:
        return _going_on(known, size=size, sha256=sha256, may_replace=may_replace, by=by)
    upload = ReleaseUpload(
        name=name,
        size=size,
        sha256=sha256,
        may_replace=may_replace,
        expires_at=clock.now() + KEPT,
        received=0,
        pieces=[],
    )
    upload.release_id, upload.person_id, upload.status = release.id, by.id, UploadStatus.OPEN
    session.add(upload)
    try:
        await session.flush()
    except IntegrityError as error:  # Two have begun it at the same moment.
        raise Conflict(explained(error).message) from error
    return upload


async def find(session: AsyncSession, key: int, *, by: User) -> tuple[ReleaseUpload, Release]:
    """Return an upload with its release; raises NotFound where it is gone, and PermissionDenied."""
    upload = await session.get(ReleaseUpload, key)
    if upload is None:
        raise NotFound("There is no such upload; it was discarded, or it waited for longer than a day.")
    release = await session.get_one(Release, upload.release_id)
    await _require(session, release, by=by)
    return upload, release


async def receive(
    sessionmaker: async_sessionmaker[AsyncSession],
    storage: Storage,
    key: int,
    *,
    offset: int,
    content: AsyncIterator[bytes],
    by: User,
    checksum: str = "",
) -> ReleaseUpload:
    """Take in what follows `offset`, keep it piece by piece, and return the upload as it is then.

    Each piece is counted once it is stored; with a `checksum`, the SHA-256 of the content, none is before all of it
    has been checked, which is then held in memory and may not be larger. Raises WrongPiece, Conflict where the upload
    is somebody else's or is not at `offset` (any more), Invalid where more comes than was announced, and Unavailable;
    what was counted before stays.
    """
    async with sessionmaker() as session:
        upload, _ = await find(session, key, by=by)
        _require_at(upload, offset)
        if upload.person_id != by.id:
            raise Conflict(UNDER_WAY)
    if checksum:
        content = _once(await _checked(content, checksum))
    async for piece in _pieces(content):
        if offset + len(piece) > upload.size:
            message = f"More has arrived than the {upload.size} bytes that were announced."
            raise Invalid(message)
        await _keep(sessionmaker, storage, key, offset, piece)
        offset += len(piece)
    async with sessionmaker() as session:
        upload, _ = await find(session, key, by=by)
        return upload


async def complete(
    sessionmaker: async_sessionmaker[AsyncSession], storage: Storage, key: int, *, by: User
) -> ReleaseFile | None:
    """Put a file that has been received to its place, and write it down in its release; return its row.

    None stands for a file that vouches for another one that is not there yet: its row will name it. Raises
    WrongChecksum, after which the upload is gone, Unavailable, after which it can be completed again, and what
    writing the row raises.
    """
    async with sessionmaker() as session:
        upload, release = await find(session, key, by=by)
        _require_whole(upload)
        file, pieces = names.stored_name(names.folder_of(release), upload.name), upload.pieces

    async def approve(sha256: str) -> None:
        async with sessionmaker() as session:
            await _write_down(session, storage, key, sha256, by=by)
            # Nothing may hinder it once the file is at its place, so it is tried before.
            await session.rollback()

    try:
        sha256 = await _put_in_place(storage, file, pieces, approve)
    except WrongChecksum:
        await _throw_away(sessionmaker, key, by=by)
        raise
    async with sessionmaker() as session:
        written = await _write_down(session, storage, key, sha256, by=by)
        await session.commit()
    await _forget(storage, pieces)
    return written


async def discard(session: AsyncSession, upload: ReleaseUpload, *, by: User) -> None:
    """Give an upload up; its pieces are removed by `forget_pieces`, once that is certain. Raises PermissionDenied."""
    release = await session.get_one(Release, upload.release_id)
    await _require(session, release, by=by)
    if upload.status == UploadStatus.COMPLETE:
        raise Conflict(f"“{upload}” is complete already.")
    audit.note(session, upload, action="discard")
    await session.delete(upload)
    outbox.enqueue(session, "delete_upload_pieces", names=list(upload.pieces))


def open_uploads(release: Release) -> Any:
    """Select the uploads of a release that are on their way, the oldest first."""
    return (
        select(ReleaseUpload)
        .where(ReleaseUpload.release_id == release.id, ReleaseUpload.status == UploadStatus.OPEN)
        .order_by(ReleaseUpload.id)
    )


async def _require(session: AsyncSession, release: Release, *, by: User) -> None:
    await require_to_write(session, release, permission=Permission.DOWNLOADS_EDIT, by=by)
    refuse_beside_draft(release)


def refuse_beside_draft(release: Release) -> None:
    """Raise Conflict where a live release has unpublished changes: to publish them would drop what is added now."""
    if release.is_published and release.has_draft:
        raise Conflict(
            f"“{release}” has changes that are not published. Publish or discard them, then upload its files."
        )


async def _refuse_taken(session: AsyncSession, release: Release, name: str) -> None:
    """Raise Conflict where another release has a file at this place, whose readers would get ours."""
    url = names.url_of(names.folder_of(release), names.artefact_of(name))
    owner = await session.scalar(select(ReleaseFile.release_id).where(ReleaseFile.url == url))
    if owner not in (None, release.id):
        raise Conflict(f"{url} belongs to another release.")


async def _refuse_silent_change(session: AsyncSession, release: Release, upload: ReleaseUpload, sha256: str) -> None:
    """Raise Conflict where readers of a live release would get another content, unless that was asked for."""
    if upload.may_replace or not release.is_published or names.sidecar_column(upload.name):
        return
    url = names.url_of(names.folder_of(release), upload.name)
    known = await session.scalar(select(func.lower(ReleaseFile.sha256)).where(ReleaseFile.url == url))
    if known not in (None, "", sha256):
        message = (
            f"“{release}” is live, and “{upload}” has another content than what its readers get. "
            "Say that it is to be replaced, if it is."
        )
        raise Conflict(message)


def _going_on(upload: ReleaseUpload, *, size: int, sha256: str, may_replace: bool, by: User) -> ReleaseUpload:
    is_same = upload.size == size and (not sha256 or not upload.sha256 or sha256 == upload.sha256)
    if upload.person_id != by.id or not is_same:
        raise Conflict(UNDER_WAY)
    upload.sha256, upload.may_replace = sha256 or upload.sha256, may_replace
    upload.expires_at = clock.now() + KEPT
    return upload


def _check_size(size: int) -> None:
    if size < 1:
        raise Invalid.in_fields({"size": ["The file is empty."]})
    if size > LARGEST:
        raise Invalid.in_fields({"size": [f"A release file has at most {LARGEST // MEBIBYTE} MB."]})


def _checked_sum(sha256: str) -> str:
    sha256 = sha256.strip().lower()
    if sha256 and not SHA256.fullmatch(sha256):
        raise Invalid.in_fields({"sha256": ["A SHA-256 has 64 hexadecimal digits."]})
    return sha256


def _require_at(upload: ReleaseUpload, offset: int) -> None:
    if upload.status == UploadStatus.COMPLETE:
        raise Conflict(f"“{upload}” is complete already.")
    if upload.received != offset:
        raise Conflict(f"“{upload}” has {upload.received} bytes; go on from there.")


async def _pieces(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the content in pieces of the size that is kept; what came before a connection broke, too."""
    held = bytearray()
    async for chunk in content:
        held += chunk
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)


async def _checked(content: AsyncIterator[bytes], checksum: str) -> bytes:
    """Return the content, which must have the checksum and be no larger than a piece."""
    whole = bytearray()
    async for chunk in content:
        whole += chunk
        if len(whole) > PIECE:
            raise Invalid(f"What is sent with a checksum has at most {PIECE} bytes at a time.")
    if hashlib.sha256(whole).hexdigest() != checksum:
        raise WrongPiece("This part has changed on its way; send it again.")
    return bytes(whole)


async def _keep(
    sessionmaker: async_sessionmaker[AsyncSession], storage: Storage, key: int, offset: int, piece: bytes
) -> None:
    """Store a piece, then count it; of two who send the same, one is told that the upload has moved on."""
    name = f"{FOLDER}/{key}/{offset:010d}-{secrets.token_hex(8)}"
    await storage.write(name, _once(piece), content_type=names.ANYTHING)
    counted = (
        update(ReleaseUpload)
        .where(ReleaseUpload.id == key, ReleaseUpload.received == offset, ReleaseUpload.status == UploadStatus.OPEN)
        .values(
            received=offset + len(piece),
            pieces=ReleaseUpload.pieces.concat([name]),
            expires_at=clock.now() + KEPT,
        )
        .returning(ReleaseUpload.id)
    )
    async with sessionmaker() as session:
        is_counted = await session.scalar(counted, execution_options=AS_HANDLED) is not None
        await session.commit()
    if not is_counted:
        await _forget(storage, [name])
        raise Conflict(MOVED_ON)


async def _once(piece: bytes) -> AsyncIterator[bytes]:
    yield piece


async def _put_in_place(
    storage: Storage, file: str, pieces: Sequence[str], approve: Callable[[str], Awaitable[None]]
) -> str:
    """Write the pieces as one file, and return its SHA-256; what `approve` raises comes before anything is changed."""
    summed = hashlib.sha256()

    async def joined() -> AsyncIterator[bytes]:
        for piece in pieces:
            async for chunk in storage.read(piece):
                summed.update(chunk)
                yield chunk
        await approve(summed.hexdigest())

    await storage.write(file, joined(), content_type=names.content_type_of(file))
    return summed.hexdigest()


async def _write_down(
    session: AsyncSession, storage: Storage, key: int, sha256: str, *, by: User
) -> ReleaseFile | None:
    """Write what an upload with this checksum adds to its release, in the order in which its uploads end."""
    upload, release = await find(session, key, by=by)
    await session.refresh(release, with_for_update=True)
    await session.refresh(upload)
    _require_whole(upload)
    if upload.sha256 not in ("", sha256):
        message = f"“{upload}” has the SHA-256 {sha256}, not {upload.sha256}. Nothing was kept; upload it again."
        raise WrongChecksum(message)
    await require_turn(session, [release.id], by=by)
    await _refuse_silent_change(session, release, upload, sha256)
    upload.sha256, upload.status, upload.completed_at = sha256, UploadStatus.COMPLETE, clock.now()
    upload.pieces = []
    written = await rows.write(session, storage, release, upload, by=by)
    path = f"/{names.stored_name(names.folder_of(release), upload.name)}"
    outbox.enqueue(session, "purge_keys", keys=[path])
    return written


async def _throw_away(sessionmaker: async_sessionmaker[AsyncSession], key: int, *, by: User) -> None:
    async with sessionmaker() as session:
        upload, _ = await find(session, key, by=by)
        await discard(session, upload, by=by)
        await session.commit()


def _require_whole(upload: ReleaseUpload) -> None:
    if upload.status == UploadStatus.COMPLETE:
        raise Conflict(f"“{upload}” is complete already.")
    if not upload.is_whole:
        raise Conflict(f"“{upload}” has {upload.received} of {upload.size} bytes.")


async def _forget(storage: Storage, pieces: Sequence[str]) -> None:
    """Remove pieces that are of no use; what is left over after a failure, a task removes."""
    with suppress(CMSError):
        for piece in pieces:
            await storage.delete(piece)
