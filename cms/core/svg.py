"""Drawings (SVG) from people: written anew from what an allow-list lets pass, so that nothing in them runs or calls.

The text is read by a real XML parser, and what is written is made of its events alone: whatever the parser does not
understand as an allowed element or attribute does not exist in the result. The allow-list holds shapes, text,
gradients, clips and filters; no script, no handlers, no animation, no foreign content, no links out.
"""

import io
import re
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from cms.core.errors import Invalid

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 100
MAX_ELEMENTS = 50_000
SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
XML = "http://www.w3.org/XML/1998/namespace"
DEFAULT_SIZE = 512

ELEMENTS = frozenset(
    """
    circle clipPath defs desc ellipse feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix
    feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR
    feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile
    feTurbulence filter g image line linearGradient marker mask path pattern polygon polyline radialGradient rect stop
    style svg switch symbol text textPath title tspan use view
    """.split()  # noqa: SIM905 - so many names read better in seven lines than in seventy.
)
TEXT_HOLDERS = frozenset({"desc", "style", "text", "textPath", "title", "tspan"})
EMBEDDED_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
FRAGMENT = re.compile(r"#[\w.:-]+")
PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
LENGTH = re.compile(r"\s*(\d{1,5}(?:\.\d+)?)\s*(?:px)?\s*")

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ADDRESS = re.compile(r"url\s*\(\s*(['\"]?)\s*(?!#)", re.IGNORECASE)
_ACTIVE = re.compile(
    r"@import|@namespace|@font-face|expression|javascript:|-moz-binding|behavior\s*:|\\", re.IGNORECASE
)

_BROKEN = "This is no drawing that browsers understand; please export it anew as plain SVG."


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing that is safe to show; `width` and `height` are those that it claims for itself."""

    content: bytes
    width: int
    height: int


def sanitise(content: bytes) -> Drawing:
    """Return the drawing without whatever is not allowed; raises Invalid for what is no SVG or claims entities."""
    if len(content) > MAX_BYTES:
        message = f"A drawing may have at most {MAX_BYTES // 1024**2} MB."
        raise Invalid(message)
    writer = _Writer()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_entities
    parser.EntityDeclHandler = _refuse_entities
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.text
    try:
        parser.Parse(content, True)  # noqa: FBT003 - pyexpat takes no keywords.
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise Invalid(_BROKEN) from error
    return writer.drawing()


def _refuse_entities(name: str, *declared: object) -> None:
    """Refuse a document type that declares anything; the mere name of SVG 1.1's is what old programs write."""
    has_subset = len(declared) != 3 or bool(declared[2])
    if has_subset or name != "svg":
        message = "This drawing declares entities of its own; please export it anew as plain SVG."
        raise Invalid(message)


class _Writer:
    """Writes the allowed part of what the parser tells."""

    def __init__(self) -> None:
        self._written = io.StringIO()
        self._open: list[str] = []
        self._elements = 0
        self._left_out = 0
        self._size: tuple[int, int] | None = None

    def start(self, qualified: str, attributes: dict[str, str]) -> None:
        name = _local(qualified, SVG)
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) > MAX_DEPTH:
            message = "This drawing has more elements than a page can hold; please simplify it."
            raise Invalid(message)
        if self._size is None:
            if name != "svg":
                raise Invalid(_BROKEN)
            self._size = _size_of(attributes)
        if self._left_out or name not in ELEMENTS:
            self._left_out += 1
            return
        declared = f' xmlns="{SVG}" xmlns:xlink="{XLINK}"' if not self._open else ""
        kept = "".join(_written(key, value) for key, value in attributes.items())
        self._written.write(f"<{name}{declared}{kept}>")
        self._open.append(name)

    def end(self, _qualified: str) -> None:
        if self._left_out:
            self._left_out -= 1
        else:
            self._written.write(f"</{self._open.pop()}>")

    def text(self, text: str) -> None:
        if self._left_out or not self._open or self._open[-1] not in TEXT_HOLDERS:
            return
        if self._open[-1] == "style" and not _is_harmless_style(text):
            return
        self._written.write(escape(text))

    def drawing(self) -> Drawing:
        width, height = self._size or (DEFAULT_SIZE, DEFAULT_SIZE)
        return Drawing(self._written.getvalue().encode(), width, height)


def _local(qualified: str, namespace: str) -> str:
    """Return the name without its namespace; "" where it is of another one."""
    space, _, name = qualified.rpartition(" ")
    return name if space == namespace else ""


def _written(qualified: str, value: str) -> str:
    """Return an attribute as it is written into the result; "" for one that is left out."""
    space, _, name = qualified.rpartition(" ")
    if name == "href" and space in {"", XLINK}:
        is_inside = FRAGMENT.fullmatch(value.strip()) or EMBEDDED_IMAGE.fullmatch(value.strip())
        return f" href={quoteattr(value.strip())}" if is_inside else ""
    if space == XML and name in {"space", "lang"}:
        return f" xml:{name}={quoteattr(value)}"
    if space or not PLAIN_NAME.fullmatch(name) or name.lower().startswith("on") or not _is_harmless_style(value):
        return ""
    return f" {name}={quoteattr(value)}"


def _is_harmless_style(text: str) -> bool:
    """Return whether a style, or any attribute that may hold one, points nowhere but into the drawing itself."""
    uncommented = _COMMENT.sub("", text)
    return not (_ADDRESS.search(uncommented) or _ACTIVE.search(uncommented) or "<" in uncommented)


def _size_of(attributes: dict[str, str]) -> tuple[int, int]:
    """Return the size that the outermost element claims, by its own attributes or by its view box."""
    lengths = [LENGTH.fullmatch(attributes.get(name, "")) for name in ("width", "height")]
    if all(lengths):
        width, height = (max(1, round(float(found[1]))) for found in lengths if found)
        return width, height
    box = attributes.get("viewBox", "").replace(",", " ").split()
    try:
        width, height = (max(1, min(99_999, round(float(part)))) for part in box[2:4])
    except (ValueError, OverflowError):
        return DEFAULT_SIZE, DEFAULT_SIZE
    return width, height
