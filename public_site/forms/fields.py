"""What a visitor typed into a form, as text; nothing that arrives in a body can make reading it fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from litestar import Request
from litestar.datastructures import State

MOST_FIELDS = 100


@dataclass(slots=True)
class Form:
    """A form as it was sent: its texts, and the sentences about what is wrong with them, by field."""

    texts: Mapping[str, str]
    errors: dict[str, list[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a field without the spaces around it."""
        return self.texts.get(name, "").strip()

    def exact(self, name: str) -> str:
        """Return a field as it was typed: spaces belong to a password."""
        return self.texts.get(name, "")

    def object_to(self, name: str, sentence: str) -> None:
        """Say what is wrong with a field; "" is the form as a whole."""
        self.errors.setdefault(name, []).append(sentence)

    def require(self, name: str, sentence: str) -> None:
        """Object with this sentence if the field is empty."""
        if not self.texts.get(name, "").strip():
            self.object_to(name, sentence)


EMPTY: Mapping[str, str] = {}


def blank() -> Form:
    """Return the form that nobody has filled in yet."""
    return Form(EMPTY)


async def read_form(request: Request[Any, Any, State]) -> Form:
    """Return the form in the request's body; a body that is no form is an empty one."""
    body = (await request.body()).decode("utf-8", errors="replace")
    try:
        found = parse_qs(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return blank()
    return Form({name: values[-1] for name, values in found.items()})
