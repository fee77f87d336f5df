"""The number of a request, which its log lines, its error page and its answer all carry.

As the outermost middleware it also settles who the client is and how it reached us, so that everything further
in may simply believe the scope.
"""

import re
import secrets
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from cms.core.settings import Settings
from public_site.middleware.access_log import AccessLog
from public_site.middleware.proxies import TrustedProxies

SANE = re.compile(r"[A-Za-z0-9_-]{8,64}")


NOTEWORTHY = frozenset({301, 404, 410})
"""Answers that somebody may want to count: that something is elsewhere, or nowhere."""


def nothing_ready(_scope: HTTPScope) -> None:
    """Where no answers are kept, each request is for the application."""


def nobody_told(_scope: HTTPScope, _path: str, _start: Any) -> None:
    """Where nobody counts answers, none is told."""


class RequestId:
    """ASGI middleware, outermost: `scope["state"]["request_id"]`, response header, access log.

    What `ready_answer` returns, the two messages of an answer, is sent without asking the application. Whoever
    answered, `tell` hears of what is NOTEWORTHY: the request, its path, and the start of the answer.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings,
        access_log: AccessLog | None = None,
        ready_answer: Callable[[HTTPScope], tuple[Any, Any] | None] = nothing_ready,
        tell: Callable[[HTTPScope, str, Any], None] = nobody_told,
    ) -> None:
        self._app = app
        self._ready_answer = ready_answer
        self._tell = tell
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._series = secrets.token_hex(4)
        self._count = count()
        self._log = access_log or AccessLog(as_json=settings.is_production)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        client, path = scope["client"], scope["path"]  # Applications further in may cut the path short.
        address = client[0] if client else ""
        request_id = self._next_number()
        if self._proxies and address in self._proxies:
            address, request_id = self._as_forwarded(scope, address, request_id)
        answer = _Answer(send, (b"x-request-id", request_id.encode()))
        ready = self._ready_answer(scope)
        try:
            if ready is None:
                scope.setdefault("state", {})["request_id"] = request_id
                await self._app(scope, receive, answer.send)
            else:
                await send(answer.numbered(ready[0]))
                await send(ready[1])
        finally:
            if answer.status in NOTEWORTHY:
                self._tell(scope, path, answer.start)
            self._log.add(
                request_id=request_id,
                client=address,
                method=scope["method"],
                path=path,
                status=answer.status,
                milliseconds=(time.perf_counter() - began) * 1000,
            )

    def _next_number(self) -> str:
        """Return a number that no other request of any process has; a random one each would take longer."""
        return f"{self._series}{next(self._count):08x}"

    def _as_forwarded(self, scope: HTTPScope, address: str, request_id: str) -> tuple[str, str]:
        """Take over what a trusted proxy says: the client, the scheme, and the number it gave the request."""
        said: dict[bytes, str] = {}
        for name, value in scope["headers"]:
            text = value.decode("latin-1")
            said[name] = f"{said[name]}, {text}" if name in said else text
        address = self._proxies.client(address, said.get(b"x-forwarded-for", ""))
        scope["client"] = (address, 0)
        scheme = said.get(b"x-forwarded-proto", "").strip().lower()
        if scheme in {"http", "https"}:
            scope["scheme"] = scheme
            scope["state"]["is_scheme_known"] = True
        number = said.get(b"x-request-id", "")
        return address, number if SANE.fullmatch(number) else request_id


class _Answer:
    """An answer on its way out, to which the number is added; `status` is 0 until it begins."""

    __slots__ = ("_header", "_send", "start", "status")

    def __init__(self, send: Send, header: tuple[bytes, bytes]) -> None:
        self.status = 0
        self.start: Any = None
        self._send = send
        self._header = header

    def numbered(self, start: Any) -> Any:
        self.status = start["status"]
        self.start = start
        return {**start, "headers": [*start["headers"], self._header]}

    async def send(self, message: Any) -> None:
        await self._send(self.numbered(message) if message["type"] == "http.response.start" else message)


class LogContext:
    """ASGI middleware: what is logged while the request is answered carries its number.

    It stands behind the page cache, which has nothing to log of a page that it has.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        with bound_contextvars(request_id=scope["state"]["request_id"]):
            await self._app(scope, receive, send)
