"""One line a request, without the query: what people search for is nobody else's business.

Cached pages are answered in some twenty microseconds; a line that goes the way of all other log lines takes longer
than that. These are therefore written by hand, in the form of the others, and made and written many at a time: code
that runs over and over on its own is some times faster than between two requests.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from json.encoder import encode_basestring_ascii as quoted
from typing import TextIO

FLUSHED_AFTER = 0.25
"""Seconds that a line may wait for others."""

MOST_WAITING = 1000

KEYS_BELOW = ("/accounts/password/reset/key/", "/preview/")
"""What follows in such a path opens an account, or shows a draft; it is nobody's who reads logs."""


class AccessLog:
    """Lines for people or, in production, JSON; they are written a moment later, all that came meanwhile."""

    def __init__(self, *, as_json: bool, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._format: Callable[..., str] = _json_line if as_json else _plain_line
        self._waiting: list[tuple[float, str, str, str, str, int, float]] = []
        self._second = 0
        self._second_text = ""

    def add(self, *, request_id: str, client: str, method: str, path: str, status: int, milliseconds: float) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_later(FLUSHED_AFTER, self.flush)
        self._waiting.append((time.time(), request_id, client, method, path, status, milliseconds))
        if len(self._waiting) >= MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Write what waits; to be called once more when the application ends."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._stream.write("".join(self._line(*request) for request in waiting))
            self._stream.flush()

    def _line(
        self, moment: float, request_id: str, client: str, method: str, path: str, status: int, milliseconds: float
    ) -> str:
        if path.startswith(KEYS_BELOW):
            path = next(f"{beginning}(hidden)/" for beginning in KEYS_BELOW if path.startswith(beginning))
        return self._format(self._timestamp(moment), request_id, client, method, path, status, milliseconds)

    def _timestamp(self, now: float) -> str:
        second = int(now)
        if second != self._second:
            self._second = second
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._second_text}.{int((now - second) * 1_000_000):06d}Z"


def _json_line(
    moment: str, request_id: str, client: str, method: str, path: str, status: int, milliseconds: float
) -> str:
    return (
        f'{{"event": "request", "request_id": "{request_id}", "client": {quoted(client)}, '
        f'"method": {quoted(method)}, "path": {quoted(path)}, "status": {status}, '
        f'"milliseconds": {milliseconds:.2f}, "level": "info", "logger": "access", "timestamp": "{moment}"}}\n'
    )


def _plain_line(
    moment: str, request_id: str, client: str, method: str, path: str, status: int, milliseconds: float
) -> str:
    # Quoting keeps an invented path from writing lines or terminal commands of its own.
    return f"{moment} {status} {method} {quoted(path)[1:-1]} {milliseconds:.1f} ms [{request_id} {client}]\n"
