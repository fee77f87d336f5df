"""The kinds of field that SQLAdmin lacks or renders with inline scripts: plain HTML that a script may improve."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from wtforms import Field, IntegerField, SelectField, SelectMultipleField, TextAreaField, ValidationError
from wtforms.fields import FileField
from wtforms.widgets import CheckboxInput, DateTimeLocalInput, ListWidget, TextArea, TextInput

from cms.core import clock
from cms.core.markup import MarkupKind

MINUTES = "%Y-%m-%dT%H:%M"
ACCEPTED_TIMES = (MINUTES, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
MARKUP_LABELS = {
    MarkupKind.MARKDOWN: "Markdown",
    MarkupKind.RESTRUCTUREDTEXT: "reStructuredText",
    MarkupKind.HTML: "HTML",
    MarkupKind.PLAIN: "Plain text",
    MarkupKind.HTML_TRUSTED: "HTML, unfiltered",
    MarkupKind.MARKDOWN_TRUSTED: "Markdown, with unfiltered HTML",
}


class UtcDateTimeField(Field):
    """A moment, typed and shown in UTC with the browser's own picker."""

    widget = DateTimeLocalInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.astimezone(UTC).strftime(MINUTES) if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = (valuelist[0] if valuelist else "").strip().removesuffix("Z").removesuffix(" UTC")
        if not typed:
            self.data = None
            return
        for form in ACCEPTED_TIMES:
            try:
                self.data = datetime.strptime(typed, form).replace(tzinfo=UTC)
            except ValueError:
                continue
            if not clock.can_be_meant(self.data):
                raise ValueError(clock.NO_SUCH_YEAR)
            return
        raise ValueError("Write a date and a time in UTC, such as 2026-11-21 14:30.")


class MarkupField(TextAreaField):
    """A text in one of the markup kinds, with a toolbar and a preview by the renderer that the site uses."""

    widget = TextArea()

    def __init__(self, *arguments: Any, kind_field: str = "", is_inline: bool = False, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.kind_field = kind_field
        self.is_inline = is_inline  # A line of text, to which headings, lists and pictures are not offered.


class ChoiceField(SelectField):
    """One of a set of values that are stored as they are: members of an enum, or numbers with a label."""

    def __init__(self, *arguments: Any, labels: Iterable[tuple[Any, str]] = (), **options: Any) -> None:
        self.labels = list(labels)
        options["choices"] = [(_as_text(value), label) for value, label in self.labels]
        options["coerce"] = _as_text
        super().__init__(*arguments, **options)

    def pre_validate(self, form: Any) -> None:
        if self.value is None:
            raise ValidationError("Choose one of the values that are offered.")

    @property
    def value(self) -> Any:
        """The chosen value itself, not its text; None where nothing offered was chosen."""
        return next((value for value, _ in self.labels if _as_text(value) == self.data), None)


class RelationField(SelectField):
    """A row of another table, chosen from a list short enough to be shown whole."""

    def __init__(self, *arguments: Any, relation: Any = None, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "coerce": str, "choices": [], "validate_choice": False})
        self.relation = relation
        self.offered: list[tuple[str, str]] = []

    def offer(self, choices: list[tuple[str, str]]) -> None:
        """Say what may be chosen, before the form is checked or shown."""
        self.offered = choices
        self.choices = [("", "Choose…"), *choices]

    def pre_validate(self, form: Any) -> None:
        if self.data and self.data not in {value for value, _ in self.offered}:
            raise ValidationError("Choose one of the values that are offered.")

    @property
    def value(self) -> int | None:
        return int(self.data) if self.data else None

    def process_data(self, value: Any) -> None:
        self.data = "" if value is None else str(value)


class AutocompleteField(Field):
    """A row of another table, found by typing; without scripts its number can be typed."""

    widget = TextInput()

    def __init__(self, *arguments: Any, relation: Any = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.relation = relation
        self.shown = ""  # The label of the chosen row, filled before the form is rendered.

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = (valuelist[0] if valuelist else "").strip()
        if not typed:
            self.data = None
        elif typed.isdecimal() and int(typed) < 2**31:
            self.data = int(typed)
        else:
            self.data = None
            raise ValueError("Choose one of the rows that are found.")

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not self.shown:
            raise ValidationError("There is no such row, or none that you may see.")

    @property
    def value(self) -> int | None:
        return int(self.data) if self.data is not None else None


class LinesField(Field):
    """A list of short texts, one a line."""

    widget: Any = TextArea()

    def _value(self) -> str:
        return "\n".join(self.data or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        lines = (valuelist[0] if valuelist else "").replace(",", "\n").splitlines()
        self.data = [line.strip() for line in lines if line.strip()]


class CheckboxesField(SelectMultipleField):
    """Any number of values, each with its own box; `choices` are grouped: label → pairs of value and words."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class UploadField(FileField):
    """A file to be kept; an empty choice leaves the file that is there."""

    taken_in = ""
    """The address below /media/ of the file, once it is in the library."""

    @property
    def is_filled(self) -> bool:
        return bool(getattr(self.data, "filename", ""))


class BoundedIntegerField(IntegerField):
    """A number that its column can hold."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = (valuelist[0] if valuelist else "").strip().replace(" ", "").replace(",", "")
        if not typed:
            self.data = None
            return
        if len(typed) > 19:
            raise ValueError("This number is too large.")
        super().process_formdata([typed])


def _as_text(value: Any) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value)
