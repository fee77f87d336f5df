"""The order of rows that people give them by hand, as a view declares it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select


@dataclass(frozen=True, kw_only=True)
class Ordering:
    """Which column holds the places, all rows in their order, and the decision that gives a row another place."""

    column: str
    rows: Callable[[], Select[Any]]
    place: Callable[..., Awaitable[None]]
    """`place(session, row, following, by=user)`: right before another row, or last where `following` is None."""
