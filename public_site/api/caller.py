"""Who calls the API, as handlers are told: a guest, or somebody by one of their keys."""

from dataclasses import dataclass

from litestar.types import Scope

from cms.core.errors import NotAuthenticated
from cms.users.api_keys import ApiKey
from cms.users.models import User


@dataclass(frozen=True, slots=True)
class Caller:
    """A guest has neither; the user holds what the key allows, and nothing more."""

    user: User | None
    key: ApiKey | None

    @property
    def is_guest(self) -> bool:
        return self.user is None

    @property
    def person(self) -> User:
        """Return who calls. Raises NotAuthenticated for a guest."""
        if self.user is None:
            message = "Authentication credentials were not provided."
            raise NotAuthenticated(message)
        return self.user


def caller_of(scope: Scope) -> Caller:
    """Return who calls. Raises NotAuthenticated where the key that came is not one: such a caller is no guest."""
    state = scope["state"]
    refusal: str | None = state.get("api_refusal")
    if refusal is not None:
        raise NotAuthenticated(refusal)
    return Caller(state.get("user"), state.get("api_key"))
