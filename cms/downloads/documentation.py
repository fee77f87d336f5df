"""Which versions of Python have their own documentation at docs.python.org, series by series."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from cms.downloads.models import Release

WITHOUT_DOCUMENTATION = frozenset({"2.3.6", "2.3.7", "2.4.5", "2.4.6", "2.5.5", "2.5.6"})
LAST_WITHOUT_ZERO = (3, 2, 0)
"""Up to here the documentation of x.y.0 lies under x.y."""

Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Documented:
    """A version whose documentation stays at an address of its own."""

    number: str
    released_at: datetime

    @property
    def url(self) -> str:
        return f"https://docs.python.org/release/{self.number}/"


@dataclass(frozen=True, slots=True)
class DocumentedSeries:
    """The documented versions of a series such as "3.14", newest first."""

    name: str
    versions: tuple[Documented, ...]


def _early(number: str, year: int, month: int, day: int) -> Documented:
    return Documented(number, datetime(year, month, day, tzinfo=UTC))


EARLIEST = (
    _early("2.2p1", 2002, 3, 29),
    _early("2.1.2", 2002, 1, 16),
    _early("2.1.1", 2001, 7, 20),
    _early("2.1", 2001, 4, 15),
    _early("2.0", 2000, 10, 16),
    _early("1.6", 2000, 9, 5),
    _early("1.5.2p2", 2000, 3, 22),
    _early("1.5.2p1", 1999, 7, 6),
    _early("1.5.2", 1999, 4, 30),
    _early("1.5.1p1", 1998, 8, 6),
    _early("1.5.1", 1998, 4, 14),
    _early("1.5", 1998, 2, 17),
    _early("1.4", 1996, 10, 25),
)
"""Versions that are documented and were never entered as releases."""


def documented(releases: Iterable[Release]) -> list[DocumentedSeries]:
    """Return the series of these final releases and of the earliest versions, the highest first."""
    entered = [Documented(_number(key), release.released_at) for release in releases if (key := _key_of(release))]
    known = {one.number for one in entered}
    by_series: dict[Key, list[Documented]] = defaultdict(list)
    for one in (*entered, *(early for early in EARLIEST if early.number not in known)):
        if one.number not in WITHOUT_DOCUMENTATION:
            by_series[_series_of(one.number)].append(one)
    return [
        DocumentedSeries(".".join(map(str, series)), tuple(sorted(versions, key=_moment, reverse=True)))
        for series, versions in sorted(by_series.items(), reverse=True)
    ]


def _key_of(release: Release) -> Key:
    return tuple(release.version_key or ())


def _number(key: Key) -> str:
    is_short = len(key) == len(LAST_WITHOUT_ZERO) and key <= LAST_WITHOUT_ZERO and key[-1] == 0
    return ".".join(map(str, key[:2] if is_short else key))


def _series_of(number: str) -> Key:
    major, minor, *_ = [*number.partition("p")[0].split("."), "0"]
    return int(major), int(minor)


def _moment(one: Documented) -> datetime:
    return one.released_at
