"""Which keys were purged when: a page rendered from data read before a purge must not be stored after it."""

from collections import OrderedDict
from collections.abc import Iterable

REMEMBERED = 10_000


class PurgeLog:
    """Counts purges and remembers the latest of each key, for the time that a request takes."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self.moment = 0
        self._remembered = remembered
        self._latest: OrderedDict[str, int] = OrderedDict()
        self._everything = 0

    def add(self, keys: Iterable[str]) -> None:
        self.moment += 1
        for key in keys:
            self._latest[key] = self.moment
            self._latest.move_to_end(key)
        while len(self._latest) > self._remembered:
            _, moment = self._latest.popitem(last=False)
            # Of a forgotten purge only the moment is known: from now on it counts as one of every key.
            self._everything = max(self._everything, moment)

    def add_everything(self) -> None:
        self.moment += 1
        self._everything = self.moment
        self._latest.clear()

    def has_any_since(self, moment: int, keys: Iterable[str]) -> bool:
        """Tell whether one of the keys was purged after the moment, or may have been."""
        return self._everything > moment or any(self._latest.get(key, 0) > moment for key in keys)
