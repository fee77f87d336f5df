"""Which column of an uploaded table is which field of the form, and what the text of a cell means to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wtforms import BooleanField

from admin.base import AdminView
from admin.exporting import text_of_cell
from admin.fields import ChoiceField, UtcDateTimeField
from admin.filters import YesNoFilter
from admin.importable import Importable
from cms.core.audit import as_json
from cms.core.errors import Invalid
from cms.core.permissions import allows
from cms.core.tabular.cells import as_text, tidied
from cms.core.tabular.reading import Table
from cms.users.models import User

KEY = "id"
KEY_LABEL = "Id"
YES = frozenset({"yes", "y", "true", "1", "on", "x"})
NO = frozenset({"no", "n", "false", "0", "off", ""})


@dataclass(frozen=True, slots=True)
class Matching:
    """The heads of a table with the fields that they name, and those that name none."""

    fields: dict[str, str]
    ignored: tuple[str, ...]

    def values_of(self, cells: Mapping[str, str]) -> dict[str, str]:
        """Return the cells of a row by the names of their fields."""
        return {self.fields[head]: text for head, text in cells.items() if head in self.fields}


def importable_of(view: AdminView) -> Importable:
    """Return what the view declares; the faces have made sure that it does."""
    if view.importable is None:
        raise Invalid(f"{view.name_plural} are not imported.")
    return view.importable


def label_of(view: AdminView, name: str) -> str:
    return KEY_LABEL if name == KEY else view.label_of(name)


def matched(view: AdminView, user: User, table: Table) -> Matching:
    """Match the columns of a table by their label or their name, whatever the case.

    Raises Invalid where two columns mean the same field, or where nothing says which row is which.
    """
    names = _names(view, user)
    fields = {head: names[head.casefold()] for head in table.columns if head.casefold() in names}
    for name in fields.values():
        heads = [head for head, found in fields.items() if found == name]
        if len(heads) > 1:
            raise Invalid(f"The columns “{heads[0]}” and “{heads[1]}” mean the same. Leave one of them out.")
    importable = importable_of(view)
    if not {importable.key, KEY} & set(fields.values()):
        found = ", ".join(f"“{head}”" for head in table.columns)
        raise Invalid(
            f"The file needs a column “{label_of(view, importable.key)}”, by which its rows are told apart. "
            f"It has: {found}."
        )
    return Matching(fields, tuple(head for head in table.columns if head not in fields))


def _names(view: AdminView, user: User) -> dict[str, str]:
    """Return what a column may be called → the field, as far as it is open to the person."""
    closed = {name for name, permission in view.field_permissions.items() if not allows(user, permission)}
    names = [KEY, *(name for name in importable_of(view).columns if name not in closed)]
    return {called.casefold(): name for name in names for called in (name, label_of(view, name))}


def is_as_exported(view: AdminView, name: str, value: Any, text: str) -> bool:
    """Return whether the text is what an export of either kind writes for the value."""
    return tidied(text) in (text_of_cell(view, name, value), tidied(as_text(as_json(value))))


def typed(view: AdminView, field: Any, text: str) -> Sequence[str]:
    """Return what a browser would send for the field if the person had typed the text.

    Raises Invalid where nobody could have typed it.
    """
    if isinstance(field, BooleanField):
        return _yes_or_no(view, field.name, text)
    if isinstance(field, ChoiceField):
        return [_choice(field, text)]
    if isinstance(field, UtcDateTimeField):
        return [_moment(text)]
    return [text]


def _yes_or_no(view: AdminView, name: str, text: str) -> Sequence[str]:
    """Read yes and no, also in the words that the list has for them."""
    own = [found for found in view.list_filters if isinstance(found, YesNoFilter) and found.name == name]
    word = text.strip().casefold()
    if word in YES | {found.yes.casefold() for found in own}:
        return ["y"]
    if word in NO | {found.no.casefold() for found in own}:
        return []
    raise Invalid("Write yes or no.")


def _choice(field: ChoiceField, text: str) -> str:
    word = text.strip().casefold()
    for value, label in field.labels:
        kept = as_text(value)
        if word in (kept.casefold(), label.casefold()):
            return kept
    raise Invalid(f"Write one of these: {', '.join(f'“{label}”' for _, label in field.labels)}.")


def _moment(text: str) -> str:
    """Turn a moment with its distance from UTC into UTC; the field reads all others itself."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return f"{moment.astimezone(UTC) if moment.tzinfo else moment:%Y-%m-%d %H:%M:%S}"
