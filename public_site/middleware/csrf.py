"""The token that proves that a form was made for the one who sends it.

For somebody signed in it follows from the session. For a visitor it follows from a random cookie, which is set
only by a page that asks for a token: all other pages stay without a cookie and can be cached.
"""

import hmac
import re
import secrets
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from litestar.types import Scope

COOKIE = "csrf"
SECURE_COOKIE = "__Host-csrf"
"""With this prefix no other host under the domain can set the cookie in our place."""

NONCE = re.compile(r"[A-Za-z0-9_-]{22,64}")


def csrf_token(scope: Scope) -> str:
    """Return the token to put into the form's field `csrf_token`; the page is not cached, whoever sees it."""
    return str(scope["state"]["csrf_token"])


class Token:
    """The token of one request; it is made when somebody asks for it by `str()`."""

    def __init__(self, scope: Scope, *, secret_key: bytes, is_secure: bool) -> None:
        self._scope = scope
        self._secret_key = secret_key
        self._is_secure = is_secure
        self._new_nonce: str | None = None
        self.was_given_out = False

    def __str__(self) -> str:
        self.was_given_out = True
        session_hash = self._session_hash()
        if session_hash is not None:
            return self._derived("session", session_hash)
        if self._nonce_in_cookie() is None and self._new_nonce is None:
            self._new_nonce = secrets.token_urlsafe(24)
        return self._derived("visitor", self._nonce_in_cookie() or self._new_nonce or "")

    def matches(self, given: str) -> bool:
        """Tell whether this is the token that this sender was given."""
        session_hash = self._session_hash()
        nonce = self._nonce_in_cookie()
        if session_hash is not None:
            expected = self._derived("session", session_hash)
        elif nonce is not None:
            expected = self._derived("visitor", nonce)
        else:
            return False
        return hmac.compare_digest(expected.encode(), given.encode())

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return what the response needs besides: the cookie, if the token rests on one not yet set."""
        if self._new_nonce is None:
            return []
        name = SECURE_COOKIE if self._is_secure else COOKIE
        secure = "; Secure" if self._is_secure else ""
        cookie = f"{name}={self._new_nonce}; Path=/; HttpOnly; SameSite=Lax{secure}"
        return [(b"set-cookie", cookie.encode())]

    def _session_hash(self) -> str | None:
        user_session: Any = self._scope["state"].get("user_session")
        if user_session is None:
            return None
        token_hash: bytes | str = user_session.token_hash
        return token_hash.hex() if isinstance(token_hash, bytes) else token_hash

    def _nonce_in_cookie(self) -> str | None:
        name = SECURE_COOKIE if self._is_secure else COOKIE
        nonce = _cookie(self._scope["headers"], name)
        return nonce if nonce is not None and NONCE.fullmatch(nonce) else None

    def _derived(self, kind: str, secret: str) -> str:
        return hmac.new(self._secret_key, f"csrf:{kind}:{secret}".encode(), sha256).hexdigest()


def _cookie(headers: Iterable[tuple[bytes, bytes]], name: str) -> str | None:
    for header, value in headers:
        if header == b"cookie":
            for part in value.decode("latin-1").split(";"):
                own, _, content = part.strip().partition("=")
                if own == name:
                    return content
    return None
