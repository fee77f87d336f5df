"""How programs say who they are: the header forms of both versions of the API, and of no other place."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

BEARERS = frozenset({"token", "bearer"})
IN_QUERY = frozenset({"username", "api_key"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key, and in version 1 the name of its owner."""

    secret: str
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What came was meant as credentials, and cannot be any; `sentence` says why."""

    sentence: str


Said = Credentials | Refusal | None
"""None stands for a guest, who said nothing."""

INVALID_KEY = "The key is not valid."


def of_version_1(header: str | None, query_string: bytes) -> Said:
    """Read `Authorization: ApiKey user:key`. A key in the query, where logs and caches see it, never counts."""
    if IN_QUERY & {name for name, _ in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)}:
        return Refusal("A key in the query does not count; send it in the header Authorization.")
    if header is None:
        return None
    scheme, _, rest = header.strip().partition(" ")
    username, colon, secret = rest.strip().partition(":")
    if scheme.lower() != "apikey" or not (username and colon and secret) or ":" in secret:
        return Refusal("Write “Authorization: ApiKey user:key”.")
    return Credentials(secret, username)


def of_version_2(header: str | None, _query_string: bytes) -> Said:
    """Read `Authorization: Token key`, or `Bearer key`; what names another scheme is not meant for us."""
    words = (header or "").split()
    if not words or words[0].lower() not in BEARERS:
        return None
    if len(words) == 1:
        return Refusal("Invalid token header. No credentials provided.")
    if len(words) > 2:
        return Refusal("Invalid token header. Token string should not contain spaces.")
    if not words[1].isascii():
        return Refusal("Invalid token header. Token string should not contain invalid characters.")
    return Credentials(words[1])
