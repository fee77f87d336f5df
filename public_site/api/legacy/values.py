"""What clients send, read field by field, and refused in the words that the old version 2 had for it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from public_site.api.legacy.fields import Field, Kind

LARGEST_NUMBER = 2**63 - 1
LARGEST_ID = 2**31 - 1
LONGEST_DIGITS = 1000
ID = re.compile(r"[1-9][0-9]{0,9}")
SLUG = re.compile(r"[-a-zA-Z0-9_]+")
NUMBER = re.compile(r"[+-]?[0-9]+(?:\.0*)?")
SCHEMES = frozenset({"http", "https", "ftp", "ftps"})
TRUE = frozenset({"t", "y", "yes", "true", "on", "1"})
FALSE = frozenset({"f", "n", "no", "false", "off", "0"})

REQUIRED = "This field is required."
BLANK = "This field may not be blank."
NULL = "This field may not be null."
NO_NUL = "Null characters are not allowed."
NO_SURROGATES = "Surrogate characters are not allowed."
NO_TEXT = "Not a valid string."
NO_SLUG = 'Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.'
NO_URL = "Enter a valid URL."
NO_FLAG = "Must be a valid boolean."
NO_NUMBER = "A valid integer is required."
TOO_MANY_DIGITS = "String value too large."
TOO_SMALL = "Ensure this value is greater than or equal to 0."
TOO_LARGE = f"Ensure this value is less than or equal to {LARGEST_NUMBER}."
NO_MOMENT = (
    "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)


class Wrong(ValueError):
    """A value that a field cannot have; its message is a sentence for clients."""


def read(field: Field, raw: Any) -> Any:
    """Return the value that a client sent for a field other than a LINK, as it is stored. Raises Wrong."""
    if raw is None and not field.may_be_null:
        raise Wrong(NULL)
    return _READERS[field.kind](field, raw)


def row_id(text: str) -> int | None:
    """Return the id that is written like this, None for anything that no row can have."""
    number = int(text) if ID.fullmatch(text) else 0
    return number if 0 < number <= LARGEST_ID else None


def moment(text: str) -> datetime | None:
    """Return the moment that is written like this, None if none is; without a zone it is one of UTC."""
    try:
        parsed = datetime.fromisoformat(text.strip())
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _text(field: Field, raw: Any) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise Wrong(NO_TEXT)
    text = str(raw).strip()
    if not text and not field.may_be_blank and field.is_required:
        raise Wrong(BLANK)
    if "\0" in text:
        raise Wrong(NO_NUL)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Wrong(NO_SURROGATES)
    if field.longest is not None and len(text) > field.longest:
        raise Wrong(f"Ensure this field has no more than {field.longest} characters.")
    return text


def _slug(field: Field, raw: Any) -> str:
    text = _text(field, raw)
    if not SLUG.fullmatch(text):
        raise Wrong(NO_SLUG)
    return text


def _url(field: Field, raw: Any) -> str:
    text = _text(field, raw)
    if text and not _is_url(text):
        raise Wrong(NO_URL)
    return text


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in SCHEMES and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        return False


def _flag(_field: Field, raw: Any) -> bool:
    word = str(raw).lower() if isinstance(raw, str | int) else ""
    if word not in TRUE | FALSE:
        raise Wrong(NO_FLAG)
    return word in TRUE


def _number(_field: Field, raw: Any) -> int:
    text = str(raw) if isinstance(raw, str | int | float) else ""
    if len(text) > LONGEST_DIGITS:
        raise Wrong(TOO_MANY_DIGITS)
    if not NUMBER.fullmatch(text):
        raise Wrong(NO_NUMBER)
    number = int(text.partition(".")[0])
    if number < 0:
        raise Wrong(TOO_SMALL)
    if number > LARGEST_NUMBER:
        raise Wrong(TOO_LARGE)
    return number


def _choice(field: Field, raw: Any) -> int:
    text = str(raw)
    chosen = next((choice for choice in field.choices if str(int(choice)) == text), None)
    if chosen is None:
        raise Wrong(f'"{text}" is not a valid choice.')
    return int(chosen)


def _moment(_field: Field, raw: Any) -> datetime:
    found = moment(raw) if isinstance(raw, str) else None
    if found is None:
        raise Wrong(NO_MOMENT)
    return found


_READERS: Mapping[Kind, Callable[[Field, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.SLUG: _slug,
    Kind.URL: _url,
    Kind.FLAG: _flag,
    Kind.NUMBER: _number,
    Kind.CHOICE: _choice,
    Kind.MOMENT: _moment,
}
