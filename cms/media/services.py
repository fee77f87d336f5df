"""Decisions about media: taking a file into the library, describing it, replacing it, deleting it."""

import secrets
from collections.abc import Iterable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import PurePosixPath

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import deletion, outbox
from cms.core.errors import Conflict, Invalid
from cms.core.integrity import explain_constraint
from cms.core.permissions import Actor, Permission, require
from cms.core.storage import Storage, StoredFile
from cms.media import queries
from cms.media.files import Examined, examine
from cms.media.models import MediaItem, MediaKind
from cms.media.variants import FOLDER as VARIANTS
from cms.media.variants import folder_of

FOLDER = "library"
ORIGINALS = "originals"
"""Where in the storage the files of the library lie. Everything below belongs to it, so that strays can be found."""

NOT_ADDRESSES = frozenset({ORIGINALS, VARIANTS, "ftp", "release-uploads"})
"""Folders of the storage whose files have no address under /media/: ours, and those of releases."""

LONGEST_PATH = 300
ATTEMPTS = 1000
LAST_READING = timedelta(days=1)
"""How long a file that is no longer shown is kept for those who are reading it, or a page that still names it."""

explain_constraint("uq_media_items_path", field="", sentence="Somebody else took this address just now; try again.")


class AlreadyThere(Conflict):
    """The very same file is in the library; `item` is its oldest one."""

    def __init__(self, item: MediaItem) -> None:
        super().__init__(f"This file is in the library already, as “{item}”.")
        self.item = item


async def add_item(
    session: AsyncSession,
    storage: Storage,
    item: MediaItem,
    *,
    content: bytes,
    filename: str,
    by: Actor,
    folder: str = FOLDER,
    only: MediaKind | None = None,
    may_repeat: bool = False,
) -> None:
    """Take a file into the library as `item`, whose title and description have been filled in.

    Raises PermissionDenied, Invalid for a file or a description that is not accepted or a kind that is not the `only`
    one, and AlreadyThere unless it may repeat. Then nothing is stored.
    """
    await require(session, by, Permission.MEDIA_EDIT)
    try:
        examined = await examine(content, filename=filename)
    except Invalid as refusal:
        raise Invalid.in_fields({"upload": [refusal.message]}) from refusal
    if only not in {None, examined.kind}:
        raise Invalid.in_fields({"upload": [f"This is no {only}."]})
    same = None if may_repeat else await session.scalar(queries.with_content(examined.sha256).limit(1))
    if same is not None:
        raise AlreadyThere(same)
    examined.describe(item)
    item.title = item.title.strip() or _title_of(filename)
    _require_description(item)
    item.path = await _free_path(session, storage, folder, examined)
    async with AsyncExitStack() as undone:
        item.file = (await _store(storage, examined, undone)).name
        session.add(item)
        await session.flush()
        undone.pop_all()


async def save_item(session: AsyncSession, item: MediaItem, *, by: Actor) -> None:
    """Write the description of an item. Raises PermissionDenied, and Invalid naming each field that breaks a rule."""
    _require_description(item)
    session.add(item)
    await require(session, by, Permission.MEDIA_EDIT, item)


async def replace_file(
    session: AsyncSession, storage: Storage, item: MediaItem, *, content: bytes, filename: str, by: Actor
) -> None:
    """Put another file under the address of an item; whoever keeps copies of the old one is told to forget them.

    Every page that shows the item changes at once, so those who only write drafts do not hold the permission.
    Raises PermissionDenied, and Invalid for a file that is not accepted or is of another kind. Then nothing is stored.
    """
    await require(session, by, Permission.MEDIA_REPLACE, item)
    examined = await examine(content, filename=filename)
    _require_same_kind(item, examined)
    if examined.sha256 == item.sha256:
        raise Invalid("This is the file that is here already.")
    old_file, old_sha256 = item.file, item.sha256
    examined.describe(item)
    async with AsyncExitStack() as undone:
        item.file = (await _store(storage, examined, undone)).name
        await session.flush()
        undone.pop_all()
    _forget_file(session, old_file, old_sha256)


async def delete_item(session: AsyncSession, item: MediaItem, *, by: Actor) -> None:
    """Delete an item with its file. Raises PermissionDenied, or Conflict naming what uses it."""
    await deletion.delete(session, item, permission=Permission.MEDIA_DELETE, by=by)
    _forget_file(session, item.file, item.sha256)


async def _store(storage: Storage, examined: Examined, undone: AsyncExitStack) -> StoredFile:
    """Store a file under a name of its own, and have `undone` remove it where the row is not written."""
    sha256 = examined.sha256
    name = f"{ORIGINALS}/{sha256[:2]}/{sha256[:16]}-{secrets.token_hex(4)}{examined.ending}"
    stored = await storage.save(name, examined.content)
    undone.push_async_callback(storage.delete, stored.name)
    return stored


def _forget_file(session: AsyncSession, file: str, sha256: str) -> None:
    outbox.enqueue_in(session, LAST_READING, "delete_stored_files", file=file, variants=folder_of(sha256))


def _require_description(item: MediaItem) -> None:
    """Tidy what people wrote of an item; raises Invalid naming the fields that lack something."""
    item.title, item.credit = item.title.strip(), item.credit.strip()
    item.alternative_text = " ".join(item.alternative_text.split())
    item.tags = ", ".join(dict.fromkeys(tag.strip().lower() for tag in item.tags.split(",") if tag.strip()))
    errors: dict[str, list[str]] = {}
    if not item.title:
        errors["title"] = ["Give it a title, by which others find it."]
    if item.is_image and not item.alternative_text and not item.is_decorative:
        sentence = "Say what the image shows, for those who do not see it; or tick that it is only decoration."
        errors["alternative_text"] = [sentence]
    if item.is_image and item.alternative_text and item.is_decorative:
        errors["is_decorative"] = ["A decoration has no alternative text: remove the text, or the tick."]
    errors |= {name: ["Write a number from 0 to 100."] for name in _outside(item)}
    if errors:
        raise Invalid.in_fields(errors)


def _outside(item: MediaItem) -> Iterable[str]:
    return [name for name in ("focal_x", "focal_y") if not 0 <= getattr(item, name) <= 100]


def _require_same_kind(item: MediaItem, examined: Examined) -> None:
    """Raise Invalid where the address would tell a lie; an image may become one of another format, as browsers ask."""
    if item.kind is not examined.kind:
        sentence = f"This is no {item.kind.value}; upload it as something new."
        raise Invalid(sentence)
    ending = PurePosixPath(item.path).suffix.lower()
    if not item.is_image and ending != examined.ending:
        message = f"The address ends in {ending}, so the file has to be one that does; or upload it as something new."
        raise Invalid(message)


async def _free_path(session: AsyncSession, storage: Storage, folder: str, examined: Examined) -> str:
    """Return an address that nothing has: neither an item, nor a file that came before the library."""
    folder = FOLDER if folder.partition("/")[0] in NOT_ADDRESSES else folder[:LONGEST_PATH].rstrip("/")
    stem = f"{folder}/{examined.stem}"
    for number in range(1, ATTEMPTS):
        path = f"{stem}-{number}{examined.ending}" if number > 1 else f"{stem}{examined.ending}"
        if await session.scalar(queries.at_path(path)) is None and not await storage.exists(path):
            return path
    message = "Too many files have this name; give it another one."
    raise Invalid(message)


def _title_of(filename: str) -> str:
    stem = PurePosixPath(filename.replace("\\", "/")).stem
    words = " ".join(stem.replace("_", " ").replace("-", " ").split())
    return words[:1].upper() + words[1:300]
