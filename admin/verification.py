"""What the verdicts on releases and their files look like in the back office."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.downloads.models import Release, ReleaseFile
from cms.downloads.verification import queries
from cms.downloads.verification.models import Outcome, Verdict
from cms.downloads.verification.verdicts import Verdicts

MARKS = {
    Outcome.VERIFIED: "mark-yes",
    Outcome.FAILED: "mark-failed",
    Outcome.UNKNOWN: "mark-draft",
    Outcome.MISSING: "mark-no",
    Outcome.UNREACHABLE: "mark-scheduled",
}
WORDS = {
    Outcome.VERIFIED: "verified",
    Outcome.FAILED: "failed",
    Outcome.UNKNOWN: "not known",
    Outcome.MISSING: "missing",
    Outcome.UNREACHABLE: "not reached",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A file, or the links of a release, with the verdicts that hold on it now."""

    title: str
    verdicts: Sequence[Verdict]
    is_complete: bool

    @property
    def failed(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.outcome is Outcome.FAILED]

    @property
    def by_outcome(self) -> list[tuple[Outcome, str]]:
        """Return what was verified, what failed, and so on, each in a few words; what is good comes first."""
        found = {outcome: [v.label for v in self.verdicts if v.outcome is outcome] for outcome in Outcome}
        return [(outcome, ", ".join(labels)) for outcome, labels in found.items() if labels]

    @classmethod
    def by(cls, verdicts: Verdicts, row: Release | ReleaseFile) -> "Judged":
        title = "Links" if isinstance(row, Release) else str(row)
        return cls(title, verdicts.on(row), verdicts.are_complete_on(row))


def shown(verified: Sequence[Judged]) -> dict[str, Any]:
    """Return what the templates of details and forms need."""
    failed = [(judged.title, verdict) for judged in verified for verdict in judged.failed]
    return {"verified": verified, "failed_verdicts": failed, "verdict_marks": MARKS, "verdict_words": WORDS}


async def judged_release(session: AsyncSession, release: Release) -> list[Judged]:
    """Return what is to be told of a release whose files are loaded."""
    verdicts = Verdicts(await session.scalars(queries.verdicts_of(release)))
    rows: list[Release | ReleaseFile] = [release, *release.files]
    return [Judged.by(verdicts, row) for row in rows]


async def judged_file(session: AsyncSession, file: ReleaseFile) -> list[Judged]:
    """Return what is to be told of one file."""
    return [Judged.by(Verdicts(await session.scalars(queries.verdicts_on(files=[file]))), file)]
