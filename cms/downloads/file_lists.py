"""File lists as release managers have them at hand, read into what the release form needs.

Accepted, also one after the other in one text: the output of `sha256sum`, `md5sum` (and their BSD form), of `ls -l`,
plain names or URLs, a table with a header (comma, semicolon or tab), or JSON such as the release tools send.
Files that vouch for another one (.asc, .sigstore, …) are attached to it.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cms.downloads.file_naming import folder_of, kind_of, slug_of
from cms.downloads.rules import OFFICIAL_PREFIX, SIDECAR_SUFFIXES
from cms.downloads.versions import PythonVersion

MOST_FILES = 500
LONGEST_TEXT = 2_000_000
LARGEST_SIZE = 2**63 - 1

GNU_SUM = re.compile(r"(?P<sum>[0-9a-fA-F]{32}|[0-9a-fA-F]{64})[ \t]+[* ]?(?P<name>\S+)\s*")
BSD_SUM = re.compile(r"(?P<kind>SHA256|MD5) \((?P<name>[^)]+)\) = (?P<sum>[0-9a-fA-F]+)\s*")
LONG_LISTING = re.compile(
    r"[-dlrwxsStT+.@]{10,12}\s+\d+\s+\S+\s+\S+\s+(?P<size>\d+)\s+\S+\s+\S+\s+(?:\S+\s+)?(?P<name>\S+)\s*"
)
NAME_ALONE = re.compile(r"(?P<name>[A-Za-z0-9][\w.+:/~-]*\.[A-Za-z0-9]{2,12})\s*")
SUM_LENGTHS = {32: "md5", 64: "sha256"}

COLUMNS = {
    "name": "title", "title": "title", "url": "url", "link": "url", "file": "file", "filename": "file", "path": "file",
    "slug": "slug", "os": "system", "system": "system", "operating system": "system", "platform": "system",
    "description": "description", "is_source": "is_source", "source": "is_source",
    "size": "size", "filesize": "size", "bytes": "size", "md5": "md5", "md5_sum": "md5", "md5sum": "md5",
    "sha256": "sha256", "sha256_sum": "sha256", "sha256sum": "sha256", "sha-256": "sha256", "checksum": "sha256",
    "download_button": "has_download_button", "has_download_button": "has_download_button",
    "gpg_signature_file": "gpg_signature_url", "gpg": "gpg_signature_url", "gpg_signature_url": "gpg_signature_url",
    "sigstore_signature_file": "sigstore_signature_url", "sigstore_signature_url": "sigstore_signature_url",
    "sigstore_cert_file": "sigstore_certificate_url", "sigstore_certificate_url": "sigstore_certificate_url",
    "sigstore_bundle_file": "sigstore_bundle_url", "sigstore": "sigstore_bundle_url",
    "sigstore_bundle_url": "sigstore_bundle_url",
    "sbom_spdx2_file": "sbom_spdx_url", "sbom": "sbom_spdx_url", "sbom_spdx_url": "sbom_spdx_url",
}  # fmt: skip
"""What the columns of a table, and the names in JSON, are called here and by the tools that write them."""

SYSTEMS_BY_ID = {"1": "windows", "2": "macos", "3": "source", "4": "android", "5": "ios"}
"""The ids that clients of the API have always sent."""


@dataclass(frozen=True, slots=True)
class ListError:
    """What cannot be understood, and where."""

    line: int
    column: str
    sentence: str

    def __str__(self) -> str:
        place = f"Line {self.line}, {self.column}" if self.column else f"Line {self.line}"
        return f"{place}: {self.sentence}"


@dataclass(slots=True)
class ListedFile:
    """A file of the list, completed by the rules; `system` is the slug of an operating system, "" where unknown."""

    line: int
    url: str
    name: str = ""
    slug: str = ""
    description: str = ""
    system: str = ""
    is_source: bool = False
    size: int = 0
    md5: str = ""
    sha256: str = ""
    has_download_button: bool = False
    sidecars: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileList:
    """What was read: the files in their order, and everything that could not be understood."""

    files: list[ListedFile]
    errors: list[ListError]


Fact = tuple[int, dict[str, str]]


class UnreadableError(Exception):
    """A value is not what its column holds."""

    def __init__(self, line: int, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.error = ListError(line, column, sentence)


def read(text: str, *, release_name: str) -> FileList:
    """Read a list of the files of a release; nothing raises, what is wrong is in `errors`."""
    if len(text) > LONGEST_TEXT:
        return FileList([], [ListError(1, "", "This is too long to be the file list of one release.")])
    errors: list[ListError] = []
    facts = list(_facts(text.lstrip("\ufeff"), errors))
    files: dict[str, ListedFile] = {}
    sidecars: list[tuple[int, str]] = []
    for line, fact in facts:
        try:
            _take(line, fact, release_name, files, sidecars)
        except UnreadableError as unreadable:
            errors.append(unreadable.error)
    _attach(sidecars, files, errors)
    if len(files) > MOST_FILES:
        return FileList([], [ListError(1, "", f"A release has at most {MOST_FILES} files.")])
    completed = list(files.values())
    _complete(completed, release_name)
    return FileList(completed, sorted(errors, key=lambda error: error.line))


def _facts(text: str, errors: list[ListError]) -> Iterator[Fact]:
    """Yield what each line says, as our names for columns → text."""
    if text.lstrip().startswith(("[", "{")):
        yield from _json_facts(text, errors)
    elif delimiter := _delimiter_of(text):
        yield from _table_facts(text, delimiter, errors)
    else:
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith("#") and not re.fullmatch(r"total \d+\s*", line):
                if fact := _line_fact(line.strip()):
                    yield number, fact
                else:
                    sentence = "This is neither a checksum with a name, nor a file of “ls -l”, nor a name or URL."
                    errors.append(ListError(number, "", sentence))


def _line_fact(line: str) -> dict[str, str]:
    if found := GNU_SUM.fullmatch(line):
        return {"file": found["name"], SUM_LENGTHS[len(found["sum"])]: found["sum"].lower()}
    if found := BSD_SUM.fullmatch(line):
        return {"file": found["name"], found["kind"].lower(): found["sum"].lower()}
    if found := LONG_LISTING.fullmatch(line):
        return {"file": found["name"], "size": found["size"]}
    if found := NAME_ALONE.fullmatch(line):
        return {"file": found["name"]}
    return {}


def _delimiter_of(text: str) -> str:
    """Return what separates the columns of a table with a header; "" if the text is none."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    for delimiter in ("\t", ";", ","):
        names = [name.strip().strip('"').lower() for name in header.split(delimiter)]
        if len(names) > 1 and sum(name in COLUMNS for name in names) > 1:
            return delimiter
    return ""


def _table_facts(text: str, delimiter: str, errors: list[ListError]) -> Iterator[Fact]:
    reader = csv.reader(text.splitlines(), delimiter=delimiter)
    names: list[str] = []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if not names:
                names = [cell.strip().lower() for cell in row]
                unknown = [name for name in names if name not in COLUMNS]
                errors.extend(
                    ListError(reader.line_num, f"column “{name}”", "This column is not known.") for name in unknown
                )
            elif len(row) > len(names):
                errors.append(ListError(reader.line_num, "", "There are more values than columns."))
            else:
                cells = zip(names, row, strict=False)
                yield reader.line_num, {COLUMNS[name]: cell.strip() for name, cell in cells if name in COLUMNS}
    except csv.Error:
        errors.append(ListError(reader.line_num, "", "The quotation marks of this table do not match."))


def _json_facts(text: str, errors: list[ListError]) -> Iterator[Fact]:
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        errors.append(ListError(line, f"character {getattr(error, 'colno', 1)}", "This is no valid JSON."))
        return
    entries = found.get("files", [found]) if isinstance(found, dict) else found
    for number, entry in enumerate(entries if isinstance(entries, list) else [], start=1):
        if isinstance(entry, str):
            yield number, {"file": entry}
        elif isinstance(entry, Mapping):
            yield number, {COLUMNS[key]: _as_text(value) for key, value in entry.items() if key in COLUMNS}
        else:
            errors.append(ListError(number, "", "This entry is neither a name nor an object."))


def _as_text(value: Any) -> str:
    return {True: "yes", False: "", None: ""}.get(value, str(value)) if isinstance(value, bool | None) else str(value)


def _take(
    line: int, fact: dict[str, str], release_name: str, files: dict[str, ListedFile], sidecars: list[tuple[int, str]]
) -> None:
    """Add what a line says to the file that it is about."""
    url = _url_of(line, fact, release_name)
    if any(url.endswith(suffix) for suffix in SIDECAR_SUFFIXES.values()):
        sidecars.append((line, url))
        return
    listed = files.setdefault(url, ListedFile(line, url))
    listed.name = fact.get("title") or listed.name
    listed.slug = fact.get("slug") or listed.slug
    listed.description = fact.get("description") or listed.description
    listed.system = _system_of(line, fact) or listed.system
    listed.is_source = listed.is_source or _yes(fact.get("is_source", ""))
    listed.has_download_button = listed.has_download_button or _yes(fact.get("has_download_button", ""))
    if size := fact.get("size"):
        listed.size = _size_of(line, size)
    for kind, length in (("md5", 32), ("sha256", 64)):
        if found := fact.get(kind, "").lower():
            if not re.fullmatch(rf"[0-9a-f]{{{length}}}", found):
                raise UnreadableError(line, kind, f"A checksum of this kind has {length} hexadecimal digits.")
            if getattr(listed, kind) not in ("", found):
                raise UnreadableError(
                    line, kind, f"The list gives two different checksums for {url.rsplit('/', 1)[1]}."
                )
            setattr(listed, kind, found)
    listed.sidecars |= {name: fact[name] for name in SIDECAR_SUFFIXES if fact.get(name)}


def _url_of(line: int, fact: dict[str, str], release_name: str) -> str:
    given = fact.get("url") or fact.get("file") or fact.get("title", "")
    if given.startswith(("http://", "https://")):
        if not given.startswith(OFFICIAL_PREFIX):
            raise UnreadableError(line, "url", f"Release files lie under {OFFICIAL_PREFIX}.")
        return given
    name = given.rstrip("/").rsplit("/", 1)[-1]
    folder = folder_of(release_name)
    if not NAME_ALONE.fullmatch(name):
        raise UnreadableError(line, "name", "There is no file name and no URL here.")
    if not folder:
        raise UnreadableError(
            line, "name", "Where the files lie cannot be told from the release's name; give whole URLs."
        )
    return folder + name


def _system_of(line: int, fact: dict[str, str]) -> str:
    given = fact.get("system", "").strip().rstrip("/").rsplit("/", 1)[-1].lower()
    if not given:
        return ""
    system = SYSTEMS_BY_ID.get(given, given)
    if system not in SYSTEMS_BY_ID.values():
        raise UnreadableError(line, "os", f"“{given}” is none of {', '.join(SYSTEMS_BY_ID.values())}.")
    return system


def _size_of(line: int, given: str) -> int:
    digits = given.replace(",", "").replace("_", "").replace(" ", "")
    if not digits.isdecimal() or not digits.isascii() or int(digits[:20]) > LARGEST_SIZE:
        raise UnreadableError(line, "size", f"“{given}” is no size in bytes.")
    return int(digits)


def _yes(given: str) -> bool:
    return given.strip().lower() in {"1", "true", "yes", "x", "t"}


def _attach(sidecars: list[tuple[int, str]], files: dict[str, ListedFile], errors: list[ListError]) -> None:
    """Give each sidecar to the file that it vouches for."""
    for line, url in sidecars:
        for column, suffix in SIDECAR_SUFFIXES.items():
            artifact = url.removesuffix(suffix)
            if artifact != url and artifact in files:
                files[artifact].sidecars[column] = url
                break
        else:
            errors.append(ListError(line, "", f"The file that {url.rsplit('/', 1)[1]} vouches for is not in the list."))


def _complete(files: list[ListedFile], release_name: str) -> None:
    """Fill in what the rules of naming tell, where the list itself says nothing."""
    version = PythonVersion.from_name(release_name)
    taken: set[str] = set()
    offered = {file.system for file in files if file.has_download_button}
    for file in files:
        file_name = file.url.rsplit("/", 1)[1]
        kind = kind_of(file_name)
        file.name = file.name or (kind.title if kind else file_name)
        if kind is not None:
            file.system = file.system or kind.system
            file.description = file.description or kind.describe(version)
            if kind.is_offered_first and file.system not in offered:
                file.has_download_button = True
                offered.add(file.system)
        file.is_source = file.is_source or file.system == "source"
        slug = file.slug or slug_of(release_name, file.name)
        file.slug = slug
        if slug in taken:
            file.slug = longer_slug(file)
        taken.add(file.slug)


def longer_slug(file: ListedFile) -> str:
    """Return the slug of a file with its name after it, for another file has the slug alone."""
    return f"{file.slug}-{re.sub(r'[^A-Za-z0-9]+', '-', file.url.rsplit('/', 1)[1])}"
