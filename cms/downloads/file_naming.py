"""What the name of a release file tells about it: its operating system, its title, and what visitors are told."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from cms.downloads.versions import PythonVersion

SOURCE, WINDOWS, MACOS, ANDROID, IOS = "source", "windows", "macos", "android", "ios"
LONGEST_TITLE_IN_SLUG = 40


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file; `describe` gives the remark beside it, from the release's version."""

    pattern: re.Pattern[str]
    title: str
    system: str
    describe: Callable[[PythonVersion | None], str]
    is_offered_first: bool = False

    @property
    def is_source(self) -> bool:
        return self.system == SOURCE


def _silent(_version: PythonVersion | None) -> str:
    return ""


def _macos(version: PythonVersion | None) -> str:
    """Return the oldest macOS that the installer supports; it rose with 3.12.6 and with 3.14."""
    if version is None:
        return ""
    if version.is_at_least(3, 14):
        return "for macOS 10.15 and later"
    return f"for macOS {'10.13' if version.is_at_least(3, 12, 6) else '10.9'} and later"


def _manifest(version: PythonVersion | None) -> str:
    return f"Install with 'py install {version.series}'" if version else ""


KINDS = tuple(
    Kind(re.compile(pattern, re.IGNORECASE), title, system, describe, is_offered_first)
    for pattern, title, system, describe, is_offered_first in (
        (r"\.(?:aarch64|arm64)-iphoneos.*\.tar\.gz$|ios-xcframework\.tar\.gz$", "iOS XCframework", IOS, _silent, False),
        (r"-aarch64-linux-android\.tar\.gz$", "Android embeddable package (aarch64)", ANDROID, _silent, False),
        (r"-x86_64-linux-android\.tar\.gz$", "Android embeddable package (x86_64)", ANDROID, _silent, False),
        (r"\.tar\.xz$", "XZ compressed source tarball", SOURCE, _silent, True),
        (r"\.tgz$|\.tar\.gz$", "Gzipped source tarball", SOURCE, _silent, False),
        (r"\.tar\.bz2$", "bzip2 compressed source tarball", SOURCE, _silent, False),
        (r"-embed-win32\.zip$", "Windows embeddable package (32-bit)", WINDOWS, _silent, False),
        (r"-embed-amd64\.zip$", "Windows embeddable package (64-bit)", WINDOWS, _silent, False),
        (r"-embed-arm64\.zip$", "Windows embeddable package (ARM64)", WINDOWS, _silent, False),
        (r"webinstall\.exe$", "Windows web-based installer", WINDOWS, _silent, False),
        (r"-amd64\.exe$", "Windows installer (64-bit)", WINDOWS, lambda _: "Recommended", True),
        (r"-arm64\.exe$", "Windows installer (ARM64)", WINDOWS, lambda _: "Experimental", False),
        (r"\.exe$", "Windows installer (32-bit)", WINDOWS, _silent, False),
        (r"\.amd64\.msi$", "Windows x86-64 MSI installer", WINDOWS, _silent, False),
        (r"\.msix$", "Installer (MSIX)", WINDOWS, _silent, True),
        (r"\.msi$", "MSI package", WINDOWS, _silent, False),
        (r"\.appinstaller$", "App Installer package", WINDOWS, _silent, False),
        (r"^windows-.*\.json$", "Windows release manifest", WINDOWS, _manifest, False),
        (r"\.chm$", "Windows help file", WINDOWS, _silent, False),
        (r"\.pkg$", "macOS installer", MACOS, _macos, True),
        (r"\.dmg$", "Mac OS X installer", MACOS, _silent, False),
    )
)


def kind_of(file_name: str) -> Kind | None:
    """Return the kind of a file by its name; None for one that nobody has given a name yet."""
    return next((kind for kind in KINDS if kind.pattern.search(file_name)), None)


def slug_of(release_name: str, title: str) -> str:
    """Return a file's slug as the release tools make it: the version's digits, its stage, and the title."""
    version = PythonVersion.from_name(release_name)
    words = re.sub(r"[^A-Za-z0-9_-]", "", title.replace(" ", "-"))[:LONGEST_TITLE_IN_SLUG]
    if version is None:
        return f"{re.sub(r'[^A-Za-z0-9]+', '-', release_name).strip('-').lower()}-{words}"
    digits = "".join(str(number) for number in version.numbers)
    stage = f"-{version.stage}{version.serial}" if version.stage else ""
    return f"{digits}{stage}-{words}"


def folder_of(release_name: str) -> str:
    """Return where on www.python.org the files of a release lie; "" where its name does not tell."""
    version = PythonVersion.from_name(release_name)
    if version is None:
        return ""
    number = ".".join(str(part) for part in version.numbers)
    return f"https://www.python.org/ftp/python/{number}/"
