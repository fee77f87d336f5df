"""Images of the media library in pages of the site: browsers choose the smallest copy that is large enough."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from cms.media.models import ADDRESS, MediaItem
from cms.media.variants import FOLDER, WIDTHS, Variant, address_of, widths_of

MODERN = (("avif", "image/avif"), ("webp", "image/webp"))
"""Formats beside the image's own, the smallest first."""

_SHRUNK_IMAGE = re.compile(
    rf'(<img\b(?![^>]*\ssrcset=)[^>]*?\ssrc="{ADDRESS}{FOLDER}/(?P<width>\d+)(?P<ending>\.[a-z]+)?/(?P<path>[^"?\s,]+)")'
)


@dataclass(frozen=True, slots=True)
class Source:
    """What one <source> of a <picture> offers."""

    content_type: str
    srcset: str


def sources_of(item: MediaItem) -> list[Source]:
    """Return the copies of an image in formats beside its own; none where there are no copies."""
    return [Source(content_type, srcset_of(item, ending)) for ending, content_type in MODERN if item.has_variants]


def srcset_of(item: MediaItem, ending: str = "") -> str:
    """Return the copies of an image in one format, with the widths by which browsers choose."""
    widths = widths_of(item)
    largest = next((width for width in WIDTHS if width not in widths), None)  # As large as the image itself.
    copies = [(width, width) for width in widths]
    if item.has_variants and item.width and largest:
        copies.append((largest, item.width))
    return ", ".join(f"{address_of(item, Variant(asked, ending=ending))} {width}w" for asked, width in copies)


def responsive(html: str) -> Markup:
    """Return the HTML of a text with smaller copies offered beside each image that was inserted in a declared width.

    An image is inserted in no width beyond its own, so that all that are smaller exist.
    """
    return Markup(_SHRUNK_IMAGE.sub(_with_srcset, html))  # noqa: S704 - sanitised when it was written.


def _with_srcset(found: re.Match[str]) -> str:
    width, ending, path = int(found["width"]), found["ending"] or "", found["path"]
    if width not in WIDTHS:
        return found[0]
    copies = (f"{ADDRESS}{FOLDER}/{size}{ending}/{path} {size}w" for size in WIDTHS if size <= width)
    sizes = f"(max-width: {width}px) 100vw, {width}px"
    return f'{found[0]} srcset="{", ".join(copies)}" sizes="{sizes}" loading="lazy" decoding="async"'
