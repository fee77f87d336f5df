"""How long a release is looked after: the table of active series, and what is told on the page of a release."""

from collections.abc import Iterable
from dataclasses import dataclass

from cms.downloads.models import Release, ReleaseSeries, ReleaseVersion, SeriesStatus

LONG_OVER = frozenset({ReleaseVersion.PYTHON_1, ReleaseVersion.PYTHON_2})
"""Lines that are out of support also where the release cycle does not know a series."""

TO_COME = frozenset({SeriesStatus.PLANNED, SeriesStatus.FEATURE, SeriesStatus.PRE_RELEASE})
STATUS_WORDS = {
    **dict.fromkeys(TO_COME, "pre-release"),
    SeriesStatus.BUGFIX: "bugfix",
    SeriesStatus.SECURITY: "security",
    SeriesStatus.END_OF_LIFE: "end of life",
}


@dataclass(frozen=True, slots=True)
class ActiveSeries:
    """One row of the table: a series and the release of it that is offered."""

    series: ReleaseSeries
    newest: Release

    @property
    def status(self) -> str:
        return STATUS_WORDS[self.series.status]

    @property
    def is_planned(self) -> bool:
        """Whether the day of the first release has not come yet."""
        return self.series.status in TO_COME

    @property
    def is_over(self) -> bool:
        return self.series.status == SeriesStatus.END_OF_LIFE


def active(rows: Iterable[tuple[ReleaseSeries, Release]]) -> list[ActiveSeries]:
    """Return the rows of the table, in the order given: all series that are looked after or on their way.

    Of those that no longer are, only the first is shown, so that whoever still uses it sees that it is over.
    """
    found: list[ActiveSeries] = []
    for series, newest in rows:
        row = ActiveSeries(series, newest)
        if not (row.is_over and any(other.is_over for other in found)):
            found.append(row)
    return found


def is_out_of_support(release: Release, series: ReleaseSeries | None) -> bool:
    """Return whether a release gets no fixes any more, as far as is known: `series` is what the release cycle says."""
    if series is not None:
        return series.status == SeriesStatus.END_OF_LIFE
    return release.version in LONG_OVER
