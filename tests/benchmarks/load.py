"""Sends one request over and over on a few connections, several at a time on each, and counts the answers.

Run as a process of its own: `python -m tests.benchmarks.load http://127.0.0.1:8000/downloads/ --seconds 3`. All
answers to a request have the same length, so that counting bytes counts answers, and this stays far below what
the server takes.
"""

import argparse
import asyncio
import json
import socket
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import uvloop

CONNECTIONS = 8
PIPELINED = 4
WARM_UP = 0.3
"""Seconds of load before counting begins."""


@dataclass(frozen=True)
class Load:
    """What was measured; `bytes` is the length of one answer with its headers."""

    requests: int
    seconds: float
    per_second: float
    bytes: int


class _Connection(asyncio.Protocol):
    """Keeps a number of requests on the way until told to stop."""

    def __init__(self, request: bytes, answer_size: int, pipelined: int) -> None:
        self._batch = request * pipelined
        self._batch_size = answer_size * pipelined
        self._answer_size = answer_size
        self._received = 0
        self.answers = 0
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream's transport also writes.
        self._transport.write(self._batch)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._received >= self._batch_size:
            if self._received != self._batch_size:
                raise RuntimeError("The answers differ in length, so they cannot be counted by it.")
            self.answers += self._received // self._answer_size
            self._received = 0
            self._transport.write(self._batch)

    def close(self) -> None:
        self._transport.abort()


async def measure(url: str, *, seconds: float, headers: dict[str, str], connections: int, pipelined: int) -> Load:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    request = _request(parts.path or "/", parts.query, {"Host": parts.netloc} | headers)
    size = _answer_size(host, port, request)
    loop = asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: _Connection(request, size, pipelined), host, port))[1]
        for _ in range(connections)
    ]
    await asyncio.sleep(WARM_UP)
    before, began = sum(connection.answers for connection in opened), time.perf_counter()
    await asyncio.sleep(seconds)
    answers, took = sum(connection.answers for connection in opened) - before, time.perf_counter() - began
    for connection in opened:
        connection.close()
    return Load(requests=answers, seconds=took, per_second=answers / took, bytes=size)


def _request(path: str, query: str, headers: dict[str, str]) -> bytes:
    target = f"{path}?{query}" if query else path
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _answer_size(host: str, port: int, request: bytes) -> int:
    """Ask twice, so that what is measured is not the first answer, and return the length of the second."""
    size = 0
    for _ in range(2):
        with socket.create_connection((host, port), timeout=30) as connection:
            connection.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += connection.recv(65536)
            head, _, body = answer.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"The server answered {head[:100]!r}.")
            length = next(
                int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
            )
            size = len(head) + 4 + length
            while len(body) < length:
                body += connection.recv(65536)
    return size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--pipelined", type=int, default=PIPELINED)
    parser.add_argument("--header", action="append", default=[])
    options = parser.parse_args()
    headers = dict(line.split(": ", 1) for line in options.header)
    load = uvloop.run(
        measure(
            options.url,
            seconds=options.seconds,
            headers=headers,
            connections=options.connections,
            pipelined=options.pipelined,
        )
    )
    print(json.dumps(asdict(load)))


if __name__ == "__main__":
    main()
