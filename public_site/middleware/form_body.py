"""Finds one field at the beginning of a form's body, and lets the application read the body from the start."""

import re
from typing import Any
from urllib.parse import unquote_plus

from litestar.types import Receive
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

WINDOW = 256 * 1024
"""How far into a body, in bytes, the field is looked for. It stands first in every form of ours, so that an
upload of any size streams through and is never held here."""

LONGEST_VALUE = 200
LONGEST_BOUNDARY = 70
"""The longest that the standard of such bodies, RFC 2046, allows."""


async def read_field(content_type: str, receive: Receive, *, name: str) -> tuple[str | None, Receive]:
    """Return the field's value, or None, and a `receive` that gives the application the whole body."""
    media_type, options = parse_options_header(content_type)
    search: _Search
    if media_type == b"application/x-www-form-urlencoded":
        search = _UrlencodedSearch(name)
    elif media_type == b"multipart/form-data" and 0 < len(options.get(b"boundary", b"")) <= LONGEST_BOUNDARY:
        search = _MultipartSearch(name, options[b"boundary"])
    else:
        return None, receive
    seen: list[Any] = []
    size = 0
    while size <= WINDOW:
        message: Any = await receive()
        seen.append(message)
        if message["type"] != "http.request":
            break
        chunk = message.get("body", b"")
        size += len(chunk)
        is_last = not message.get("more_body", False)
        search.feed(chunk, is_last=is_last)
        if search.is_over or is_last:
            break
    return search.value, _replaying(seen, receive)


def _replaying(seen: list[Any], receive: Receive) -> Receive:
    async def receive_again() -> Any:
        return seen.pop(0) if seen else await receive()

    return receive_again


class _Search:
    """Looks for a field in a body that comes in pieces; `is_over` once nothing more can be found."""

    value: str | None = None
    is_over = False

    def feed(self, chunk: bytes, *, is_last: bool) -> None:
        raise NotImplementedError


class _UrlencodedSearch(_Search):
    def __init__(self, name: str) -> None:
        self._pattern = re.compile(rb"(?:^|&)%b=([^&]{0,%d})(&|\Z)" % (name.encode(), LONGEST_VALUE))
        self._longest_match = len(name) + LONGEST_VALUE + 3
        self._body = bytearray()

    def feed(self, chunk: bytes, *, is_last: bool) -> None:
        start = max(0, len(self._body) - self._longest_match)
        self._body += chunk
        found = self._pattern.search(self._body, start)
        if found is not None and (found[2] or is_last):
            self.value = unquote_plus(found[1].decode("latin-1"))
            self.is_over = True


class _MultipartSearch(_Search):
    def __init__(self, name: str, boundary: bytes) -> None:
        self._name = name.encode()
        self._header = b""
        self._content = b""
        self._is_part_sought = False
        self._found = bytearray()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._read_header_name,
                "on_header_value": self._read_header_value,
                "on_header_end": self._end_header,
                "on_part_data": self._read_data,
                "on_part_end": self._end_part,
            },
        )

    def feed(self, chunk: bytes, *, is_last: bool) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError:
            self.is_over = True

    def _begin_part(self) -> None:
        self._is_part_sought = False

    def _read_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end].lower()

    def _read_header_value(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _end_header(self) -> None:
        if self._header == b"content-disposition":
            _, options = parse_options_header(self._content)
            self._is_part_sought = options.get(b"name") == self._name and b"filename" not in options
        self._header = self._content = b""

    def _read_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_part_sought and not self.is_over and len(self._found) <= LONGEST_VALUE:
            self._found += data[start:end]

    def _end_part(self) -> None:
        if self._is_part_sought and not self.is_over:
            self.value = self._found.decode("latin-1")
            self.is_over = True
