"""Files and library items for tests."""

import io
from itertools import count
from typing import Any

from PIL import Image
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import SYSTEM
from cms.core.storage import Storage
from cms.media import services
from cms.media.models import MediaItem

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path d="M0 0h40v20z"/></svg>'
_numbers = count(1)


def a_picture(size: tuple[int, int] = (1000, 500), *, image_format: str = "PNG", **options: Any) -> bytes:
    """Return an image whose left half is red and whose right half is blue; none is like another."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    image.putpixel((0, 0), (next(_numbers) % 255, 7, 7))
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


async def make_item(
    session: AsyncSession, storage: Storage, *, content: bytes | None = None, filename: str = "snake.png", **values: Any
) -> MediaItem:
    """Return an item of the library with its file in the storage."""
    item = MediaItem(**{"title": f"Snake {next(_numbers)}", "alternative_text": "A snake", **values})
    await services.add_item(
        session,
        storage,
        item,
        content=a_picture() if content is None else content,
        filename=filename,
        by=SYSTEM,
        may_repeat=True,
    )
    await session.commit()
    return item
