"""What an uploaded file turns out to be, by its content: an image, a drawing or a document, and fit to be stored."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from cms.core import file_kinds, images, svg
from cms.core.errors import Invalid
from cms.core.storage import MAX_SIZE, MEBIBYTE
from cms.core.text import slugify
from cms.media.models import SVG_TYPE, MediaItem, MediaKind
from cms.media.variants import FORMAT_OF_TYPE

RASTER_ENDINGS = frozenset({*images.EXTENSIONS.values(), ".jpeg"})
LONGEST_STEM = 80


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that may be stored; `stem` and `ending` make a name that every system can hold."""

    content: bytes
    kind: MediaKind
    stem: str
    ending: str
    content_type: str
    width: int | None = None
    height: int | None = None
    is_animated: bool = False

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def describe(self, item: MediaItem) -> None:
        """Put what is known of the file onto an item."""
        item.kind = self.kind
        item.content_type = self.content_type
        item.size = len(self.content)
        item.sha256 = self.sha256
        item.width, item.height, item.is_animated = self.width, self.height, self.is_animated


async def examine(content: bytes, *, filename: str) -> Examined:
    """Return what the file is; a drawing comes back without what could run in it.

    Raises Invalid for what may not be stored, is broken or too large, or is something else than its name says.
    """
    return await asyncio.to_thread(examine_now, content, filename=filename)


def examine_now(content: bytes, *, filename: str) -> Examined:
    """Do what `examine` does, in this thread."""
    if not content:
        raise Invalid("This file is empty.")
    if len(content) > MAX_SIZE:
        message = f"A file may have at most {MAX_SIZE // MEBIBYTE} MB."
        raise Invalid(message)
    ending = PurePosixPath(filename.replace("\\", "/")).suffix.lower()
    if ending in RASTER_ENDINGS or _looks_like_image(content):
        return _image(content, filename)
    if ending == ".svg":
        return _drawing(content, filename)
    return document(content, filename=filename)


def document(content: bytes, *, filename: str) -> Examined:
    """Return the file as something to download, whatever it is; raises Invalid for what may not be stored."""
    path = PurePosixPath(filename.replace("\\", "/"))
    content_type = file_kinds.check_content(path.name, content)
    return Examined(content, MediaKind.DOCUMENT, _stem(filename, "document"), path.suffix.lower(), content_type)


def _image(content: bytes, filename: str) -> Examined:
    facts = images.inspect(content, filename=filename)
    ending = images.EXTENSIONS[facts.format]
    size = (facts.width, facts.height)
    return Examined(
        content, MediaKind.IMAGE, _stem(filename, "image"), ending, facts.content_type, *size, facts.is_animated
    )


def _drawing(content: bytes, filename: str) -> Examined:
    drawing = svg.sanitise(content)
    size = (drawing.width, drawing.height)
    return Examined(drawing.content, MediaKind.IMAGE, _stem(filename, "drawing"), ".svg", SVG_TYPE, *size)


def _looks_like_image(content: bytes) -> bool:
    head = content[: file_kinds.HEAD_SIZE]
    kinds = (file_kinds.KINDS[ending] for ending in images.EXTENSIONS.values())
    return any(is_such(head) for content_type, is_such in kinds if content_type in FORMAT_OF_TYPE)


def _stem(filename: str, otherwise: str) -> str:
    stem = PurePosixPath(filename.replace("\\", "/")).stem
    return slugify(stem)[:LONGEST_STEM].strip("-_") or otherwise
