"""What a release's name says: "Python 3.15.0a1" is a pre-release of 3.15."""

import re
from dataclasses import dataclass
from typing import Self

NAME = re.compile(r"Python (?P<numbers>\d{1,4}(?:\.\d{1,4}){0,3})(?:(?P<stage>a|b|rc|c)(?P<serial>\d{1,3}))?")

IN_FILE_NAME = re.compile(r"(?<![\d.])\d{1,4}(?:\.\d{1,4}){1,3}(?:(?:a|b|rc|c)\d{1,3})?")


@dataclass(frozen=True, slots=True)
class PythonVersion:
    """A version of Python; `stage` is "a", "b", "rc" or "" for a final release."""

    numbers: tuple[int, ...]
    stage: str = ""
    serial: int = 0

    @classmethod
    def from_name(cls, name: str) -> Self | None:
        """Return the version that a release's name tells, None if it is no release of Python itself."""
        found = NAME.fullmatch(name.strip())
        if not found:
            return None
        numbers = tuple(int(number) for number in found["numbers"].split("."))
        return cls(numbers, found["stage"] or "", int(found["serial"] or 0))

    @classmethod
    def from_file_name(cls, name: str) -> Self | None:
        """Return the version that a file's name tells, such as “python-3.14.2-amd64.exe”; None if it tells none."""
        found = IN_FILE_NAME.search(name)
        return cls.from_name(f"Python {found[0]}") if found else None

    def is_same_as(self, other: Self) -> bool:
        """Return whether both are one version; 3.2 is 3.2.0."""
        length = max(len(self.numbers), len(other.numbers))
        are_equal = _padded(self.numbers, length) == _padded(other.numbers, length)
        return are_equal and (self.stage, self.serial) == (other.stage, other.serial)

    def __str__(self) -> str:
        serial = f"{self.stage}{self.serial}" if self.stage else ""
        return f"{'.'.join(str(number) for number in self.numbers)}{serial}"

    @property
    def series(self) -> str:
        return ".".join(str(number) for number in self.numbers[:2])

    @property
    def is_pre_release(self) -> bool:
        return bool(self.stage)

    def is_at_least(self, *numbers: int) -> bool:
        """Return whether the version is `numbers` or later; what is missing counts as zero."""
        length = max(len(numbers), len(self.numbers))
        return _padded(self.numbers, length) >= _padded(numbers, length)

    @property
    def release_notes_url(self) -> str:
        """Where the documentation of this version tells what is new."""
        number = ".".join(str(number) for number in self.numbers)
        if self.is_pre_release:
            return f"https://docs.python.org/{self.series}/whatsnew/{self.series}.html"
        return f"https://docs.python.org/release/{number}/whatsnew/changelog.html"


def _padded(numbers: tuple[int, ...], length: int) -> tuple[int, ...]:
    return numbers + (0,) * (length - len(numbers))
