"""Signed tokens that expire: the part of a link that proves we sent it, such as one to reset a password.

They are signed, not encrypted: whoever holds one can read it. One purpose's token is worthless for another.
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from cms.core import clock
from cms.core.errors import Invalid
from cms.core.settings import Settings

SALT = "cms.tokens."
MAX_LENGTH = 4096
"""Characters. What we sign is a few numbers; anything longer was not made here."""

_TOO_OLD = "This link has expired. Please ask for a new one."
_NOT_OURS = "This link is not valid. Please check that you copied all of it, or ask for a new one."


class _ClockSigner(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def sign(payload: Mapping[str, Any], *, purpose: str, settings: Settings) -> str:
    """Return a token for `payload`, which holds only what JSON can; it fits into an address as it is."""
    return str(_serializer(purpose, settings).dumps(dict(payload)))


def read(token: str, *, purpose: str, max_age: timedelta, settings: Settings) -> dict[str, Any]:
    """Return what was signed for `purpose`.

    Raises Invalid where it was not signed here, for another purpose, or longer than `max_age` ago.
    """
    if len(token) > MAX_LENGTH or not token.isascii():
        raise Invalid(_NOT_OURS)
    try:
        payload = _serializer(purpose, settings).loads(token, max_age=int(max_age.total_seconds()))
    except SignatureExpired:
        raise Invalid(_TOO_OLD) from None
    except BadData:
        raise Invalid(_NOT_OURS) from None
    return dict(payload)


def _serializer(purpose: str, settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        settings.secret_key.get_secret_value(),
        salt=SALT + purpose,
        signer=_ClockSigner,
        signer_kwargs={"digest_method": hashlib.sha256},
    )
