"""A browser for pure ASGI applications: sends one request and returns what came back, message by message."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    messages: int

    def __getitem__(self, name: str) -> str:
        return ", ".join(value for own, value in self.headers if own == name.lower())

    def __contains__(self, name: str) -> bool:
        return any(own == name.lower() for own, _ in self.headers)

    @property
    def text(self) -> str:
        return self.body.decode()


async def ask(
    app: Any,
    path: str = "/",
    *,
    method: str = "GET",
    headers: dict[str, str] | Iterable[tuple[str, str]] = (),
    body: bytes | Iterable[bytes] = b"",
    query: str = "",
    client: tuple[str, int] = ("127.0.0.1", 50000),
    scheme: str = "http",
    state: dict[str, Any] | None = None,
) -> Answer:
    pairs = [*(headers.items() if isinstance(headers, dict) else headers)]
    if not any(name.lower() == "host" for name, _ in pairs):
        pairs.insert(0, ("Host", "testserver"))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs],
        "client": client,
        "server": ("127.0.0.1", 8000),
        "state": {} if state is None else state,
    }
    chunks = [body] if isinstance(body, bytes) else [*body]
    return await _exchange(app, scope, chunks)


async def _exchange(app: Any, scope: dict[str, Any], chunks: list[bytes]) -> Answer:
    sent: list[Any] = []

    async def receive() -> Any:
        if not chunks:
            return {"type": "http.disconnect"}
        chunk = chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    assert start["type"] == "http.response.start"
    assert all(message["type"] == "http.response.body" for message in rest)
    assert not rest[-1].get("more_body", False)
    return Answer(
        status=start["status"],
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]],
        body=b"".join(message.get("body", b"") for message in rest),
        messages=len(sent),
    )
