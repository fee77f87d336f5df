"""Smaller copies of images: which there can be, where they are found, and how one is made when first asked for.

Only what is declared here can be asked for, so that nobody fills the disk with sizes of their own invention.
"""

import asyncio
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Self
from urllib.parse import quote

from cms.core import images, resizing
from cms.core.errors import Invalid, NotFound
from cms.core.storage import OpenFile, Storage, content_of
from cms.media.models import ADDRESS, MediaItem

WIDTHS = (320, 640, 960, 1280, 1920)
SQUARES = (160, 320)
FORMATS = {"": "", "avif": "AVIF", "webp": "WEBP"}
"""The ending of a variant's name → Pillow's name of the format; the first is that of the image itself."""

FORMAT_OF_TYPE = {"image/" + name.lower(): name for name in images.FORMATS}
FOLDER = "variants"
FINGERPRINT = 12

_NAME = re.compile(r"(square-)?([1-9]\d{2,3})(?:\.([a-z]{4}))?")
_one_at_a_time = asyncio.Semaphore(1)
"""Decoding an image may take 64 MB, and a process is to stay below 150."""

_under_way: set[asyncio.Task[None]] = set()
"""Held on to, because asyncio itself forgets tasks that nobody waits for."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A width in pixels, or the side of a square; `ending` is a key of FORMATS."""

    size: int
    is_square: bool = False
    ending: str = ""

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the variant that an address calls `name`, such as 640.webp; raises NotFound for any other."""
        found = _NAME.fullmatch(name)
        size, ending = (int(found[2]), found[3] or "") if found else (0, "")
        is_square = bool(found and found[1])
        if size not in (SQUARES if is_square else WIDTHS) or ending not in FORMATS:
            message = "There is no such size of an image."
            raise NotFound(message)
        return cls(size, is_square, ending)

    def __str__(self) -> str:
        shape = "square-" if self.is_square else ""
        return f"{shape}{self.size}" + (f".{self.ending}" if self.ending else "")


def widths_of(item: MediaItem) -> list[int]:
    """Return the declared widths that are smaller than the image, smallest first."""
    return [width for width in WIDTHS if item.has_variants and width < (item.width or 0)]


def address_of(item: MediaItem, variant: Variant | None = None) -> str:
    """Return where a copy of the image is found, or without `variant` the image itself.

    The address tells the content apart, so that browsers may keep what they got for ever.
    """
    address = item.public_path
    if variant is not None and item.has_variants:
        address = f"{ADDRESS}{FOLDER}/{variant}/{quote(item.path)}"
    return f"{address}?v={fingerprint(item, variant)}"


def thumbnail_of(item: MediaItem) -> str:
    """Return the address of a small square of the image, for lists."""
    return address_of(item, Variant(SQUARES[1], is_square=True, ending="webp"))


def fingerprint(item: MediaItem, variant: Variant | None = None) -> str:
    """Return a short name for what is shown, which changes with the file and, for a square, with the focal point."""
    focus = f"-{item.focal_x}-{item.focal_y}" if variant and variant.is_square else ""
    return item.sha256[:FINGERPRINT] + focus


def folder_of(sha256: str) -> str:
    """Return where in the storage the copies of an image lie."""
    return f"{FOLDER}/{sha256[:2]}/{sha256}"


async def open_variant(storage: Storage, item: MediaItem, variant: Variant) -> OpenFile:
    """Return a copy of the image, made now if nobody has asked for it before.

    Once begun it is made to the end, also if whoever asked does not wait for it. Raises NotFound where the image
    itself is missing from the storage.
    """
    name = _file_of(item, variant)
    try:
        return await storage.open(name)
    except NotFound:
        making = asyncio.create_task(_make_in_turn(storage, item, variant, name))
        _under_way.add(making)
        making.add_done_callback(_under_way.discard)
        await asyncio.shield(making)
        return await storage.open(name)


async def _make_in_turn(storage: Storage, item: MediaItem, variant: Variant, name: str) -> None:
    async with _one_at_a_time:
        if not await storage.exists(name):
            await _make(storage, item, variant, name)


async def _make(storage: Storage, item: MediaItem, variant: Variant, name: str) -> None:
    original = await content_of(await storage.open(item.file))
    try:
        content = await asyncio.to_thread(_rendered, original, item, variant)
    except Invalid as refusal:
        message = "This image cannot be shown in another size."
        raise NotFound(message) from refusal
    stored = await storage.save(name, content)
    if stored.name != name:  # Another process was quicker.
        await storage.delete(stored.name)


def _rendered(original: bytes, item: MediaItem, variant: Variant) -> bytes:
    image_format = _format_of(item, variant)
    if variant.is_square:
        focus = (item.focal_x, item.focal_y)
        return resizing.squared(original, size=variant.size, focus=focus, image_format=image_format)
    return resizing.resized(original, width=variant.size, image_format=image_format)


def _format_of(item: MediaItem, variant: Variant) -> str:
    return FORMATS[variant.ending] or FORMAT_OF_TYPE[item.content_type]


def _file_of(item: MediaItem, variant: Variant) -> str:
    """Return the name in the storage, which is another one for each content and focal point."""
    focus = f"-at-{item.focal_x}-{item.focal_y}" if variant.is_square else ""
    stem = PurePosixPath(str(variant)).stem
    ending = images.EXTENSIONS[_format_of(item, variant)]
    return f"{folder_of(item.sha256)}/{stem}{focus}{ending}"
