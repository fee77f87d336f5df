"""The filters of a list: each is one parameter of its address, so that a filtered list can be sent to a colleague."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_

from admin.columns import STATE_WORDS
from cms.core import clock
from cms.core.publishing import State, is_in_state

EMPTY = "-"
"""What stands in the address for an empty value, because an empty parameter asks for nothing."""


@dataclass(frozen=True)
class Filter:
    """A question about one column."""

    column: Any
    label: str

    @property
    def name(self) -> str:
        return str(self.column.key)

    @property
    def kind(self) -> str:
        return "select"

    def choices(self) -> Sequence[tuple[str, str]]:
        """Return what may be chosen, as (value in the address, label)."""
        return ()

    def label_of(self, value: str) -> str:
        """Return what a value of the address says to people; "" where it is nonsense."""
        return next((label for known, label in self.choices() if value and known == value), "")

    def condition(self, value: str) -> ColumnElement[bool] | None:
        """Return what the rows must meet; None where `value` is nonsense, which filters nothing."""
        raise NotImplementedError


@dataclass(frozen=True)
class ChoiceFilter(Filter):
    """One of a few values."""

    labels: Sequence[tuple[Any, str]] = ()

    def choices(self) -> Sequence[tuple[str, str]]:
        return [(_in_address(value), label) for value, label in self.labels]

    def condition(self, value: str) -> ColumnElement[bool] | None:
        chosen = [kept for kept, _ in self.labels if _in_address(kept) == value]
        return self.column == chosen[0] if chosen else None


@dataclass(frozen=True)
class YesNoFilter(Filter):
    """A claim that holds or does not."""

    yes: str = "Yes"
    no: str = "No"

    def choices(self) -> Sequence[tuple[str, str]]:
        return [("yes", self.yes), ("no", self.no)]

    def condition(self, value: str) -> ColumnElement[bool] | None:
        wanted = {"yes": True, "no": False}.get(value)
        return None if wanted is None else self.column.is_(wanted)


@dataclass(frozen=True)
class OverFilter(YesNoFilter):
    """A number that lies above a bound or does not."""

    over: int = 0

    def condition(self, value: str) -> ColumnElement[bool] | None:
        conditions: dict[str, ColumnElement[bool]] = {"yes": self.column > self.over, "no": self.column <= self.over}
        return conditions.get(value)


@dataclass(frozen=True)
class StateFilter(Filter):
    """What the public has of a row, and whether something about it waits for a decision; `column` is is_published."""

    label: str = "State"

    @property
    def name(self) -> str:
        return "state"

    def choices(self) -> Sequence[tuple[str, str]]:
        states = [(state.value, words) for state, words in STATE_WORDS.items()]
        return [*states, ("with-draft", "Live, with a draft"), ("in-review", "In review")]

    def condition(self, value: str) -> ColumnElement[bool] | None:
        model = self.column.class_
        if value == "with-draft":
            return and_(model.is_published.is_(True), model.draft_id.is_not(None))
        if value == "in-review":
            condition: ColumnElement[bool] = model.is_in_review.is_(True)
            return condition
        return is_in_state(model, State(value)) if value in set(State) else None


@dataclass(frozen=True)
class SinceFilter(Filter):
    """A moment within the last days."""

    days: Sequence[tuple[int, str]] = (
        (1, "Today and yesterday"),
        (7, "Last 7 days"),
        (30, "Last 30 days"),
        (365, "Last year"),
    )

    def choices(self) -> Sequence[tuple[str, str]]:
        return [(str(days), label) for days, label in self.days]

    def condition(self, value: str) -> ColumnElement[bool] | None:
        chosen = [days for days, _ in self.days if str(days) == value]
        return self.column >= clock.now() - timedelta(days=chosen[0]) if chosen else None


@dataclass(frozen=True)
class BeginsWithFilter(Filter):
    """The beginning of a path or a name, typed."""

    placeholder: str = ""

    @property
    def kind(self) -> str:
        return "text"

    def label_of(self, value: str) -> str:
        return value.strip()

    def condition(self, value: str) -> ColumnElement[bool] | None:
        prefix = value.strip()
        return self.column.startswith(prefix, autoescape=True) if prefix else None


def _in_address(value: Any) -> str:
    return str(getattr(value, "value", value)) or EMPTY
