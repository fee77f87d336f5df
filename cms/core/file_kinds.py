"""The kinds of files that may be stored, how each is known by its content, and which may be shown inside a page."""

from collections.abc import Callable
from pathlib import PurePosixPath

from cms.core.errors import Invalid

HEAD_SIZE = 8192
"""Bytes at the start of a file by which its kind is known."""

_Test = Callable[[bytes], bool]


def _starts_with(*signatures: bytes) -> _Test:
    return lambda head: head.startswith(signatures)


def _is_webp(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def _is_iso_media(*brands: bytes) -> _Test:
    """Known by the box `ftyp`, whose first brand or one of the compatible brands is ours."""
    return lambda head: head[4:8] == b"ftyp" and any(brand in head[8:64] for brand in brands)


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _is_text(head: bytes) -> bool:
    """Text has no NUL and is UTF-8; the last character may have been cut off."""
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and b"\0" not in head
    return b"\0" not in head


def _is_svg(head: bytes) -> bool:
    return _is_text(head) and b"<svg" in head.lower()


_ZIP = _starts_with(b"PK\x03\x04", b"PK\x05\x06")
_OLE = _starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_GZIP = _starts_with(b"\x1f\x8b")
_MP3 = _starts_with(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")
_POSTSCRIPT = _starts_with(b"%!PS", b"\xc5\xd0\xd3\xc6")
_OPEN_XML = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"

KINDS: dict[str, tuple[str, _Test]] = {
    ".avif": ("image/avif", _is_iso_media(b"avif", b"avis")),
    ".gif": ("image/gif", _starts_with(b"GIF87a", b"GIF89a")),
    ".jpeg": ("image/jpeg", _starts_with(b"\xff\xd8\xff")),
    ".jpg": ("image/jpeg", _starts_with(b"\xff\xd8\xff")),
    ".png": ("image/png", _starts_with(b"\x89PNG\r\n\x1a\n")),
    ".webp": ("image/webp", _is_webp),
    ".mp4": ("video/mp4", _is_iso_media(b"mp4", b"iso", b"avc1", b"M4V")),
    ".webm": ("video/webm", _starts_with(b"\x1a\x45\xdf\xa3")),
    ".mp3": ("audio/mpeg", _MP3),
    ".ogg": ("audio/ogg", _starts_with(b"OggS")),
    ".pdf": ("application/pdf", _starts_with(b"%PDF-")),
    ".eps": ("application/postscript", _POSTSCRIPT),
    ".epsi": ("application/postscript", _POSTSCRIPT),
    ".ps": ("application/postscript", _POSTSCRIPT),
    ".svg": ("image/svg+xml", _is_svg),
    ".epub": ("application/epub+zip", _ZIP),
    ".zip": ("application/zip", _ZIP),
    ".whl": ("application/zip", _ZIP),
    ".gz": ("application/gzip", _GZIP),
    ".tgz": ("application/gzip", _GZIP),
    ".bz2": ("application/x-bzip2", _starts_with(b"BZh")),
    ".xz": ("application/x-xz", _starts_with(b"\xfd7zXZ\x00")),
    ".tar": ("application/x-tar", _is_tar),
    ".docx": (f"{_OPEN_XML}.wordprocessingml.document", _ZIP),
    ".pptx": (f"{_OPEN_XML}.presentationml.presentation", _ZIP),
    ".xlsx": (f"{_OPEN_XML}.spreadsheetml.sheet", _ZIP),
    ".odp": (f"{_OPEN_DOCUMENT}.presentation", _ZIP),
    ".ods": (f"{_OPEN_DOCUMENT}.spreadsheet", _ZIP),
    ".odt": (f"{_OPEN_DOCUMENT}.text", _ZIP),
    ".doc": ("application/msword", _OLE),
    ".ppt": ("application/vnd.ms-powerpoint", _OLE),
    ".xls": ("application/vnd.ms-excel", _OLE),
    ".rtf": ("application/rtf", _starts_with(b"{\\rtf")),
    ".asc": ("text/plain; charset=utf-8", _is_text),
    ".crt": ("text/plain; charset=utf-8", _is_text),
    ".csv": ("text/csv; charset=utf-8", _is_text),
    ".htm": ("text/html; charset=utf-8", _is_text),
    ".html": ("text/html; charset=utf-8", _is_text),
    ".ics": ("text/calendar; charset=utf-8", _is_text),
    ".json": ("application/json", _is_text),
    ".md": ("text/plain; charset=utf-8", _is_text),
    ".pem": ("text/plain; charset=utf-8", _is_text),
    ".py": ("text/plain; charset=utf-8", _is_text),
    ".rst": ("text/plain; charset=utf-8", _is_text),
    ".sigstore": ("application/json", _is_text),
    ".txt": ("text/plain; charset=utf-8", _is_text),
    ".xml": ("application/xml", _is_text),
}
"""Endings that may be stored. What is missing here is refused: programs, scripts and styles above all."""

SHOWN_TYPES = frozenset({"image/avif", "image/gif", "image/jpeg", "image/png", "image/webp", "video/mp4", "video/webm"})
"""Types that hold no script. Everything else is served as a download, or it would run with the site's rights."""


def content_type_of(name: str) -> str:
    """Return the content type that a file's ending stands for; raises Invalid for one that may not be stored."""
    return _kind_of(name)[0]


def check_content(name: str, head: bytes) -> str:
    """Return the content type of a file whose first bytes are `head`; raises Invalid where they are something else."""
    content_type, is_such = _kind_of(name)
    if not is_such(head[:HEAD_SIZE]):
        message = f"{PurePosixPath(name).name} does not hold what its ending says; it looks like another kind of file."
        raise Invalid(message)
    return content_type


def may_be_shown(content_type: str) -> bool:
    """Return whether a browser may show the file on our own address, rather than save it."""
    return content_type in SHOWN_TYPES


def _kind_of(name: str) -> tuple[str, _Test]:
    ending = PurePosixPath(name).suffix.lower()
    try:
        return KINDS[ending]
    except KeyError:
        message = f"Files that end in {ending} cannot be stored." if ending else "A file needs an ending, such as .pdf."
        raise Invalid(message) from None
