"""Excel workbooks, written and read row by row, so that neither a large table nor a hostile file fills the memory."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO, Any, Self

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from cms.core.errors import Invalid
from cms.core.tabular.cells import fitting, harmless

ZIP_BEGINS = b"PK\x03\x04"
OLD_WORKBOOK_BEGINS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LARGEST_UNPACKED = 32_000_000
MOST_TAGS = 3_000_000
"""More than a table of the rows that we read needs; each costs memory, however short it is written."""

MOST_PARTS = 500
PIECE = 64 * 1024
LONGEST_TITLE = 31
LAST_ROW = 1_048_576
"""No sheet has more; a row that claims to lie below would be reached by a million times a million empty ones."""

_NOT_IN_A_TITLE = re.compile(r"[\\*?:/\[\]]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile("_x005F_(?=x[0-9A-Fa-f]{4}_)")

BROKEN = (
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RuntimeError, OSError, EOFError, SyntaxError,
    InvalidFileException, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What openpyxl raises where a workbook is not what it claims to be."""

UNREADABLE = "This Excel workbook cannot be read. Open it in a spreadsheet program, save it anew, and choose it again."


class WorkbookBeingWritten:
    """A workbook of one sheet, all of whose cells are text; it lies in temporary files until the block is left."""

    def __init__(self, *, title: str, columns: Sequence[str]) -> None:
        self._workbook = Workbook(write_only=True)
        self._sheet: Any = self._workbook.create_sheet(_NOT_IN_A_TITLE.sub(" ", title)[:LONGEST_TITLE])
        self._sheet.freeze_panes = "A2"
        self._is_saved = False
        self.add([columns], font=Font(bold=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_saved:
            self._workbook.save(io.BytesIO())  # It alone removes the temporary files.

    def add(self, rows: Sequence[Sequence[str]], *, font: Font | None = None) -> None:
        """Append rows of texts."""
        for row in rows:
            self._sheet.append([self._cell(text, font) for text in row])

    def saved(self) -> IO[bytes]:
        """Return the finished workbook as a file that is gone once it is closed."""
        file = TemporaryFile()  # noqa: SIM115 - whoever reads it closes it.
        self._is_saved = True
        self._workbook.save(file)
        file.seek(0)
        return file

    def _cell(self, text: str, font: Font | None) -> Any:
        """Return a cell that is text whatever it looks like, also where the program knows codes such as _x0041_."""
        cell = WriteOnlyCell(self._sheet, _LOOKS_ESCAPED.sub("_x005F_", fitting(harmless(text))))
        cell.data_type = "s"
        if font is not None:
            cell.font = font
        return cell


def is_workbook(content: bytes) -> bool:
    """Return whether the file is a ZIP archive, as Excel workbooks are."""
    return content.startswith(ZIP_BEGINS)


def is_old_workbook(content: bytes) -> bool:
    """Return whether the file is a workbook of the kind that Excel wrote until 2007."""
    return content.startswith(OLD_WORKBOOK_BEGINS)


def rows_of_workbook(content: bytes, *, most_columns: int) -> Iterator[Sequence[Any]]:
    """Yield the rows of the first sheet that can be seen, with one column more than the most and formulas' results.

    Raises Invalid for what is no workbook, or unpacks to more than a table can need.
    """
    _refuse_bombs(content)
    try:
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet: Any = next((found for found in workbook.worksheets if found.sheet_state == "visible"), None)
        if sheet is None:
            raise Invalid("This Excel workbook has no sheet that can be seen.")
        for row in sheet.iter_rows(max_row=LAST_ROW, max_col=most_columns + 1, values_only=True):
            yield () if row.count(None) == len(row) else [_unescaped(value) for value in row]
    except BROKEN as error:
        raise Invalid(UNREADABLE) from error


def _unescaped(value: Any) -> Any:
    return _ESCAPED.sub("_", value) if isinstance(value, str) else value


def _refuse_bombs(content: bytes) -> None:
    """Unpack the archive once, keeping nothing of it, and stop at what no table needs."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if len(archive.infolist()) > MOST_PARTS or sum(i.file_size for i in archive.infolist()) > LARGEST_UNPACKED:
                raise Invalid("This Excel workbook unpacks to more than a table of this site can need.")
            tags = sum(piece.count(b"<") for part in archive.infolist() for piece in _pieces(archive, part))
    except BROKEN as error:
        raise Invalid(UNREADABLE) from error
    if tags > MOST_TAGS:
        raise Invalid("This Excel workbook holds more cells than a table of this site can need.")


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(part) as opened:
        while piece := opened.read(PIECE):
            yield piece
