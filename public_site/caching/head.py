"""HEAD for every page: the application is asked for a GET, and the body of its answer stays here."""

from typing import Any

from litestar.types import HTTPScope, Send

EMPTY_BODY: Any = {"type": "http.response.body", "body": b"", "more_body": False}


def as_get(scope: HTTPScope) -> HTTPScope:
    """Return the scope of the GET that belongs to a HEAD; a GET stays as it is."""
    return scope if scope["method"] == "GET" else {**scope, "method": "GET"}


def without_body(send: Send) -> Send:
    """Return a `send` that lets only the head of the response through."""
    is_over = False

    async def send_head(message: Any) -> None:
        nonlocal is_over
        if message["type"] == "http.response.start":
            await send(message)
        elif not is_over and not message.get("more_body", False):
            is_over = True
            await send(EMPTY_BODY)

    return send_head
