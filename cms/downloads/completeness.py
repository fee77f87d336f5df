"""What a complete release has: derived from its predecessor, compared with what is there."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from cms.downloads.file_naming import kind_of
from cms.downloads.models import Release, ReleaseFile, ReleaseVersion
from cms.downloads.verification.models import Outcome
from cms.downloads.verification.verdicts import Verdicts
from cms.downloads.versions import PythonVersion

VOUCHERS = {
    "gpg_signature_url": "an OpenPGP signature",
    "sigstore_bundle_url": "a Sigstore bundle",
    "sbom_spdx_url": "an SBOM",
}
ESSENTIAL_VOUCHERS = frozenset({"gpg_signature_url", "sigstore_bundle_url"})


class Topic(StrEnum):
    """What a requirement is about, in the order in which a release manager looks."""

    RELEASE = "Release"
    FILES = "Files"
    BUTTONS = "Download buttons"
    SIGNATURES = "Signatures and SBOM"
    VERIFICATION = "Verification"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a complete release has; `sentence` says what is there or what is missing."""

    topic: Topic
    label: str
    is_met: bool
    sentence: str
    is_essential: bool = False

    @property
    def hinders(self) -> bool:
        return self.is_essential and not self.is_met

    @property
    def key(self) -> str:
        """What it is about, whatever its sentence says at the moment."""
        return f"{self.topic}: {self.label}"


def requirements_of(
    release: Release, predecessor: Release | None, verdicts: Verdicts, *, only_sources: bool = False
) -> list[Requirement]:
    """Return what the release should have; files and the operating system of each are loaded, of both.

    A series that gets nothing but security fixes has `only_sources`: then installers are no longer essential.
    """
    return [
        *_about_release(release),
        *_about_places(release, predecessor),
        *_about_files(release, predecessor, only_sources=only_sources),
        *_about_buttons(release, predecessor, only_sources=only_sources),
        *_about_vouchers(release, predecessor),
        *_about_verdicts(release, verdicts),
    ]


def hindrances(requirements: Iterable[Requirement], *, allowed: Collection[str] = ()) -> list[str]:
    """Return why a release should not go live, a sentence each, but for what somebody has `allowed`, by its key."""
    return [found.sentence for found in requirements if found.hinders and found.key not in allowed]


def role_of(file: ReleaseFile) -> str:
    """Return what a file is to its release, such as “Windows installer (64-bit)”; the same in its successor."""
    kind = kind_of(PurePosixPath(file.url).name)
    return kind.title if kind else file.name


def _about_release(release: Release) -> list[Requirement]:
    version = PythonVersion.from_name(release.name)
    is_python = release.version != ReleaseVersion.INSTALL_MANAGER
    found = [
        Requirement(
            Topic.RELEASE,
            "Release notes",
            bool(release.release_notes_url),
            "The release notes are linked." if release.release_notes_url else "No release notes are linked.",
        ),
        Requirement(
            Topic.RELEASE,
            "Text",
            bool(release.content or release.page_id),
            "Readers are told about it." if release.content or release.page_id else "Nothing is told about it.",
        ),
    ]
    if is_python:
        is_named = version is not None
        says = "its number is clear" if is_named else "it should be like “Python 3.14.2”, for its series and order"
        found.insert(0, Requirement(Topic.RELEASE, "Name", is_named, f"By its name “{release.name}” {says}."))
    if version is not None and version.is_pre_release != release.is_pre_release:
        sentence = f"“{release.name}” is {'' if version.is_pre_release else 'no '}pre-release, but marked otherwise."
        found.append(Requirement(Topic.RELEASE, "Pre-release", is_met=False, sentence=sentence, is_essential=True))
    return found


def _about_places(release: Release, predecessor: Release | None) -> list[Requirement]:
    """Remind of the places that the predecessor has, and that nobody takes by himself."""
    if predecessor is None or release.is_pre_release or predecessor.is_pre_release:
        return []
    found = []
    if predecessor.is_latest:
        sentence = (
            f"It takes the place of {predecessor} as the latest of its line."
            if release.is_latest
            else f"{predecessor} stays the latest of its line: this one is not marked as “Latest”."
        )
        found.append(Requirement(Topic.RELEASE, "Latest", release.is_latest, sentence))
    if predecessor.is_shown_on_download_page and not release.is_shown_on_download_page:
        sentence = f"{predecessor} is listed on the download page; this one would not be."
        found.append(Requirement(Topic.RELEASE, "Download page", is_met=False, sentence=sentence))
    return found


def _about_files(release: Release, predecessor: Release | None, *, only_sources: bool) -> list[Requirement]:
    if not release.files:
        is_told_elsewhere = release.page_id is not None
        return [Requirement(Topic.FILES, "Files", is_told_elsewhere, "It has no files.", is_essential=True)]
    there = {role_of(file): PurePosixPath(file.url).name for file in release.files}
    expected = {role_of(file): file for file in predecessor.files} if predecessor else {}
    found = [
        Requirement(
            Topic.FILES,
            role,
            role in there,
            there.get(role) or f"{role} is missing; {predecessor} has {PurePosixPath(file.url).name}.",
            is_essential=file.is_source or not only_sources,
        )
        for role, file in expected.items()
    ]
    return [*found, *_about_names(release), *_about_sums(release.files)]


def _about_names(release: Release) -> list[Requirement]:
    """Name each file that is called like one of another version: easily chosen, or left from a copied list."""
    version = PythonVersion.from_name(release.name)
    names = [PurePosixPath(file.url).name for file in release.files] if version else []
    told = {name: PythonVersion.from_file_name(name) for name in names}
    return [
        Requirement(
            Topic.FILES,
            f"Name of {name}",
            is_met=False,
            sentence=f"By its name, {name} is a file of Python {other}.",
            is_essential=True,
        )
        for name, other in told.items()
        if version and other and not other.is_same_as(version)
    ]


def _about_sums(files: Sequence[ReleaseFile]) -> list[Requirement]:
    bare = [file.name for file in files if not (file.sha256 or file.md5)]
    unsized = [file.name for file in files if not file.size]
    return [
        _all_have("Checksums", "a checksum", bare, is_essential=True),
        _all_have("Sizes", "a size", unsized, is_essential=False),
    ]


def _about_buttons(release: Release, predecessor: Release | None, *, only_sources: bool) -> list[Requirement]:
    offered = {file.operating_system_id for file in release.files if file.has_download_button}
    expected = [file for file in predecessor.files if file.has_download_button] if predecessor else []
    return [
        Requirement(
            Topic.BUTTONS,
            file.operating_system.name,
            file.operating_system_id in offered,
            f"A file is offered first for {file.operating_system.name}."
            if file.operating_system_id in offered
            else f"No file is offered first for {file.operating_system.name}.",
            is_essential=file.is_source or not only_sources,
        )
        for file in sorted(expected, key=lambda file: file.operating_system.name)
        if release.files
    ]


def _about_vouchers(release: Release, predecessor: Release | None) -> list[Requirement]:
    """Ask of each file what its counterpart of the predecessor has."""
    if predecessor is None:
        return []
    counterparts = {role_of(file): file for file in predecessor.files}
    found = []
    for column, words in VOUCHERS.items():
        asked = [file for file in release.files if getattr(counterparts.get(role_of(file)), column, "")]
        lacking = [file.name for file in asked if not getattr(file, column)]
        if asked:
            is_essential = column in ESSENTIAL_VOUCHERS
            found.append(
                _all_have(words.partition(" ")[2], words, lacking, topic=Topic.SIGNATURES, is_essential=is_essential)
            )
    return found


def _about_verdicts(release: Release, verdicts: Verdicts) -> list[Requirement]:
    """Hold up what was found to be wrong; what nobody could look at yet does not hinder."""
    rows: list[Release | ReleaseFile] = [release, *release.files]
    wrong = [
        Requirement(
            Topic.VERIFICATION,
            f"{verdict.label} of {row.name}",
            is_met=False,
            sentence=f"{row.name}: {verdict.sentence}",
            is_essential=isinstance(row, ReleaseFile),
        )
        for row in rows
        for verdict in verdicts.failed_on(row)
    ]
    if wrong:
        return wrong
    is_any_verified = any(verdict.outcome is Outcome.VERIFIED for row in rows for verdict in verdicts.on(row))
    sentence = "Nothing that was looked at is wrong." if is_any_verified else "Nothing could be verified yet."
    return [Requirement(Topic.VERIFICATION, "Findings", is_any_verified, sentence)]


def _all_have(
    label: str, what: str, lacking: Sequence[str], *, topic: Topic = Topic.FILES, is_essential: bool
) -> Requirement:
    sentence = f"Without {what}: {', '.join(lacking)}." if lacking else f"Every file has {what}."
    return Requirement(topic, label, not lacking, sentence, is_essential=is_essential)
