"""How the API refuses before any handler is asked: in JSON, in the form of the version that is asked."""

import json

from public_site.urls import API, API_V1, is_modern_api

JSON = b"application/json"


def is_of_api(path: str) -> bool:
    """Return whether programs call at this path, which understand JSON."""
    return path.startswith(API)


def told(path: str, status: int, sentence: str) -> bytes:
    """Return the body; the newer paths of version 2 say more than the old ones."""
    if path.startswith(API_V1):
        return _written({"error_message": sentence})
    modern = {"status_code": status, "extra": {}} if is_modern_api(path) else {}
    return _written({"detail": sentence, **modern})


def _written(body: dict[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
