"""The verdicts on a release as people read them: what holds now, what is not known yet, and what it proves."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cms.downloads.models import Release, ReleaseFile
from cms.downloads.verification.models import KIND_LABELS, LINKS, Kind, Outcome, Verdict

SIGNATURES = (Kind.SIGSTORE, Kind.GPG)
"""The better one first."""

ORDER = {kind: place for place, kind in enumerate(KIND_LABELS)}


@dataclass(frozen=True, slots=True)
class Proof:
    """That the file at its address was found to be the one that somebody known has signed."""

    signer: str
    means: str
    """How it was signed: “Sigstore” or “GPG”."""

    checked_at: datetime


class Verdicts:
    """Verdicts by what they are on. Those that are about other values than a row has now count as not there."""

    def __init__(self, verdicts: Iterable[Verdict]) -> None:
        self._by_row: defaultdict[tuple[type[Release | ReleaseFile], int], list[Verdict]] = defaultdict(list)
        for verdict in sorted(verdicts, key=lambda verdict: ORDER[verdict.kind]):
            is_on_release = verdict.file_id is None
            model = Release if is_on_release else ReleaseFile
            self._by_row[model, verdict.file_id or verdict.release_id].append(verdict)

    def on(self, row: Release | ReleaseFile) -> list[Verdict]:
        """Return the verdicts that hold on a file, or on the links of a release, in the order of kinds."""
        return [verdict for verdict in self._by_row[type(row), row.id] if verdict.fits(row)]

    def are_complete_on(self, row: Release | ReleaseFile) -> bool:
        """Return whether everything about the row has been looked at as it is now."""
        return {verdict.kind for verdict in self.on(row)} >= set(kinds_of(row))

    def failed_on(self, row: Release | ReleaseFile) -> list[Verdict]:
        """Return the verdicts that say that something about the row is wrong."""
        return [verdict for verdict in self.on(row) if verdict.outcome is Outcome.FAILED]

    def oldest_on(self, row: Release | ReleaseFile) -> datetime | None:
        """Return when the row was looked at, as a whole; None where part of it never was."""
        return min(verdict.looked_at for verdict in self.on(row)) if self.are_complete_on(row) else None

    def proof_of(self, file: ReleaseFile) -> Proof | None:
        """Return what may be told the public: a signature that was verified, and nothing that speaks against the file.

        A missing SBOM or one that is none says nothing of the file itself.
        """
        found = {verdict.kind: verdict for verdict in self.on(file)}
        if any(verdict.outcome is Outcome.FAILED for kind, verdict in found.items() if kind is not Kind.SBOM):
            return None
        for kind in SIGNATURES:
            if kind in found and found[kind].outcome is Outcome.VERIFIED:
                means = "Sigstore" if kind is Kind.SIGSTORE else "GPG"
                return Proof(found[kind].signer, means, found[kind].checked_at)
        return None

    def proofs(self, files: Sequence[ReleaseFile]) -> dict[int, Proof]:
        """Return the proofs of these files by the files' ids."""
        proofs = {file.id: self.proof_of(file) for file in files}
        return {key: proof for key, proof in proofs.items() if proof is not None}


def kinds_of(row: Release | ReleaseFile) -> Sequence[Kind]:
    """Return what is looked at in a row: MD5 only where a file has it."""
    if isinstance(row, Release):
        return LINKS
    md5 = (Kind.MD5,) if row.md5 else ()
    return (Kind.SIZE, Kind.SHA256, *md5, Kind.SIGSTORE, Kind.GPG, Kind.SBOM)
