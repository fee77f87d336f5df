"""Where media are used: noted whenever a row is saved whose texts or columns name an address below /media/."""

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, unquote

from sqlalchemy import Select, Text, delete, event, func, insert, inspect, or_, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper, Session, UOWTransaction

from cms.core.database import Base
from cms.core.deletion import Dependents, hindrances_of
from cms.core.publishing import Publishable
from cms.core.revisions import Revision
from cms.core.session import CMSSession
from cms.media.models import MediaItem, MediaUse

MOST_SHOWN = 50
LONGEST_PATH = 400

_NAMED = re.compile(r"/media/(?:variants/[^/\"'\s]+/)?([^\"'\s<>?#]+)")
"""What follows one of our addresses in HTML; that of another site with the same path is no harm."""


@dataclass(frozen=True, slots=True)
class Naming:
    """A column that holds an address below /media/, and the relation to the row that people would open for it."""

    model: type[Base]
    column: str
    owner: str
    title: str
    alternative_text: str


_namings: dict[type[Base], Naming] = {}


def names_media(model: type[Base], column: str, *, owner: str, title: str = "", alternative_text: str = "") -> None:
    """Say that a column holds an address; call it below the class.

    `title` and `alternative_text` name the columns that tell of the file, for files that are not in the library yet.
    """
    _namings[model] = Naming(model, column, owner, title, alternative_text)


def namings() -> list[Naming]:
    """Return every column that holds an address."""
    return list(_namings.values())


@dataclass(frozen=True, slots=True)
class UsedBy:
    """The rows of one table in which an item is used; `rows` are the first of `count`."""

    model: type[Base]
    rows: list[Any]
    count: int


def paths_in(markup: str) -> set[str]:
    """Return the addresses below /media/ that HTML names, as they stand in `MediaItem.path`."""
    found = (unquote(html.unescape(match[1])) for match in _NAMED.finditer(markup))
    return {path for path in found if len(path) <= LONGEST_PATH and "\0" not in path}


async def used_by(session: AsyncSession, item: MediaItem) -> list[UsedBy]:
    """Return the rows that use an item, table by table: as they are saved, or as their drafts would have it."""
    found = [await _counted(session, rows) for rows in _with_drafts_naming(item)]
    for name in await session.scalars(_uses_of(item).with_only_columns(MediaUse.table_name).distinct()):
        model = _model_of(name)
        if model is not None:
            rows = _rows_of(model, _uses_of(item).where(MediaUse.table_name == name))
            found.append(await _counted(session, rows))
    return _merged(found)


async def note_all(session: AsyncSession) -> None:
    """Note anew what every row uses, for rows that were written in bulk."""
    connection = await session.connection()
    await connection.execute(delete(MediaUse))
    for model in _using_models():
        columns = [model.id, *(getattr(model, name) for name in _columns_of(model))]  # type: ignore[attr-defined]  # every table of ours has an id
        records = await session.stream(select(*columns).execution_options(yield_per=500))
        async for batch in records.partitions():
            entries = [
                _entry(model.__tablename__, row_id, path)
                for row_id, *values in batch
                for path in _paths_among(model, values)
            ]
            if entries:
                await connection.execute(insert(MediaUse), entries)


@event.listens_for(CMSSession, "after_flush")
def _note_uses(session: Session, _context: UOWTransaction) -> None:
    """Write what the flushed rows use now, in the same transaction."""
    connection: Connection | None = None
    for row in (*session.new, *session.dirty, *session.deleted):
        if not _may_have_changed(session, row):
            continue
        connection = connection or session.connection()
        table_name, row_id = row.__tablename__, cast("Any", row).id
        connection.execute(delete(MediaUse).where(MediaUse.table_name == table_name, MediaUse.row_id == row_id))
        values = [getattr(row, name) for name in _columns_of(type(row))]
        paths = set() if row in session.deleted else _paths_among(type(row), values)
        if paths:
            connection.execute(insert(MediaUse), [_entry(table_name, row_id, path) for path in sorted(paths)])


def _may_have_changed(session: Session, row: Base) -> bool:
    names = _columns_of(type(row))
    if not names or row in session.new or row in session.deleted:
        return bool(names)
    attributes = inspect(row).attrs
    return any(attributes[name].history.has_changes() for name in names)


def _columns_of(model: type[Base]) -> list[str]:
    naming = _namings.get(model)
    return [f"{name}_html" for name in model.markup_fields] + ([naming.column] if naming else [])


def _paths_among(model: type[Base], values: Iterable[str | None]) -> set[str]:
    """Return the addresses in the values of `_columns_of(model)`."""
    paths: set[str] = set()
    for name, value in zip(_columns_of(model), values, strict=True):
        paths |= paths_in(value or "") if name.endswith("_html") else {value} if value else set()
    return paths


def _entry(table_name: str, row_id: int, path: str) -> dict[str, Any]:
    return {"table_name": table_name, "row_id": row_id, "path": path}


def _using_models() -> Iterator[type[Base]]:
    mappers: list[Mapper[Any]] = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    return (mapper.class_ for mapper in mappers if _columns_of(mapper.class_))


def _model_of(table_name: str) -> type[Base] | None:
    return next((model for model in _using_models() if model.__tablename__ == table_name), None)


def _uses_of(item: MediaItem) -> Select[Any]:
    return select(MediaUse.row_id).where(MediaUse.path == item.path)


def _rows_of(model: Any, ids: Select[Any]) -> Select[Any]:
    """Select the rows with these ids, or rather those that people would open for them."""
    if model not in _namings:
        return select(model).where(model.id.in_(ids))
    relation = inspect(model).relationships[_namings[model].owner]
    owner: Any = relation.mapper.class_
    key = next(iter(relation.local_columns))
    return select(owner).where(owner.id.in_(select(key).where(model.id.in_(ids))))


def _with_drafts_naming(item: MediaItem) -> Iterator[Select[Any]]:
    """Select the rows beside which a draft waits that names the item; of drafts there are few, so they are searched."""
    text = sql_cast(Revision.values, Text)
    addresses = {f"/{item.path}", f"/{quote(item.path)}", f'"{item.path}"'}
    names_it = or_(*(text.contains(address, autoescape=True) for address in sorted(addresses)))
    for model in _using_models():
        if issubclass(model, Publishable):
            publishable: Any = model
            yield select(model).join(Revision, Revision.id == publishable.draft_id).where(names_it)


async def _counted(session: AsyncSession, rows: Select[Any]) -> UsedBy:
    model = rows.column_descriptions[0]["entity"]
    count = await session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    found = await session.scalars(rows.order_by(model.id).limit(MOST_SHOWN))
    return UsedBy(model, list(found), count)


def _merged(found: list[UsedBy]) -> list[UsedBy]:
    """Join what was found in two ways: a page may have an image among its own, and show it in its text."""
    by_model: defaultdict[type[Base], dict[int, Any]] = defaultdict(dict)
    for used in found:
        by_model[used.model].update({row.id: row for row in used.rows})
    most = {used.model: max(other.count for other in found if other.model is used.model) for used in found}
    return [UsedBy(model, list(rows.values()), max(len(rows), most[model])) for model, rows in by_model.items() if rows]


@hindrances_of(MediaItem)
async def _hinder_deletion(session: AsyncSession, item: MediaItem) -> list[Dependents]:
    """Name what would show a gap if the item were deleted."""
    return [
        Dependents(used.model, used.count, tuple(str(row) for row in used.rows[:5]))
        for used in await used_by(session, item)
    ]
