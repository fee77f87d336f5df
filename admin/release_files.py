"""The files of a release on its form: filled in from a pasted list, and written by the domain."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, UploadFile

from admin.inlines import InlineWork
from cms.downloads import file_lists, services
from cms.downloads.file_lists import ListedFile
from cms.downloads.models import OperatingSystem
from cms.downloads.turns import require_turn

PREFIX = "files-"
LARGEST_LIST = 2_000_000


async def keep_files(session: AsyncSession, work: InlineWork) -> None:
    """Write the files by the domain's rules; those that are gone leave first, so that others may take their place."""
    await require_turn(session, [work.parent.id], by=work.by)
    if work.kept:
        await services.save_files(session, work.children, by=work.by)


async def fill_in_files(session: AsyncSession, posted: FormData) -> tuple[FormData, list[str], list[str]]:
    """Add the files of a pasted or uploaded list to the form; a file that the form has already is completed."""
    text = await _text_of(posted)
    found = file_lists.read(text, release_name=str(posted.get("name", "")))
    if not text.strip():
        return posted, [], ["Paste a file list, or choose a file that holds one."]
    if found.errors and not found.files:
        return posted, [], [str(error) for error in found.errors]
    systems = {row.slug: row.id for row in await session.scalars(select(OperatingSystem))}
    rows = _rows_of(posted)
    by_url = {rows[number].get("url", ""): number for number in rows}
    following = max((int(number) for number in rows), default=-1) + 1
    for listed in found.files:
        number = by_url.get(listed.url)
        if number is None:
            number, following = str(following), following + 1
        rows.setdefault(number, {}).update(_values_of(listed, systems))
    return _form_data(posted, rows), _notes(found.files), [str(error) for error in found.errors]


def _notes(files: Sequence[ListedFile]) -> list[str]:
    """Say what was read, and which files nobody can place but the person."""
    count = "1 file was" if len(files) == 1 else f"{len(files)} files were"
    notes = [f"{count} read from the list. Look them over, then save."]
    if unplaced := [listed.url.rsplit("/", 1)[1] for listed in files if not listed.system]:
        names = ", ".join(unplaced)
        notes.append(f"Their operating system cannot be told from their name: {names}. Choose one, or remove them.")
    return notes


async def _text_of(posted: FormData) -> str:
    upload = posted.get("file_list_upload")
    if isinstance(upload, UploadFile) and upload.filename:
        return (await upload.read(LARGEST_LIST)).decode(errors="replace").replace("\x00", "")
    return str(posted.get("file_list", ""))


def _rows_of(posted: FormData) -> dict[str, dict[str, str]]:
    """Return the inline rows of the form as number → column → value."""
    rows: dict[str, dict[str, str]] = {}
    for key, value in posted.multi_items():
        number, _, column = key.removeprefix(PREFIX).partition("-")
        if key.startswith(PREFIX) and number.isdecimal() and isinstance(value, str):
            rows.setdefault(number, {})[column] = value
    return rows


def _values_of(listed: ListedFile, systems: dict[str, int]) -> dict[str, str]:
    """Return a listed file as the form's values; what the list does not know is not overwritten."""
    values = {
        "name": listed.name,
        "url": listed.url,
        "slug": listed.slug,
        "description": listed.description,
        "operating_system": str(systems.get(listed.system, "")),
        "size": str(listed.size or ""),
        "md5": listed.md5,
        "sha256": listed.sha256,
        "is_source": "y" if listed.is_source else "",
        "has_download_button": "y" if listed.has_download_button else "",
        **listed.sidecars,
    }
    return {name: value for name, value in values.items() if value}


def _form_data(posted: FormData, rows: dict[str, dict[str, str]]) -> FormData:
    others = [(key, value) for key, value in posted.multi_items() if not key.startswith((PREFIX, "file_list"))]
    filled = [(f"{PREFIX}{number}-{column}", value) for number, row in rows.items() for column, value in row.items()]
    return FormData([*others, *filled])
