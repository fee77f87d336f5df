"""What may be shown of texts and values that may hold secrets: passwords, tokens, and links that let somebody in."""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "(hidden)"

SECRET_NAME = re.compile(r"password|passwd|secret|token|api_?key|authorization|cookie|signature", re.IGNORECASE)
"""Names of values that are never shown, whatever they are."""

CREDENTIALS_IN_URL = re.compile(r"(?<=://)[^/?#\s]+(?=@)")

SECRET_PARAMETER = re.compile(rf"([?&][\w.-]*(?:{SECRET_NAME.pattern}|key)[\w.-]*=)[^&#\s]+", re.IGNORECASE)

SIGNED = re.compile(r"\.?[\w-]+\.[\w-]{4,}\.[\w-]{27,}")
"""What `cms.core.tokens` makes: a payload, a moment and a signature, which is never shorter."""

RANDOM = re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{32,}")
"""Letters of both cases and digits, mixed for long: the key of a session or of an API, but no word of a language."""


def without_secrets(text: str) -> str:
    """Return a text that anybody on the staff may read."""
    for secret in (CREDENTIALS_IN_URL, SIGNED, RANDOM):
        text = secret.sub(HIDDEN, text)
    return SECRET_PARAMETER.sub(rf"\1{HIDDEN}", text)


def shown(name: str, value: Any) -> Any:
    """Return what may be shown of a value under its name, also of what is nested in it."""
    if SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, Mapping):
        return {key: shown(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [shown("", inner) for inner in value]
    return value
