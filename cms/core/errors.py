"""What can go wrong, in the reader's words: each error is a sentence and the status that a face answers with."""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class CMSError(Exception):
    """A refusal or failure that a person is told about; `message` is a sentence written for them."""

    status_code: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigurationError(CMSError):
    """The settings do not allow the program to start."""


class NotFound(CMSError):
    """There is no such thing, or not for this reader."""

    status_code = 404


class NotAuthenticated(CMSError):
    """Nobody has said who asks, or not in a way that can be believed."""

    status_code = 401


class PermissionDenied(CMSError):
    """The person may not do this."""

    status_code = 403


class Conflict(CMSError):
    """Somebody else changed the row, or something still depends on it."""

    status_code = 409


class InvalidTransition(Conflict):
    """The row's status does not allow this decision."""


class Invalid(CMSError):
    """What was given breaks a rule; `errors` maps field names to sentences, "" being the whole."""

    status_code = 422

    def __init__(self, message: str, *, errors: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.errors: dict[str, list[str]] = {name: list(found) for name, found in (errors or {}).items()}

    @classmethod
    def in_fields(cls, errors: Mapping[str, Sequence[str]]) -> "Invalid":
        """Return one error for all of `errors`, whose message joins their sentences."""
        return cls(" ".join(sentence for found in errors.values() for sentence in found), errors=errors)


class TooManyAttempts(CMSError):
    """Somebody tries too often; `retry_after` is in seconds."""

    status_code = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(CMSError):
    """Something that this answer needs does not answer itself; trying again later may help."""

    status_code = 503
