"""Years, months and days in UTC, by which a list is narrowed step by step."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PERIOD = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
LAST_YEAR = 9998


@dataclass(frozen=True, slots=True)
class Period:
    """A year, a month of it, or a day of that."""

    year: int
    month: int | None = None
    day: int | None = None

    @classmethod
    def read(cls, text: str) -> "Period | None":
        """Return the period that is written as 2026, 2026-11 or 2026-11-21; None where it is none."""
        found = PERIOD.fullmatch(text)
        if found is None:
            return None
        year, month, day = (int(part) if part else None for part in found.groups())
        try:
            datetime(year or 0, month or 1, day or 1, tzinfo=UTC)
        except ValueError:
            return None
        return cls(year or 1, month, day) if (year or 0) <= LAST_YEAR else None

    @property
    def name(self) -> str:
        return "-".join(part for part in (f"{self.year:04}", _two(self.month), _two(self.day)) if part)

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.month or 1, self.day or 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """Return the first moment after the period."""
        if self.day:
            return self.start + timedelta(days=1)
        if self.month and self.month < 12:
            return datetime(self.year, self.month + 1, 1, tzinfo=UTC)
        return datetime(self.year + 1, 1, 1, tzinfo=UTC)

    @property
    def label(self) -> str:
        if self.day:
            return f"{self.start:%a} {self.day} {self.start:%B %Y}"
        return f"{self.start:%B %Y}" if self.month else str(self.year)

    @property
    def short_label(self) -> str:
        """Return what the period is called among its neighbours."""
        if self.day:
            return f"{self.start:%a} {self.day}"
        return f"{self.start:%B}" if self.month else str(self.year)

    @property
    def wider(self) -> "list[Period]":
        """Return the periods that this one lies in, the widest first."""
        return [Period(self.year), Period(self.year, self.month)][: 2 if self.day else 1 if self.month else 0]

    @property
    def parts(self) -> "list[Period]":
        """Return the months of a year or the days of a month; a day has no parts."""
        if self.day:
            return []
        if self.month:
            return [Period(self.year, self.month, day + 1) for day in range(monthrange(self.year, self.month)[1])]
        return [Period(self.year, month) for month in range(1, 13)]

    @property
    def unit_of_parts(self) -> str:
        return "day" if self.month else "month"


def years_between(first: datetime, last: datetime) -> list[Period]:
    """Return the years from one moment to another, the latest first."""
    return [Period(year) for year in range(last.astimezone(UTC).year, first.astimezone(UTC).year - 1, -1)]


def _two(number: int | None) -> str:
    return "" if number is None else f"{number:02}"
