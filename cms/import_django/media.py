"""Uploaded files of the old site: copied into our storage under the names that their rows have."""

import hashlib
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from cms.core.errors import Invalid, Unavailable
from cms.core.storage import Storage
from cms.import_django.report import TableReport

MEDIA_FOLDER = "media"
"""The folder that archives of the old site's files begin with."""


@dataclass
class Wanted:
    """The files that imported rows name: what each is called there and here, and which row reports it."""

    rows: dict[str, list[tuple[int, str, TableReport]]] = field(default_factory=dict)

    def add(self, there: str, here: str, *, row_id: int, report: TableReport) -> None:
        self.rows.setdefault(there, []).append((row_id, here, report))


async def copy_files(wanted: Wanted, source: Path, storage: Storage) -> None:
    """Copy every wanted file that `source`, a folder or a .tar.gz, holds; the others are reported.

    What is in the storage already is left alone. Raises Unavailable where the source cannot be read.
    """
    missing = dict(wanted.rows)
    for name, content in _found(source, wanted.rows):
        for row_id, here, report in missing.pop(name, ()):
            await _copy(content, here, storage, row_id=row_id, report=report)
    for name, rows in missing.items():
        for row_id, _, report in rows:
            report.files_missing.append(f"Row {row_id} names “{name}”, which is not among the files.")


async def _copy(content: bytes, name: str, storage: Storage, *, row_id: int, report: TableReport) -> None:
    try:
        if await storage.exists(name):
            if await _is_same(content, name, storage):
                report.files_present += 1
            else:
                report.files_missing.append(f"Row {row_id} names “{name}”; another file of that name is here already.")
            return
        stored = await storage.save(name, content)
    except Invalid as error:
        report.files_missing.append(f"Row {row_id} names “{name}”, which is not taken: {error.message}")
        return
    if stored.sha256 != hashlib.sha256(content).hexdigest() or stored.name != name:
        report.differences.append(f"Row {row_id} names “{name}”, which was stored as “{stored.name}”.")
    report.files_copied += 1


async def _is_same(content: bytes, name: str, storage: Storage) -> bool:
    if await storage.size(name) != len(content):
        return False
    opened = await storage.open(name)
    digest = hashlib.sha256()
    async for chunk in opened.chunks:
        digest.update(chunk)
    return digest.digest() == hashlib.sha256(content).digest()


def _found(source: Path, wanted: Mapping[str, object]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each wanted file; an archive is read once, from beginning to end."""
    try:
        yield from (_in_folder if source.is_dir() else _in_archive)(source, wanted)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise Unavailable(f"The old site's files cannot be read from {source}: {error}.") from error


def _in_folder(folder: Path, wanted: Mapping[str, object]) -> Iterator[tuple[str, bytes]]:
    inner = folder / MEDIA_FOLDER
    root = (inner if inner.is_dir() else folder).resolve()
    for name in wanted:
        path = (root / name).resolve()
        if path.is_relative_to(root) and path.is_file():
            yield name, path.read_bytes()


def _in_archive(archive: Path, wanted: Mapping[str, object]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive, "r:*") as files:
        seen: set[str] = set()
        for member in files:
            name = _name_of(member)
            if name in wanted and name not in seen and (opened := files.extractfile(member)):
                seen.add(name)
                yield name, opened.read()


def _name_of(member: tarfile.TarInfo) -> str:
    parts = [part for part in PurePosixPath(member.name).parts if part != "."]
    return "/".join(parts[1:] if parts[:1] == [MEDIA_FOLDER] else parts)
