"""Smaller copies of an image: whole, or the square around its focal point; never larger than the image itself."""

import io
from typing import Any

from PIL import Image, ImageOps

from cms.core import images

OPAQUE_FORMATS = frozenset({"JPEG"})
PAPER = "white"
"""What shows through a transparent image where its format knows no transparency."""

ENCODINGS: dict[str, dict[str, Any]] = {
    "AVIF": {"quality": 60, "speed": 8},
    "GIF": {},
    "JPEG": {"quality": 82, "progressive": True},
    "PNG": {"compress_level": 4},
    "WEBP": {"quality": 80},
}
"""How each format is written: what a reader does not tell from the original, and takes a fraction of a second."""


def resized(content: bytes, *, width: int, image_format: str) -> bytes:
    """Return the image at most `width` pixels wide. Decodes and encodes, so call it in a thread; raises Invalid."""
    with images.opened(content, least=(width, 1)) as image:
        scale = width / images.shown_size(image)[0]
        return _encoded(_smaller(image, scale), image_format)


def squared(content: bytes, *, size: int, focus: tuple[int, int], image_format: str) -> bytes:
    """Return the square around the focal point, which is given in per cent from the left and from the top.

    Decodes and encodes, so call it in a thread; raises Invalid.
    """
    with images.opened(content, least=(size, size)) as image:
        upright = _smaller(image, size / min(image.size))
        side = min(size, *upright.size)
        centre = (focus[0] / 100, focus[1] / 100)
        return _encoded(ImageOps.fit(upright, (side, side), centering=centre), image_format)


def _smaller(image: Image.Image, scale: float) -> Image.Image:
    """Return the image upright, in colours that can be mixed, and smaller by `scale`: shrunk before it is turned.

    Each copy of the whole image would cost as much memory as the image itself.
    """
    is_transparent = image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info
    mode = "RGBA" if is_transparent else "RGB"
    mixed = image if image.mode == mode else image.convert(mode)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        mixed = mixed.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return ImageOps.exif_transpose(mixed)


def _encoded(image: Image.Image, image_format: str) -> bytes:
    if image_format in OPAQUE_FORMATS and image.mode == "RGBA":
        paper = Image.new("RGB", image.size, PAPER)
        paper.paste(image, mask=image.getchannel("A"))
        image = paper
    written = io.BytesIO()
    image.save(written, image_format, **ENCODINGS[image_format])
    return written.getvalue()
