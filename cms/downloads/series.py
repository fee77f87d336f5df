"""The release cycle as it is published with the PEPs: read with suspicion, and written over what we have."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.errors import Invalid
from cms.downloads.models import ReleaseSeries, SeriesStatus

SERIES = re.compile(r"\d{1,3}\.\d{1,3}")
DAY_OR_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?")
LARGEST_PEP = 99_999
MOST_SERIES = 500
LONGEST_NAME = 200
LONGEST_BRANCH = 50

log = structlog.get_logger(__name__)


class NoReleaseCycle(Invalid):
    """What was read is no release cycle at all."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """What the source says of one series."""

    status: SeriesStatus
    first_release: str
    end_of_life: str
    pep: int | None
    release_manager: str
    branch: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Return it with what can be used. Raises ValueError or TypeError for what cannot."""
        pep = told.get("pep")
        if pep is not None and not (isinstance(pep, int) and 0 < pep <= LARGEST_PEP):
            message = f"There is no PEP {pep!r}."
            raise ValueError(message)
        return cls(
            status=SeriesStatus(told["status"]),
            first_release=_date(told.get("first_release")),
            end_of_life=_date(told.get("end_of_life")),
            pep=pep,
            release_manager=_text(told.get("release_manager"), LONGEST_NAME),
            branch=_text(told.get("branch"), LONGEST_BRANCH),
        )


def read(content: bytes | str) -> dict[str, Cycle]:
    """Return what the source says, by series.

    A series with a status or a date that nobody knows is left out, with a line in the log. Raises NoReleaseCycle
    where the whole cannot be understood, or nothing of it.
    """
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        message = "The release cycle is no JSON."
        raise NoReleaseCycle(message) from error
    if not isinstance(told, dict) or len(told) > MOST_SERIES:
        message = "The release cycle is no table of series."
        raise NoReleaseCycle(message)
    found: dict[str, Cycle] = {}
    for series, values in told.items():
        try:
            found[_series(series)] = Cycle.of(values)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            log.warning("series left out of the release cycle", series=series[:20], reason=repr(error)[:200])
    if not found:
        message = "The release cycle names no series that could be understood."
        raise NoReleaseCycle(message)
    return found


async def write(session: AsyncSession, cycle: Mapping[str, Cycle]) -> list[ReleaseSeries]:
    """Bring the series up to date and return the new ones; those that the source does not name stay as they are."""
    present = {row.series: row for row in await session.scalars(select(ReleaseSeries))}
    new = [ReleaseSeries(series=name, **asdict(told)) for name, told in cycle.items() if name not in present]
    for series, row in present.items():
        for name, value in (asdict(cycle[series]) if series in cycle else {}).items():
            if getattr(row, name) != value:
                setattr(row, name, value)
    session.add_all(new)
    return new


def _series(text: str) -> str:
    if not SERIES.fullmatch(text):
        message = f"{text[:20]!r} is no series."
        raise ValueError(message)
    return text


def _date(value: Any) -> str:
    if value in {None, ""}:
        return ""
    if not isinstance(value, str) or not DAY_OR_MONTH.fullmatch(value):
        message = f"{str(value)[:40]!r} is neither a day nor a month."
        raise ValueError(message)
    return value


def _text(value: Any, longest: int) -> str:
    return " ".join(str(value or "").replace("\0", "").split())[:longest]
