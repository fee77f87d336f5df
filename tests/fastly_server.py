"""A local HTTP server that speaks Fastly's purge API and writes down what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

SERVICE_ID = "SU1Z0isxPaozGVKXdv0eY"
API_KEY = "a-fastly-key"
MOST_KEYS = 256


@dataclass
class FastlyServer:
    """Refuses what Fastly refuses: a wrong key, an unknown service, more than 256 keys at once."""

    url: str = ""
    purged_keys: list[list[str]] = field(default_factory=list)
    purged_paths: list[str] = field(default_factory=list)
    soft: list[bool] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """Statuses to answer with next instead of purging."""
    silent: bool = False
    """Accepts connections and never answers."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await _read_head(reader):
                method, target, headers = head
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if self.silent:
                    await reader.read()
                    return
                status, content = self._purge(method, target, headers, body)
                payload = json.dumps(content).encode()
                writer.write(
                    f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(payload)}\r\n\r\n".encode()
                    + payload
                )
                await writer.drain()
        finally:
            writer.close()

    def _purge(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        if self.answers:
            return self.answers.pop(0), {"msg": "As the test wished."}
        if headers.get("fastly-key") != API_KEY:
            return 401, {"msg": "Provided credentials are missing or invalid"}
        if method == "PURGE":
            self.purged_paths.append(target)
            self.soft.append(headers.get("fastly-soft-purge") == "1")
            return 200, {"status": "ok", "id": "1-1"}
        if (method, target) != ("POST", f"/service/{SERVICE_ID}/purge"):
            return 404, {"msg": "Record not found"}
        keys = json.loads(body)["surrogate_keys"] if body else headers["surrogate-key"].split()
        if len(keys) > MOST_KEYS:
            return 400, {"msg": "Bad request", "detail": "too many surrogate keys"}
        self.purged_keys.append(keys)
        self.soft.append(headers.get("fastly-soft-purge") == "1")
        return 200, dict.fromkeys(keys, "1-1")


@asynccontextmanager
async def fastly_server() -> AsyncIterator[FastlyServer]:
    fastly = FastlyServer()
    server = await asyncio.start_server(fastly.answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    fastly.url = f"http://{host}:{port}"
    try:
        yield fastly
    finally:
        server.close()


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]] | None:
    request_line = (await reader.readline()).decode().split()
    if not request_line:
        return None
    headers = {}
    while line := (await reader.readline()).decode().strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return request_line[0], request_line[1], headers
