"""What an import would do, row by row: shown before anything is written, and compared when it is confirmed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any, Self

LONGEST_SHOWN = 300


class Fate(StrEnum):
    """What becomes of a row of the file."""

    REFUSED = "refused"
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row cannot be taken: the column, "" being the whole row, and a sentence."""

    column: str
    sentence: str


class Refused(Exception):
    """A row cannot be taken; `refusals` say why."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__()
        self.refusals = refusals


@dataclass(frozen=True, slots=True)
class Change:
    """A value before and after; `mark` tells the whole of the value before, of which long ones show the beginning."""

    column: str
    old: str
    new: str
    mark: str

    @classmethod
    def of(cls, column: str, old: str, new: str) -> Self:
        return cls(column, _shown(old), _shown(new), sha256(old.encode()).hexdigest()[:16])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would become of one row of the file; `row_id` is None where there is no such row yet."""

    number: int
    label: str
    fate: Fate
    row_id: int | None = None
    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    is_draft: bool = False
    """Whether the change is kept as a draft beside what is live."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of a whole file; rows that stay as they are, are only counted."""

    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    unchanged: int = 0
    outcomes: tuple[Outcome, ...] = field(default=())

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(outcome.fate.value for outcome in self.outcomes)
        return {fate.value: found[fate.value] for fate in Fate} | {Fate.UNCHANGED.value: self.unchanged}

    @property
    def to_write(self) -> int:
        return self.counts[Fate.NEW] + self.counts[Fate.CHANGED]

    @property
    def refused_rows(self) -> frozenset[int]:
        return frozenset(outcome.number for outcome in self.outcomes if outcome.fate is Fate.REFUSED)

    def with_fate(self, fate: str) -> list[Outcome]:
        """Return the rows of one fate, or those of all, the refused ones first."""
        found = [outcome for outcome in self.outcomes if fate in ("", outcome.fate)]
        return sorted(found, key=lambda outcome: (outcome.fate is not Fate.REFUSED, outcome.number))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        return cls(
            columns=tuple(kept["columns"]),
            ignored=tuple(kept["ignored"]),
            notes=tuple(kept["notes"]),
            unchanged=kept["unchanged"],
            outcomes=tuple(_outcome(values) for values in kept["outcomes"]),
        )


def with_surprises_refused(plan: Plan, *, shown: Plan) -> Plan:
    """Return the plan with a refusal for each row that would come out otherwise than it was shown."""
    before = {outcome.number: outcome for outcome in shown.outcomes}
    outcomes = []
    for outcome in plan.outcomes:
        surprises = () if outcome.fate is Fate.REFUSED else _surprises(outcome, before.get(outcome.number))
        outcomes.append(replace(outcome, fate=Fate.REFUSED, refusals=surprises) if surprises else outcome)
    return replace(plan, outcomes=tuple(outcomes))


def _surprises(outcome: Outcome, before: Outcome | None) -> tuple[Refusal, ...]:
    """Say what somebody else did to the row since it was shown."""
    if outcome.fate is Fate.NEW:
        was_new = before is not None and before.fate is Fate.NEW
        return () if was_new else (Refusal("", "Somebody else deleted or renamed this meanwhile."),)
    if before is not None and before.fate is Fate.NEW:
        return (Refusal("", "Somebody else made this meanwhile."),)
    known: dict[str, Change] = {change.column: change for change in before.changes} if before is not None else {}
    return tuple(
        Refusal(change.column, f"Somebody else changed this meanwhile; it is “{change.old}” now.")
        for change in outcome.changes
        if change.column not in known or known[change.column].mark != change.mark
    )


def _outcome(kept: Mapping[str, Any]) -> Outcome:
    return Outcome(
        number=kept["number"],
        label=kept["label"],
        fate=Fate(kept["fate"]),
        row_id=kept["row_id"],
        changes=_each(Change, kept["changes"]),
        refusals=_each(Refusal, kept["refusals"]),
        is_draft=kept["is_draft"],
    )


def _each(kind: Any, kept: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(kind(**values) for values in kept)


def _shown(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}… ({len(text):,} characters)"
