"""Uploaded images: opened and decoded once, so that what is stored is an image, of a size that browsers can show."""

import io
import warnings
from dataclasses import dataclass
from pathlib import PurePosixPath

from PIL import Image, UnidentifiedImageError

from cms.core.errors import Invalid
from cms.core.text import slugify

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
"""SVG is none of them: it is a document that can hold script, and is stored and served as one."""
EXTENSIONS = {"PNG": ".png", "JPEG": ".jpg", "GIF": ".gif", "WEBP": ".webp", "AVIF": ".avif"}
MAX_BYTES = 8 * 1024 * 1024
"""A photo straight from a camera; a page that holds more is too slow for its readers."""
MAX_PIXELS = 16_000_000
"""Decoding takes four bytes a pixel: 64 MB in a process that should stay below 150."""
MAX_STEM = 80

_TOO_MANY_PIXELS = f"An image may have at most {MAX_PIXELS // 10**6} megapixels; please make it smaller."


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image turned out to be; `width` and `height` are in pixels, `name` is safe to store it under."""

    name: str
    format: str
    width: int
    height: int

    @property
    def content_type(self) -> str:
        return f"image/{self.format.lower()}"


def inspect(content: bytes, *, filename: str) -> ImageFacts:
    """Return the facts of an uploaded image; its name gets the ending that its content asks for.

    Decodes the whole image, so call it in a thread. Raises Invalid where it is no image, broken, or too large.
    """
    if len(content) > MAX_BYTES:
        message = f"An image may have at most {MAX_BYTES // 1024**2} MB; this has {len(content) / 1024**2:.1f} MB."
        raise Invalid(message)
    image_format, (width, height) = _decoded(content)
    return ImageFacts(safe_name(filename, EXTENSIONS[image_format]), image_format, width, height)


def safe_name(filename: str, extension: str) -> str:
    """Return a name made of the letters of `filename` that every system and address can hold, and `extension`."""
    stem = PurePosixPath(filename.replace("\\", "/")).stem
    return (slugify(stem)[:MAX_STEM].strip("-_") or "image") + extension


def _decoded(content: bytes) -> tuple[str, tuple[int, int]]:
    """Return the format and size of an image whose every pixel could be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                image.verify()
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _refuse_too_many_pixels(image.width * image.height)
                image.load()
                return _format_of(image), image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Invalid(_TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        message = "This is not an image that browsers show: use PNG, JPEG, GIF, WebP or AVIF."
        raise Invalid(message) from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError) as error:
        message = "This image is broken; please save it anew and upload it again."
        raise Invalid(message) from error


def _refuse_too_many_pixels(pixels: int) -> None:
    if pixels > MAX_PIXELS:
        raise Invalid(_TOO_MANY_PIXELS)


def _format_of(image: Image.Image) -> str:
    """Return the format; a JPEG with a second picture in it, as some cameras write, is called MPO by Pillow."""
    return "JPEG" if image.format == "MPO" else str(image.format)
