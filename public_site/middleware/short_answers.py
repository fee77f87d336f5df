"""Answers that middleware gives in the application's place, and headers that it adds to the application's."""

from collections.abc import Iterable
from typing import Any

from litestar.types import Send

PLAIN = b"text/plain; charset=utf-8"
KEPT_BY_NOBODY = (b"cache-control", b"private, no-store")
SOON_AGAIN = (b"retry-after", b"5")
"""For what is over in a few seconds."""

Header = tuple[bytes, bytes]


async def answer(
    send: Send, status: int, body: bytes, *, media_type: bytes = PLAIN, headers: Iterable[Header] = ()
) -> None:
    """Send a whole answer, which no cache keeps unless the headers say otherwise."""
    sent = [(b"content-type", media_type), (b"content-length", b"%d" % len(body)), KEPT_BY_NOBODY]
    await send({"type": "http.response.start", "status": status, "headers": with_defaults([*headers], sent)})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def adding(extra: Iterable[Header], send: Send) -> Send:
    """Return a `send` that adds headers to the answer; one that the application has sent by itself stays."""

    async def send_with_headers(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": with_defaults(message["headers"], extra)}
        await send(message)

    return send_with_headers


def with_defaults(headers: Iterable[Header], defaults: Iterable[Header]) -> list[Header]:
    """Return the headers, and those of the defaults whose names are not among them."""
    own = [*headers]
    said = {name.lower() for name, _ in own}
    return [*own, *(header for header in defaults if header[0] not in said)]
