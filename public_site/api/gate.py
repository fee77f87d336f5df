"""The gate of the API: who calls, by their key alone, and whether they have called too often."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from limits import RateLimitItem
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cms.core.resources import Resources
from cms.users import api_keys
from cms.users.api_keys import ApiKey
from cms.users.throttle import account_key, network_of
from public_site.api import credentials
from public_site.api.credentials import Credentials, Refusal, Said
from public_site.api.early_refusals import JSON, told
from public_site.api.rate_limits import Allowance, RateLimits, rate
from public_site.middleware import short_answers
from public_site.urls import API, API_V1

WRONG_KEYS = rate("30/10minute")
"""How many wrong keys an address may try, and how many may be tried for one name, before all have to wait."""

UNAVAILABLE = "The service cannot reach its database at this moment. Please try again in a few seconds."
SURROGATE_KEY = (b"surrogate-key", b"pydotorg-app api")
NOT_VALID = "Invalid token."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Version:
    """What differs between the versions of the API before anything is looked up."""

    prefix: str
    name: str
    said_by: Callable[[str | None, bytes], Said]
    guests: RateLimitItem
    callers: RateLimitItem
    throttled: Callable[[str, int], tuple[bytes, bytes]]
    """Path, seconds to wait → media type and body of the 429."""


class ApiGate:
    """ASGI middleware for /api/: puts `user`, `api_key` and `api_refusal` into the scope's state.

    The user holds what the key allows, and nothing more. A refusal is answered by the version's own handlers, for
    they know how their clients expect it.
    """

    def __init__(self, app: ASGIApp, *, resources: Resources) -> None:
        self._app = app
        self._sessionmaker = resources.sessionmaker
        self._limits = RateLimits(resources.redis)
        settings = resources.settings
        version_1, guests, callers = map(
            rate, (settings.api_v1_rate, settings.api_v2_guest_rate, settings.api_v2_key_rate)
        )
        self._versions = (
            Version(API_V1, "v1", credentials.of_version_1, version_1, version_1, _throttled_1),
            Version(API, "v2", credentials.of_version_2, guests, callers, _throttled_2),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        version = next(found for found in self._versions if scope["path"].startswith(found.prefix))
        state = scope.setdefault("state", {})
        state |= {"user": None, "api_key": None, "api_refusal": None}
        said = version.said_by(_header(scope, b"authorization"), scope["query_string"])
        try:
            allowance = await self._admit(scope, version, said)
        except (DBAPIError, PoolTimeout, OSError) as error:
            log.warning("api_keys_cannot_be_read", error=repr(error))
            body = told(scope["path"], 503, UNAVAILABLE)
            headers = [short_answers.SOON_AGAIN, SURROGATE_KEY]
            await short_answers.answer(send, 503, body, media_type=JSON, headers=headers)
            return
        if allowance.is_exceeded:
            media_type, body = version.throttled(scope["path"], allowance.reset)
            headers = [*allowance.headers(), SURROGATE_KEY]
            await short_answers.answer(send, 429, body, media_type=media_type, headers=headers)
            return
        await self._app(scope, receive, short_answers.adding(allowance.headers(), send))

    async def _admit(self, scope: HTTPScope, version: Version, said: Said) -> Allowance:
        """Find out who calls, count the call, and return what is left."""
        address = network_of(scope["client"][0] if scope["client"] else "")
        state = scope["state"]
        if isinstance(said, Credentials):
            names = _guessed(said, address)
            for name in names:
                waiting = await self._limits.look(WRONG_KEYS, *name)
                if waiting.is_exceeded:
                    return waiting
            key = await self._find(said)
            if key is not None:
                state |= {"user": key.user, "api_key": key}
                return await self._limits.take(version.callers, version.name, "user", str(key.user_id))
            for name in names:
                await self._limits.take(WRONG_KEYS, *name)
        if said is not None:
            state["api_refusal"] = said.sentence if isinstance(said, Refusal) else NOT_VALID
        return await self._limits.take(version.guests, version.name, "address", address)

    async def _find(self, said: Credentials) -> ApiKey | None:
        async with self._sessionmaker() as session:
            key = await api_keys.find(session, said.secret, username=said.username)
            if key is not None and await api_keys.touch(session, key):
                await session.commit()
            return key


def _guessed(said: Credentials, address: str) -> list[tuple[str, ...]]:
    """Return under which names a wrong key is counted; that of an account counts for each address apart.

    Otherwise a stranger could keep the owner out by guessing.
    """
    by_address: tuple[str, ...] = ("wrong-keys", address)
    if said.username is None:
        return [by_address]
    return [by_address, ("wrong-keys", address, account_key(said.username))]


def _throttled_1(_path: str, _seconds: int) -> tuple[bytes, bytes]:
    return b"text/html; charset=utf-8", b""


def _throttled_2(path: str, seconds: int) -> tuple[bytes, bytes]:
    detail = f"Request was throttled. Expected available in {seconds} seconds."
    return JSON, told(path, 429, detail)


def _header(scope: HTTPScope, name: bytes) -> str | None:
    """Return a header's value; of several, whose meaning nobody could tell, all of them, which no key matches."""
    found = [value.decode("latin-1") for own, value in scope["headers"] if own == name]
    return " ".join(found) if found else None
