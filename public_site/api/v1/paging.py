"""A list of version 1, page by page: limit and offset, and the addresses of the pages around."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from public_site.api.v1.errors import BadRequest

USUAL_LIMIT = 20
LARGEST_LIMIT = 1000
LARGEST_OFFSET = 2**31 - 1
NUMBER = re.compile(r"\s*[+-]?[0-9]{1,40}\s*")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    path: str
    query: Sequence[tuple[str, str]]
    limit: int
    offset: int

    @classmethod
    def of(cls, path: str, query: Sequence[tuple[str, str]]) -> Self:
        """Read limit and offset. Raises BadRequest."""
        given = dict(query)
        limit = _number(given.get("limit", str(USUAL_LIMIT)), "limit", "a positive integer")
        offset = _number(given.get("offset", "0"), "offset", "an integer")
        if offset > LARGEST_OFFSET:
            raise BadRequest(f"Invalid offset '{offset}' provided. Please provide a smaller integer.")
        return cls(path, query, LARGEST_LIMIT if limit == 0 else min(limit, LARGEST_LIMIT), offset)

    def meta(self, total: int) -> dict[str, Any]:
        """Return what is said about the page beside its objects."""
        return {
            "limit": self.limit,
            "next": self._address(self.offset + self.limit) if self.offset + self.limit < total else None,
            "offset": self.offset,
            "previous": self._address(self.offset - self.limit) if self.offset >= self.limit else None,
            "total_count": total,
        }

    def _address(self, offset: int) -> str:
        kept = [(name, value) for name, value in self.query if name not in {"limit", "offset"}]
        return f"{self.path}?{urlencode([*kept, ('limit', self.limit), ('offset', offset)])}"


def _number(text: str, name: str, wanted: str) -> int:
    if not NUMBER.fullmatch(text):
        raise BadRequest(f"Invalid {name} '{text}' provided. Please provide {wanted}.")
    if int(text) < 0:
        raise BadRequest(f"Invalid {name} '{text}' provided. Please provide a positive integer >= 0.")
    return int(text)
