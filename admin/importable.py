"""Importable: what a view declares so that its rows can be made and changed by uploading a table."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Importable:
    """The columns that a table may bring, and the one by which its rows are told apart."""

    key: str
    """A unique text column; a row of the file belongs to the row that has the same value here."""

    columns: tuple[str, ...]
    key_of: Callable[[str], str] = str.strip
    """What the domain makes of a typed key."""
