"""The conditions under which a row belongs to a list: its search, its filters and its dates."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, true

from admin.asked import Asked
from admin.base import AdminView, column_named
from cms.core.database import has_words

MOST_WORDS = 6


def narrowed(view: AdminView, statement: Select[Any], asked: Asked, *, without: str = "") -> Select[Any]:
    """Return the statement with what is asked for; `without` leaves one filter out of account."""
    for found in view.list_filters:
        condition = found.condition(asked.filters.get(found.name, "")) if found.name != without else None
        if condition is not None:
            statement = statement.where(condition)
    if asked.when is not None and view.date_column is not None:
        statement = statement.where(view.date_column >= asked.when.start, view.date_column < asked.when.end)
    if asked.search:
        statement = statement.where(search_condition(view.model, view._search_fields, asked.search))  # noqa: SLF001 - SQLAdmin keeps the declaration there
    return statement


def search_condition(model: type[Any], names: Sequence[str], term: str) -> ColumnElement[bool]:
    """Return the condition that every word of `term` begins a word of the row, or else occurs in one of its columns."""
    if getattr(model, "searched_columns", ()):
        found = has_words(model, term)
        if found is not None:
            return found
    words = term.split()[:MOST_WORDS]
    columns = [column_named(model, name) for name in names]
    return and_(true(), *(or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words))
