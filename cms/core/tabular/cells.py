"""What a cell of a table may hold: never a formula to a spreadsheet, and nothing that is lost on the way back."""

import re
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import Any

from cms.core.text import storable

WIDE_SIGNS = "\uff1d\uff0b\uff0d\uff20"
"""The signs = + - @ as East Asian keyboards write them; some spreadsheets take them for the others."""

FORMULA_STARTS = f"=+-@\t\r\n{WIDE_SIGNS}"

LONGEST_CELL = 32_767
"""Characters that a cell of a spreadsheet can hold."""

CUT_HERE = " … [cut here, because a cell of a spreadsheet holds no more]"

_GUARDED = re.compile(f"'*[{re.escape(FORMULA_STARTS)}]")
_NO_CHARACTERS = re.compile("[\ufffe\uffff]")


def harmless(text: str) -> str:
    """Return the text with an apostrophe before what a spreadsheet would take for a formula.

    A text that begins like a guarded one gets another apostrophe, so that `unguarded` gives back every text.
    """
    return f"'{text}" if _GUARDED.match(text) else text


def unguarded(text: str) -> str:
    """Return the text without the apostrophe that `harmless` put before it."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


def tidied(text: str) -> str:
    """Return the text as every format of table can hold it: with plain line ends, without control characters."""
    return _NO_CHARACTERS.sub("", storable(text.replace("\r\n", "\n").replace("\r", "\n")))


def fitting(text: str) -> str:
    """Return the text, cut with a mark where a cell of a spreadsheet cannot hold it."""
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT_HERE)] + CUT_HERE


def as_text(value: Any) -> str:
    """Return a value of a JSON document, of a spreadsheet or of a column as the text that a person would type."""
    if value is None:
        return ""
    if isinstance(value, Enum):
        return as_text(value.value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)).isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list):
        return "\n".join(as_text(item) for item in value)
    return tidied(str(value))
