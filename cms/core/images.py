"""Uploaded images: opened and decoded once, so that what is stored is an image, of a size that browsers can show."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import Base

from cms.core.errors import Invalid
from cms.core.text import slugify

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
"""SVG is none of them: it is a document that can hold script; `cms.core.svg` takes it out."""
EXTENSIONS = {"PNG": ".png", "JPEG": ".jpg", "GIF": ".gif", "WEBP": ".webp", "AVIF": ".avif"}
MAX_BYTES = 8 * 1024 * 1024
"""A photo straight from a camera; a page that holds more is too slow for its readers."""
MAX_PIXELS = 16_000_000
"""Decoding takes four bytes a pixel: 64 MB in a process that should stay below 150."""
MAX_STEM = 80
LYING = frozenset({5, 6, 7, 8})
"""The values of EXIF's orientation by which width and height change places."""

_TOO_MANY_PIXELS = f"An image may have at most {MAX_PIXELS // 10**6} megapixels; please make it smaller."


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image turned out to be; `width` and `height` are in pixels as shown, `name` is safe to store it under."""

    name: str
    format: str
    width: int
    height: int
    is_animated: bool = False

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
    with opened(content) as image:
        width, height = shown_size(image)
        image_format = format_of(image)
        is_animated = getattr(image, "is_animated", False)
    return ImageFacts(safe_name(filename, EXTENSIONS[image_format]), image_format, width, height, is_animated)


def safe_name(filename: str, extension: str) -> str:
    """Return a name made of the letters of `filename` that every system and address can hold, and `extension`."""
    stem = PurePosixPath(filename.replace("\\", "/")).stem
    return (slugify(stem)[:MAX_STEM].strip("-_") or "image") + extension


@contextmanager
def opened(content: bytes, *, least: tuple[int, int] | None = None) -> Iterator[Image.Image]:
    """Give an image whose every pixel could be read; raises Invalid where it is none, broken, or too large.

    With `least`, a JPEG may come smaller than it is, but not below this width and height as shown: it is decoded in a
    fraction of the time and of the memory.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                image.verify()
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _refuse_too_many_pixels(image.width * image.height)
                if least is not None:
                    image.draft("RGB", least[::-1] if _is_lying(image) else least)
                image.load()
                yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Invalid(_TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        message = "This is not an image that browsers show: use PNG, JPEG, GIF, WebP or AVIF."
        raise Invalid(message) from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError) as error:
        message = "This image is broken; please save it anew and upload it again."
        raise Invalid(message) from error


def format_of(image: Image.Image) -> str:
    """Return the format; a JPEG with a second picture in it, as some cameras write, is called MPO by Pillow."""
    return "JPEG" if image.format == "MPO" else str(image.format)


def shown_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height as browsers show them: a camera that was held upright writes that it was."""
    return (image.height, image.width) if _is_lying(image) else (image.width, image.height)


def _is_lying(image: Image.Image) -> bool:
    return image.getexif().get(Base.Orientation, 1) in LYING


def _refuse_too_many_pixels(pixels: int) -> None:
    if pixels > MAX_PIXELS:
        raise Invalid(_TOO_MANY_PIXELS)
