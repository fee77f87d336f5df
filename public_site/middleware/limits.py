"""How much one request may send and how long it may take, so that no visitor can take the site from the others."""

import asyncio
import re
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from cms.core.errors import CMSError
from cms.downloads.uploads.services import LARGEST as LARGEST_UPLOAD
from public_site.api.early_refusals import JSON, is_of_api, told
from public_site.middleware import short_answers

LARGEST_BODY = 32 * 1024 * 1024
READING_SECONDS = 10.0
"""For GET and HEAD. Statements of the database end sooner by their own time-out, so that this is the last resort."""

WRITING_SECONDS = 120.0
"""For everything else: an upload over a slow line takes its time."""

UPLOADS = re.compile(r"/api/v2/(?:releases/[^/]+/uploads/[^/]+|uploads/\d+)")
"""Where release files are sent to, which streams them to the storage."""

UPLOAD_SECONDS = 3600.0

TOO_LARGE = "What was sent is larger than this site accepts."
BROKEN_OFF = "The connection broke off before all had arrived."
TOO_SLOW = "The request took too long to arrive. Please try again."
UNAVAILABLE = "The site is very busy or a part of it does not answer. Please try again in a few seconds."


class BrokenOff(CMSError):
    """The connection ended before all had arrived that was announced; nobody is there any more to be told."""

    status_code = 400


class Limits:
    """ASGI middleware inside the page cache: answers 413, 408 or 503 in the application's place."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        largest_body: int = LARGEST_BODY,
        reading_seconds: float = READING_SECONDS,
        writing_seconds: float = WRITING_SECONDS,
    ) -> None:
        self._app = app
        self._largest_body = largest_body
        self._reading_seconds = reading_seconds
        self._writing_seconds = writing_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        largest_body, seconds = self._limits_of(scope["method"], scope["path"])
        exchange = _Exchange(receive, send, path=scope["path"], largest_body=largest_body)
        if _announced_size(scope) > largest_body:
            await exchange.answer(413, TOO_LARGE)
            return
        try:
            async with asyncio.timeout(seconds) as limit:
                exchange.limit = limit
                await self._app(scope, exchange.receive, exchange.send)
        except TimeoutError:
            if not limit.expired():
                raise
            await exchange.answer_late()
        except Exception:
            if not exchange.is_too_large:
                raise
        if exchange.is_too_large:
            await exchange.answer(413, TOO_LARGE)

    def _limits_of(self, method: str, path: str) -> tuple[int, float]:
        """Return how many bytes a request may bring, and how many seconds it may take."""
        if method in {"GET", "HEAD"}:
            return self._largest_body, self._reading_seconds
        if UPLOADS.fullmatch(path):
            return LARGEST_UPLOAD, UPLOAD_SECONDS
        return self._largest_body, self._writing_seconds


class _Exchange:
    """One request and its answer, as far as they have come."""

    def __init__(self, receive: Receive, send: Send, *, path: str, largest_body: int) -> None:
        self.is_too_large = False
        self.limit: asyncio.Timeout | None = None
        self._receive = receive
        self._send = send
        self._path = path
        self._largest_body = largest_body
        self._received = 0
        self._waits_for_body = False
        self._has_all = False
        self._has_started = False

    async def receive(self) -> Any:
        """Pass the body on; one that grows too large ends for the application as if the visitor had gone.

        Raises BrokenOff where a program has gone before the end of what it sends, which is no failure of ours.
        """
        if self.is_too_large:
            return {"type": "http.disconnect"}
        self._waits_for_body = True
        message: Any = await self._receive()
        self._waits_for_body = False
        if message["type"] == "http.disconnect" and not self._has_all and is_of_api(self._path):
            raise BrokenOff(BROKEN_OFF)
        self._has_all = not message.get("more_body", False)
        self._received += len(message.get("body", b""))
        if self._received > self._largest_body:
            self.is_too_large = True
            return {"type": "http.disconnect"}
        return message

    async def send(self, message: Any) -> None:
        if self.is_too_large and not self._has_started:
            return
        if not self._has_started and self.limit is not None:
            # What takes long from here on is the visitor's line.
            self.limit.reschedule(None)
        self._has_started = True
        await self._send(message)

    async def answer_late(self) -> None:
        if self._waits_for_body:
            await self.answer(408, TOO_SLOW)
        else:
            await self.answer(503, UNAVAILABLE)

    async def answer(self, status: int, sentence: str) -> None:
        """Answer with the sentence, unless the application has begun an answer."""
        if self._has_started:
            return
        self._has_started = True
        is_program = is_of_api(self._path)
        await short_answers.answer(
            self._send,
            status,
            told(self._path, status, sentence) if is_program else sentence.encode(),
            media_type=JSON if is_program else short_answers.PLAIN,
            headers=[short_answers.SOON_AGAIN] if status == 503 else [],
        )


def _announced_size(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
