"""What runs after a commit or at a time of day: functions with their limits, registered by name."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.resources import Resources

DEFAULT_TIMEOUT = 30
DEFAULT_ATTEMPTS = 6
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=15)

Arguments = dict[str, Any]
Merge = Callable[[Sequence[Arguments]], Arguments]


class TaskFunction(Protocol):
    """A task: given what the process holds open, a session of its own, and its arguments.

    It never commits, unless it waits for servers outside: then it commits what it has read before it waits.
    """

    __name__: str

    def __call__(
        self, resources: Resources, session: AsyncSession, /, *_: Any, **arguments: Any
    ) -> Awaitable[None]: ...


@dataclass(frozen=True, slots=True)
class Task:
    """A task by its name. `timeout` is in seconds for each attempt; `schedule` is a cron expression in UTC.

    While one that `waits_outside` runs, a lock holds its message, and no transaction that would last as long.
    """

    name: str
    function: TaskFunction
    timeout: int
    attempts: int
    schedule: str | None
    merge: Merge | None
    waits_outside: bool = False

    def pause_after(self, attempts: int) -> timedelta:
        """Return how long to wait after so many failed attempts: twice as long each time."""
        return min(FIRST_PAUSE * (1 << (attempts - 1)), LONGEST_PAUSE)


TASKS: dict[str, Task] = {}


def task(
    *,
    timeout: int = DEFAULT_TIMEOUT,
    attempts: int = DEFAULT_ATTEMPTS,
    schedule: str | None = None,
    merge: Merge | None = None,
    waits_outside: bool = False,
) -> Callable[[TaskFunction], TaskFunction]:
    """Register a task under its function's name.

    `merge` says how the arguments of several waiting messages become those of one run; a task that `waits_outside`
    answers one message at a time.
    """

    def register(function: TaskFunction) -> TaskFunction:
        name = function.__name__
        if merge and waits_outside:
            message = f"{name} cannot answer several messages and wait outside."
            raise ValueError(message)
        if name in TASKS:
            message = f"There are two tasks named {name}."
            raise ValueError(message)
        TASKS[name] = Task(name, function, timeout, attempts, schedule, merge, waits_outside)
        return function

    return register
