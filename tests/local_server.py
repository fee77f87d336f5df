"""A local HTTP server that answers as a test wishes, and what lets the code under test fetch from it."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from cms.core.resources import Resources

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one path answers with; `headers` replace those that are sent otherwise."""

    content: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: tuple[bytes, ...] = ()
    """Sent chunked instead of `content`, so that no length is announced."""

    stalls: bool = False
    """Whether the connection is left open after what was sent."""


@dataclass
class LocalServer:
    """Answers by path, 404 for every other, and writes down what it was asked."""

    url: str = ""
    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path, headers = await _head_of(reader)
            self.asked.append((path, headers))
            answer = self.answers.get(path, Answer(status=404))
            writer.write(_as_bytes(answer))
            await writer.drain()
            if answer.stalls:
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # Whoever asked has gone.
        finally:
            writer.close()


@asynccontextmanager
async def local_server(*, shows: ssl.SSLContext | None = None) -> AsyncIterator[LocalServer]:
    """Run a server at a port of its own; `shows` is the certificate of one that speaks TLS."""
    local = LocalServer()
    server = await asyncio.start_server(local.serve, "127.0.0.1", 0, ssl=shows)
    local.port = server.sockets[0].getsockname()[1]
    local.url = f"{'https' if shows else 'http'}://127.0.0.1:{local.port}"
    try:
        yield local
    finally:
        server.close()


def fetching_locally(resources: Resources, **settings: Any) -> Resources:
    """Return the same resources with these settings, and the leave to fetch from this machine."""
    changed = resources.settings.model_copy(update={"fetch_from_networks": [LOOPBACK], **settings})
    return replace(resources, settings=changed)


async def _head_of(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    pairs = (line.partition(":") for line in head[1:] if line)
    return head[0].split()[1], {name.lower(): value.strip() for name, _, value in pairs}


def _as_bytes(answer: Answer) -> bytes:
    length = {"Transfer-Encoding": "chunked"} if answer.pieces else {"Content-Length": str(len(answer.content))}
    headers = {"Content-Type": answer.content_type, **length, "Connection": "close", **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} -", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in answer.pieces)
    return "\r\n".join(lines).encode() + (chunks + b"0\r\n\r\n" if answer.pieces else answer.content)
