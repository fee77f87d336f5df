"""Verdicts: what came of comparing a release's files, signatures and links with what lies at their addresses."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import clock
from cms.core.database import Base, Identified, stored_by_value
from cms.downloads.models import Release, ReleaseFile
from cms.downloads.versions import PythonVersion


class Kind(StrEnum):
    """What is looked at."""

    SIZE = "size"
    SHA256 = "sha256"
    MD5 = "md5"
    SIGSTORE = "sigstore"
    GPG = "gpg"
    SBOM = "sbom"
    RELEASE_NOTES = "release notes"
    WHATS_NEW = "what's new"


class Outcome(StrEnum):
    """What came of it."""

    VERIFIED = "verified"
    """It is what it should be."""

    FAILED = "failed"
    """It is not what it should be: somebody has to act."""

    UNKNOWN = "unknown"
    """It cannot be judged, because we do not know whom or what to hold it against."""

    MISSING = "missing"
    """There is nothing to look at."""

    UNREACHABLE = "unreachable"
    """The server did not answer."""


KIND_LABELS = {
    Kind.SIZE: "Size",
    Kind.SHA256: "SHA-256",
    Kind.MD5: "MD5",
    Kind.SIGSTORE: "Sigstore",
    Kind.GPG: "GPG signature",
    Kind.SBOM: "SBOM",
    Kind.RELEASE_NOTES: "Release notes",
    Kind.WHATS_NEW: "“What's new”",
}
LINKS = (Kind.RELEASE_NOTES, Kind.WHATS_NEW)
CONTENT = ("url", "size", "sha256", "md5")
"""The columns of a file that say what it is; a verdict on a signature is one on this very content."""

COLUMNS = {
    Kind.SIZE: CONTENT,
    Kind.SHA256: CONTENT,
    Kind.MD5: CONTENT,
    Kind.SIGSTORE: (*CONTENT, "sigstore_bundle_url", "sigstore_signature_url"),
    Kind.GPG: (*CONTENT, "gpg_signature_url"),
    Kind.SBOM: ("url", "sbom_spdx_url"),
}
LONGEST_SIGNER = 200


class Verdict(Identified, Base):
    """The last verdict of one kind on one file, or on a link of a release; the worker writes it, nobody edits it."""

    __tablename__ = "release_verdicts"
    __table_args__ = (
        UniqueConstraint("release_id", "file_id", "kind", postgresql_nulls_not_distinct=True),
        Index("ix_release_verdicts_file_id", "file_id"),
    )
    audited = False
    invalidates = ("releases/{release_id}",)

    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("release_files.id", ondelete="CASCADE"))
    """None for what is said of the release itself: its links."""

    kind: Mapped[Kind] = mapped_column(stored_by_value(Kind))
    outcome: Mapped[Outcome] = mapped_column(stored_by_value(Outcome))
    sentence: Mapped[str] = mapped_column(Text)
    """For people, with what was expected and what was found where the two differ."""

    signer: Mapped[str] = mapped_column(String(LONGEST_SIGNER), default="")
    """Who proved to have signed the file; empty for all but a signature that was verified."""

    checked_against: Mapped[dict[str, Any]]
    """The values of the row that the verdict is about; when the row has others by now, it says nothing any more."""

    checked_at: Mapped[datetime] = mapped_column(default=clock.now)
    missed_at: Mapped[datetime | None]
    """When a later look found nobody who answered; the verdict stands, because nothing speaks against it."""

    missed_because: Mapped[str] = mapped_column(Text, default="", server_default="")

    @property
    def looked_at(self) -> datetime:
        """When somebody last tried to find out, whether or not there was an answer."""
        return self.missed_at or self.checked_at

    @property
    def label(self) -> str:
        return KIND_LABELS[self.kind]

    def fits(self, row: Release | ReleaseFile) -> bool:
        """Return whether the verdict is about the row as it is now."""
        return bool(self.checked_against == subject_of(self.kind, row))

    def __str__(self) -> str:
        return f"{self.label}: {self.outcome}"


def subject_of(kind: Kind, row: Release | ReleaseFile) -> Mapping[str, Any]:
    """Return the values of a file, or the address that a release links to, that a verdict of this kind is about."""
    if isinstance(row, Release):
        return {"url": row.release_notes_url if kind is Kind.RELEASE_NOTES else whats_new_url(row)}
    return {name: getattr(row, name) for name in COLUMNS[kind]}


def whats_new_url(release: Release) -> str:
    """Return where the documentation tells what is new in the release's series; "" for what has no such page."""
    version = PythonVersion.from_name(release.name)
    if version is None or not version.is_at_least(2):
        return ""
    return f"https://docs.python.org/{version.series}/whatsnew/{version.series}.html"
