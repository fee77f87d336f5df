"""The surrogate keys that a request collects on its way: all that its answer was made of."""

from litestar.types import Scope

SURROGATE_KEYS = "surrogate_keys"


def surrogate_keys(scope: Scope) -> set[str]:
    """Return the keys of all that this request has read, also before the page fallback took over."""
    keys: set[str] = scope.setdefault("state", {}).setdefault(SURROGATE_KEYS, set())
    return keys
