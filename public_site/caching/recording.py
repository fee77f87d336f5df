"""What the application answers, on its way to become a page of the cache, or to pass by."""

import asyncio
from collections.abc import Callable
from typing import Any

from litestar.types import Receive, Send

from public_site.caching.policy import Headers, Policy, as_private, policy_of

NO_BODY: Any = {"type": "http.request", "body": b"", "more_body": False}
GONE: Any = {"type": "http.disconnect"}


class Recording:
    """A response of the application, held back for as long as it may still become a page of the cache.

    Whoever streams an answer waits for the visitor to have it all and be gone. What is held back never arrives
    there, so that this says it in the visitor's place, as soon as the answer is complete.
    """

    def __init__(self, receive: Receive, send: Send, *, limit: int, given_up: Callable[[], None]) -> None:
        self.status = 0
        self.policy = Policy(headers=[], life=0, surrogate_keys=frozenset())
        self.chunks: list[bytes] = []
        self.is_complete = False
        self._receive = receive
        self._send = send
        self._limit = limit
        self._size = 0
        self._length: Headers = []
        self._is_passing = False
        self._was_asked_for_body = False
        self._is_decided = asyncio.Event()
        self._given_up = given_up

    async def receive(self) -> Any:
        """Return the visitor's messages; a request whose answer may be shared has no body."""
        if self._limit > 0:
            if not self._was_asked_for_body:
                self._was_asked_for_body = True
                return NO_BODY
            await self._is_decided.wait()
        return GONE if self.is_complete else await self._receive()

    async def send(self, message: Any) -> None:
        if self._is_passing:
            await self._send(message)
        elif message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body":
            await self._body(message)
        else:
            await self._pass()
            await self._send(message)

    async def _start(self, message: Any) -> None:
        self.status = message["status"]
        policy = policy_of(self.status, message["headers"])
        if policy is None or self._limit == 0:
            self._give_up()
            await self._send(as_private(message) if policy is None else message)
        else:
            self.policy = policy
            self._length = [pair for pair in message["headers"] if pair[0].lower() == b"content-length"]

    async def _body(self, message: Any) -> None:
        chunk = message.get("body", b"")
        self.chunks.append(chunk)
        self._size += len(chunk)
        if self._size > self._limit:
            await self._pass()
            if not message.get("more_body", False):
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        elif not message.get("more_body", False):
            self.is_complete = True
            self._is_decided.set()

    async def _pass(self) -> None:
        """Send what was held back; what follows is sent as it comes."""
        self._give_up()
        headers = [*self.policy.headers, *self._length]
        await self._send({"type": "http.response.start", "status": self.status, "headers": headers})
        for chunk in self.chunks:
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        self.chunks.clear()

    def _give_up(self) -> None:
        self._is_passing = True
        self._is_decided.set()
        self._given_up()
