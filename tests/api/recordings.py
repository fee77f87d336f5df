"""Exchanges with the old site, as they were recorded byte by byte, and how they are read."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

END_OF_HEADERS = b"\r\n\r\n"


@dataclass(frozen=True)
class Exchange:
    """A request of a client and what it was answered. Names of headers are in small letters."""

    name: str
    method: str
    target: str
    headers: dict[str, str]
    content: bytes
    status: int
    answered_headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


def read(path: Path) -> Exchange:
    """Return the exchange that a file holds: request, its body if there is any, answer, its body."""
    request, rest = path.read_bytes().split(END_OF_HEADERS, 1)
    method, target, _ = request.split(b"\r\n")[0].decode().split(" ")
    headers = _headers(request)
    length = int(headers.get("content-length", 0))
    content = rest[:length]
    answer, body = rest[length:].removeprefix(END_OF_HEADERS if length else b"").split(END_OF_HEADERS, 1)
    status = int(answer.split(b" ")[1])
    answered = _headers(answer)
    if answered.get("transfer-encoding") == "chunked":
        body = body.removesuffix(b"0\r\n\r\n")
    return Exchange(path.stem, method, target, headers, content, status, answered, body)


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
