"""Where uploaded files lie: a folder of this machine, or a bucket of an S3-compatible service.

A file is kept under a name that is its path, is never changed once it is there, and appears whole or not at all.
"""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import quote, unquote

from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, MemoryStore, S3Store

from cms.core.errors import ConfigurationError, Invalid, NotFound, Unavailable
from cms.core.file_kinds import check_content, content_type_of
from cms.core.settings import Settings

if TYPE_CHECKING:
    from obstore import GetResult, OffsetRange  # These three exist for type checkers only.
    from obstore.store import ClientConfig, RetryConfig

MEBIBYTE = 1024 * 1024
MAX_SIZE = 32 * MEBIBYTE
"""The old site's limit for a request. A file is held in memory while it is checked and stored."""
MAX_NAME = 400
"""Characters: the shortest column that holds such a name."""
MAX_SEGMENT = 200
"""Bytes: file systems take 255, and a name that is taken gets eight characters more."""
ATTEMPTS = 5
PIECE = 8 * MEBIBYTE
PIECES_AT_ONCE = 2
"""How much of a large file is held in memory while it is written."""

S3_CLIENT: "ClientConfig" = {"connect_timeout": "3s", "timeout": "30s"}
S3_RETRIES: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
CACHE_CONTROL = "public, max-age=86400"
LOCAL_ADDRESS = "/media/"

UNTYPABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of control characters, marks that turn the direction of writing, and what is no character."""

_STAGING_NAME = re.compile(r"#\d+\Z")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What has been stored; `sha256` is in hexadecimal digits."""

    name: str
    size: int
    content_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A stored file on its way out; `first` and `last` are the positions of the bytes in `chunks`."""

    name: str
    size: int
    content_type: str
    modified_at: datetime
    etag: str
    first: int
    last: int
    chunks: AsyncIterator[bytes]


class ListedFile(NamedTuple):
    """A stored file as a listing knows it."""

    name: str
    size: int
    modified_at: datetime


class Storage(Protocol):
    """Every method raises Unavailable where the storage does not answer, and Invalid for a name that cannot be one."""

    async def save(self, name: str, content: bytes | AsyncIterable[bytes]) -> StoredFile:
        """Keep a new file. Where the name is taken, the file gets another: the one that is returned.

        Raises Invalid for a file that is too large, or not what its ending says.
        """

    async def open(self, name: str, *, first: int = 0, last: int | None = None) -> OpenFile:
        """Return the file, or its bytes from `first` to `last`, both included; raises NotFound."""

    async def write(self, name: str, chunks: AsyncIterable[bytes], *, content_type: str) -> None:
        """Write a file of any size and kind, over what is there; it is held in memory a few megabytes at a time.

        Whatever `chunks` raises is raised, and then nothing has changed: so it can refuse a file at its very end.
        """

    def read(self, name: str, *, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        """Yield a file of any kind, or its bytes from `first` to `last`, both included; raises NotFound."""

    async def exists(self, name: str) -> bool: ...

    async def size(self, name: str) -> int:
        """Return the size in bytes; raises NotFound."""

    async def delete(self, name: str) -> None:
        """Remove the file; it is no error if there is none."""

    def list(self, prefix: str = "") -> AsyncIterator[ListedFile]:
        """Yield every file under a folder."""

    def url(self, name: str) -> str:
        """Return the address under which readers find the file."""


class ObjectStorage:
    """A storage in anything that obstore reaches; its stores write whole files or none, and never over another."""

    def __init__(self, store: LocalStore | MemoryStore | S3Store, *, address: str) -> None:
        """`address` is what all names are appended to, with a slash at its end."""
        self._store = store
        self._address = address

    async def save(self, name: str, content: bytes | AsyncIterable[bytes]) -> StoredFile:
        name = normalised(name)
        content_type_of(name)
        whole = content if isinstance(content, bytes) else await _collected(content)
        _refuse_too_large(len(whole))
        content_type = check_content(name, whole)
        free_name = await self._put(name, whole, content_type)
        return StoredFile(free_name, len(whole), content_type, hashlib.sha256(whole).hexdigest())

    async def open(self, name: str, *, first: int = 0, last: int | None = None) -> OpenFile:
        name = normalised(name)
        size = await self.size(name)
        end = size if last is None else min(last + 1, size)
        if not (0 <= first < end or size == first == 0):
            message = f"{name} has {size} bytes, and none at the position asked for."
            raise Invalid(message)
        with _sentences(name):
            result = await self._store.get_async(name, options={"range": (first, end)} if size else {})
        return OpenFile(
            name=name,
            size=size,
            content_type=content_type_of(name),
            modified_at=result.meta["last_modified"],
            etag=(result.meta["e_tag"] or "").strip('"'),
            first=first,
            last=end - 1,
            chunks=_chunks(name, result),
        )

    async def write(self, name: str, chunks: AsyncIterable[bytes], *, content_type: str) -> None:
        name = normalised(name)
        attributes = {"Content-Type": content_type, "Cache-Control": CACHE_CONTROL}
        with _sentences(name):
            await self._store.put_async(
                name,
                chunks,
                attributes=attributes if isinstance(self._store, S3Store) else None,
                chunk_size=PIECE,
                max_concurrency=PIECES_AT_ONCE,
            )

    async def read(self, name: str, *, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        name = normalised(name)
        with _sentences(name):
            wanted: OffsetRange | tuple[int, int] = {"offset": first} if last is None else (first, last + 1)
            result = await self._store.get_async(name, options={"range": wanted} if first or last is not None else {})
        async for chunk in _chunks(name, result):
            yield chunk

    async def exists(self, name: str) -> bool:
        try:
            await self.size(name)
        except NotFound:
            return False
        return True

    async def size(self, name: str) -> int:
        name = normalised(name)
        with _sentences(name):
            return (await self._store.head_async(name))["size"]

    async def delete(self, name: str) -> None:
        name = normalised(name)
        with suppress(NotFound), _sentences(name):
            await self._store.delete_async(name)

    async def list(self, prefix: str = "") -> AsyncIterator[ListedFile]:
        with _sentences(prefix):
            async for batch in self._store.list(prefix or None):
                for found in batch:
                    yield ListedFile(found["path"], found["size"], found["last_modified"])

    def url(self, name: str) -> str:
        return self._address + quote(normalised(name))

    async def _put(self, name: str, content: bytes, content_type: str) -> str:
        """Write under the name, or one like it that is free, and return that."""
        attributes = {"Content-Type": content_type, "Cache-Control": CACHE_CONTROL}
        candidate = name
        with _sentences(name):
            for _ in range(ATTEMPTS):
                try:
                    await self._store.put_async(
                        candidate,
                        content,
                        mode="create",
                        attributes=attributes if isinstance(self._store, S3Store) else None,
                    )
                except AlreadyExistsError:
                    candidate = _another(name)
                else:
                    return candidate
        message = f"No free name was found for {name}."
        raise Unavailable(message)


def from_settings(settings: Settings) -> Storage:
    """Return the bucket of CMS_S3_BUCKET, or else the folder `media` under CMS_HOME."""
    if settings.s3_bucket is None:
        return local_storage(settings.home / "media")
    if not (settings.s3_access_key_id and settings.s3_secret_access_key and settings.s3_public_url):
        message = "CMS_S3_BUCKET needs CMS_S3_ACCESS_KEY_ID, CMS_S3_SECRET_ACCESS_KEY and CMS_S3_PUBLIC_URL as well."
        raise ConfigurationError(message)
    endpoint = settings.s3_endpoint_url or f"https://s3.{settings.s3_region}.amazonaws.com"
    store = S3Store(
        settings.s3_bucket,
        endpoint=endpoint,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=settings.s3_secret_access_key.get_secret_value(),
        region=settings.s3_region,
        client_options={**S3_CLIENT, "allow_http": endpoint.startswith("http://")},
        retry_config=S3_RETRIES,
    )
    return ObjectStorage(store, address=settings.s3_public_url.rstrip("/") + "/")


def local_storage(folder: Path) -> ObjectStorage:
    """Return a storage in a folder, which is made if it is missing; the site itself serves its files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"The folder {folder} for uploaded files cannot be made: {error.strerror}."
        raise ConfigurationError(message) from error
    return ObjectStorage(LocalStore(folder.resolve()), address=LOCAL_ADDRESS)


def normalised(name: str) -> str:
    """Return the one spelling of a name; raises Invalid where it could leave the storage or deceive a reader."""
    name = unicodedata.normalize("NFC", name)
    segments = name.split("/")
    if (
        not name
        or len(name) > MAX_NAME
        or any(len(segment.encode(errors="replace")) > MAX_SEGMENT for segment in segments)
    ):
        message = f"A file name has 1 to {MAX_NAME} characters."
        raise Invalid(message)
    if any(unicodedata.category(character) in UNTYPABLE for character in name) or "\\" in name:
        message = "A file name may not have a backslash or characters that cannot be seen."
        raise Invalid(message)
    if any(segment.startswith(".") or segment != segment.strip() or not segment for segment in segments):
        message = "No part of a file name may be empty, begin with a full stop, or begin or end with a space."
        raise Invalid(message)
    if _STAGING_NAME.search(name):
        message = "A file name may not end in # and a number."
        raise Invalid(message)
    return name


def legacy_name(path: str) -> str:
    """Return the name that an address of the old site, /m/<path>/, stands for; raises NotFound where it is none."""
    segments = [segment for segment in unquote(path).split("/") if segment not in {"", ".", ".."}]
    try:
        return normalised("/".join(segments))
    except Invalid:
        message = "There is no such file."
        raise NotFound(message) from None


async def content_of(opened: OpenFile) -> bytes:
    """Return all that an opened file holds."""
    return await _collected(opened.chunks)


async def _collected(chunks: AsyncIterable[bytes]) -> bytes:
    whole = bytearray()
    async for chunk in chunks:
        whole += chunk
        _refuse_too_large(len(whole))
    return bytes(whole)


def _refuse_too_large(size: int) -> None:
    if size > MAX_SIZE:
        message = f"A file may have at most {MAX_SIZE // MEBIBYTE} MB."
        raise Invalid(message)


def _another(name: str) -> str:
    """Return a name like this one that is very likely free."""
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}-{secrets.token_hex(4)}{path.suffix}"))


async def _chunks(name: str, result: "GetResult") -> AsyncIterator[bytes]:
    with _sentences(name):
        async for chunk in result.stream():
            yield bytes(chunk)


@contextmanager
def _sentences(name: str) -> Iterator[None]:
    """Translate what obstore raises; the original, which may hold addresses and keys, goes to the log only."""
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        message = f"There is no file named {name}."
        raise NotFound(message) from error
    except (BaseError, OSError, ValueError) as error:
        message = "The storage for uploaded files does not answer or is full. Please try again later."
        raise Unavailable(message) from error
