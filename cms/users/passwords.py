"""How passwords are kept and compared: argon2id, and once more each format that the old site has left us."""

import asyncio
import base64
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from passlib.crypto.scrypt import scrypt
from passlib.hash import argon2, django_bcrypt_sha256, django_pbkdf2_sha1, django_pbkdf2_sha256

from cms.core.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

HASHER = PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)
"""OWASP asks for 19 MiB and two passes at least. A third pass makes guessing half as expensive again and costs us
20 ms; more memory would be felt, because a worker is to stay below 150 MB with two of these running."""

THREADS = 2
MOST_WAITING = 16
"""The seventeenth would wait for seconds, with a request open; it is told so instead."""

LONGEST_TRIED = 4096
"""In characters. Django took passwords up to here; a longer one was never anybody's."""

UNUSABLE_PREFIX = "!"
"""Django begins so what stands for "no password"; nothing matches it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password was right, and whether it should be hashed anew because its hash is old or weak."""

    valid: bool
    needs_rehash: bool = False


WRONG = Verdict(valid=False)

_threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="passwords")
_waiting = 0


async def hash_password(password: str) -> str:
    """Return what to store for a password.

    Raises Unavailable when too many are being hashed already.
    """
    return await _in_thread(hash_now, password)


def hash_now(password: str) -> str:
    """Return what to store for a password, blocking meanwhile: for commands, which have nothing else to do."""
    return HASHER.hash(password)


async def verify(password: str, encoded: str | None) -> Verdict:
    """Compare a password with what is stored, be it ours or Django's.

    None stands for an account that does not exist, and costs as much as one that does. What no format explains
    matches nothing. Raises Unavailable when too many are being compared already.
    """
    return await _in_thread(_verdict, password, encoded)


def unusable() -> str:
    """Return what to store for an account whose owner has no password."""
    return UNUSABLE_PREFIX


def is_usable(encoded: str) -> bool:
    """Return whether any password could match what is stored."""
    return bool(encoded) and not encoded.startswith(UNUSABLE_PREFIX)


async def _in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what would block the event loop; two at a time, since each takes a core and 19 MiB."""
    global _waiting  # One count for the process, changed only on its event loop.
    if _waiting >= MOST_WAITING:
        message = "Very many people are signing in at this moment. Please try again in a few seconds."
        raise Unavailable(message)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, lambda: function(*args, **kwargs))
    finally:
        _waiting -= 1


def _verdict(password: str, encoded: str | None) -> Verdict:
    if encoded is None or not is_usable(encoded):
        _matches_argon2id(password, NOBODYS_HASH)
        return WRONG
    if encoded.startswith(OWN_PREFIX):
        valid = _matches_argon2id(password, encoded)
        return Verdict(valid, needs_rehash=valid and HASHER.check_needs_rehash(encoded))
    valid = _matches_old(password, encoded)
    return Verdict(valid, needs_rehash=valid)


def _matches_argon2id(password: str, encoded: str) -> bool:
    try:
        return len(password) <= LONGEST_TRIED and HASHER.verify(encoded, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


def _matches_old(password: str, encoded: str) -> bool:
    """Compare with a hash of the old site; passlib complains about malformed ones by ValueError or TypeError."""
    matches = OLD_FORMATS.get(encoded.partition("$")[0])
    try:
        return matches is not None and len(password) <= LONGEST_TRIED and matches(password, encoded)
    except (ValueError, TypeError):
        return False


def _matches_django_argon2(password: str, encoded: str) -> bool:
    """Compare with `argon2$argon2id$v=19$…`; passlib's own wrapper knows only the argon2i of the first years."""
    return bool(argon2.verify(password, encoded.removeprefix("argon2")))


def _matches_django_scrypt(password: str, encoded: str) -> bool:
    """Compare with `scrypt$N$salt$r$p$digest`, Django's own layout, for which passlib has the function alone."""
    _, cost, salt, block_size, parallelism, digest = encoded.split("$")
    expected = base64.b64decode(digest, validate=True)
    found = scrypt(password.encode(), salt.encode(), int(cost), int(block_size), int(parallelism), keylen=len(expected))
    return hmac.compare_digest(found, expected)


OLD_FORMATS: dict[str, Callable[[str, str], bool]] = {
    "pbkdf2_sha256": django_pbkdf2_sha256.verify,
    "pbkdf2_sha1": django_pbkdf2_sha1.verify,
    "argon2": _matches_django_argon2,
    "bcrypt_sha256": django_bcrypt_sha256.verify,
    "scrypt": _matches_django_scrypt,
}

OWN_PREFIX = "$argon2id$"
NOBODYS_HASH = "$argon2id$v=19$m=19456,t=3,p=1$FdOuZX93x9SHAlZoLnKGQA$7ff8CdzCmBXD8cEsAGqNRB3vBEOyHT3hiVcmi5W5Bxw"
"""Of random bytes that were thrown away, made by HASHER so that a comparison takes the same time."""
