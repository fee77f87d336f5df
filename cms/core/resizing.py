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
    "PNG": {"optimize": True},
    "WEBP": {"quality": 80},
}
"""How each format is written: what a reader does not tell from the original, and takes a fraction of a second."""


def resized(content: bytes, *, width: int, image_format: str) -> bytes:
    """Return the image at most `width` pixels wide. Decodes and encodes, so call it in a thread; raises Invalid."""
    with images.opened(content) as image:
        upright = ImageOps.exif_transpose(image)
        width = min(width, upright.width)
        height = max(1, round(upright.height * width / upright.width))
        return _encoded(_in_full_colour(upright).resize((width, height), Image.Resampling.LANCZOS), image_format)


def squared(content: bytes, *, size: int, focus: tuple[int, int], image_format: str) -> bytes:
    """Return the square around the focal point, which is given in per cent from the left and from the top.

    Decodes and encodes, so call it in a thread; raises Invalid.
    """
    with images.opened(content) as image:
        upright = ImageOps.exif_transpose(image)
        size = min(size, upright.width, upright.height)
        centre = (focus[0] / 100, focus[1] / 100)
        return _encoded(ImageOps.fit(_in_full_colour(upright), (size, size), centering=centre), image_format)


def _in_full_colour(image: Image.Image) -> Image.Image:
    """Return the image in colours that can be mixed, which those of a palette cannot."""
    is_transparent = image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info
    return image.convert("RGBA" if is_transparent else "RGB")


def _encoded(image: Image.Image, image_format: str) -> bytes:
    if image_format in OPAQUE_FORMATS and image.mode == "RGBA":
        paper = Image.new("RGB", image.size, PAPER)
        paper.paste(image, mask=image.getchannel("A"))
        image = paper
    written = io.BytesIO()
    image.save(written, image_format, **ENCODINGS[image_format])
    return written.getvalue()
