"""What every table stands on: the declarative base and the columns that many of them share."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    TextClause,
    and_,
    event,
    func,
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, declared_attr, mapped_column
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from cms.core import clock

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
STATUS_LENGTH = 40
WORD_MARKS = "/.-_@:+"
SEARCHED_LENGTH = 100_000
"""Characters of a column that are searched; PostgreSQL refuses word lists beyond a mebibyte."""

NAME_LENGTH = 200
LAST_CHARACTER = "\U0010ffff"
SIMPLE_WORDS = text("'simple'::regconfig")


def stored_by_value(statuses: type[StrEnum]) -> Enum:
    """Return the column type that stores a status by its value, which is what people and the old site call it."""
    return Enum(
        statuses,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=False,
        length=STATUS_LENGTH,
    )


class Base(DeclarativeBase):
    """A table of the CMS, and what follows when one of its rows is written."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: JSONB,
    }

    invalidates: ClassVar[tuple[str, ...]] = ("{table}", "{table}/{id}")
    """Surrogate keys to purge when a row is written; placeholders are columns of the row, old and new."""

    invalidates_when: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Further surrogate keys, each with columns: it is purged when one of them changes, or the row goes."""

    search_index: ClassVar[str | None] = None
    """The search index whose documents are made of these rows."""

    markup_fields: ClassVar[tuple[str, ...]] = ()
    """Names of the text columns that are rendered from `<name>` and `<name>_kind` into `<name>_html`."""

    searched_columns: ClassVar[tuple[str, ...]] = ()
    """Text columns in which the back office searches for words; `word_index` makes that quick."""

    audited: ClassVar[bool] = True
    """False only for tables that are themselves a record of what happened."""


@event.listens_for(Base, "init", propagate=True)
def _start_with_defaults(row: Base, _arguments: tuple[object, ...], values: dict[str, Any]) -> None:
    """Give a new row its columns' defaults at once, so that rules can be asked before it is written."""
    for key, column in cast("Mapper[Any]", inspect(type(row))).columns.items():
        default = column.default
        if key in values or default is None:
            continue
        if isinstance(default, ScalarElementColumnDefault):
            values[key] = default.arg
        elif isinstance(default, CallableColumnDefault):
            values[key] = default.arg(cast("Any", None))


class Identified:
    """An integer key, as the old site's URLs and API show it."""

    id: Mapped[int] = mapped_column(Integer, primary_key=True, sort_order=-10)


class Recorded:
    """A big integer key, for the tables that only grow."""

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, sort_order=-10)


class Timestamped:
    """When the row was made, and when it was last written."""

    created_at: Mapped[datetime] = mapped_column(default=clock.now, index=True, sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now, sort_order=91)


class Slugged:
    """A name for people and a slug for URLs."""

    name: Mapped[str] = mapped_column(String(200), sort_order=-9)
    slug: Mapped[str] = mapped_column(String(200), unique=True, sort_order=-8)

    def __str__(self) -> str:
        return self.name


class Authored:
    """Who made the row and who wrote it last; the session fills both, and a person who leaves is forgotten here."""

    @declared_attr
    @classmethod
    def created_by_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True, sort_order=92)

    @declared_attr
    @classmethod
    def updated_by_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True, sort_order=93)


class Versioned:
    """A counter by which a save that began from an older state of the row is recognised and refused."""

    lock_version: Mapped[int] = mapped_column(Integer, default=1, server_default="1", sort_order=94)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__dict__.get("lock_version", Versioned.lock_version)}


@cache
def words_of(model: type[Base]) -> ColumnElement[Any]:
    """Return the words of the model's searched columns, split also at the marks within paths and versions."""
    columns = [
        func.coalesce(func.left(model.__table__.c[name], text(str(SEARCHED_LENGTH))), _quoted(""))
        for name in model.searched_columns
    ]
    joined: ColumnElement[Any] = columns[0]
    for column in columns[1:]:
        joined = joined.op("||")(_quoted(" ")).op("||")(column)
    split = func.translate(joined, _quoted(WORD_MARKS), _quoted(" " * len(WORD_MARKS)))
    return func.to_tsvector(SIMPLE_WORDS, split)


def has_words(model: type[Base], typed: str) -> ColumnElement[bool] | None:
    """Return the condition that a row has words that begin with each of those typed; None if there is no word in it."""
    words = re.findall(r"\w+", typed.replace("_", " "))
    if not words:
        return None
    query = " & ".join(f"{word}:*" for word in words)
    return words_of(model).op("@@")(func.to_tsquery(SIMPLE_WORDS, query))


def is_called(model: type[Base], typed: str) -> ColumnElement[bool]:
    """Return the condition that a row's name, the first of its searched columns, is what was typed."""
    return _name_of(model) == typed.lower()[:NAME_LENGTH]


def begins_with(model: type[Base], typed: str) -> ColumnElement[bool]:
    """Return the condition that a row's name begins with what was typed, by the order of `word_index`."""
    name, beginning = _name_of(model), typed.lower()[:NAME_LENGTH]
    return and_(name.op("~>=~")(beginning), name.op("~<~")(beginning + LAST_CHARACTER))


def word_index(model: type[Base]) -> tuple[Index, Index]:
    """Add the indexes under which the search stays quick with a million rows; call it below the class."""
    name, in_order_of_bytes = _name_of(model).label("name"), {"name": "text_pattern_ops"}
    return (
        Index(f"ix_{model.__tablename__}_words", words_of(model), postgresql_using="gin"),
        Index(f"ix_{model.__tablename__}_beginnings", name, postgresql_ops=in_order_of_bytes),
    )


def sort_indexes(model: type[Base], *names: str) -> list[Index]:
    """Add the indexes in whose order the back office lists a model's rows; call it below the class.

    The key comes second, as in the list's own order: rows that are alike, such as all those of one import, would
    have to be sorted anew for each page.
    """
    columns = model.__table__.c
    return [Index(f"ix_{model.__tablename__}_{name}", columns[name], columns["id"]) for name in names]


def _name_of(model: type[Base]) -> ColumnElement[str]:
    return func.lower(func.left(model.__table__.c[model.searched_columns[0]], text(str(NAME_LENGTH))))


def _quoted(value: str) -> TextClause:
    """Return a constant written into the statement: with a parameter the planner could not match the index."""
    return text(f"'{value}'")
