"""A bare ASGI application that sends the bytes of one given answer: what the same server can do at most."""

import json
import os
from pathlib import Path
from typing import Any

ANSWER = "BENCH_ANSWER"
"""The variable that names a JSON file with `headers` and `body`, both in Latin-1."""


def create() -> Any:
    answer = json.loads(Path(os.environ[ANSWER]).read_text())
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer["headers"]]
    body = answer["body"].encode("latin-1")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body, "more_body": False})

    return app
