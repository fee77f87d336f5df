"""The export of a list: what its address asks for and the person may see, as CSV, Excel or JSON, row by row."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, inspect, literal, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Mapper, load_only
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from admin import formats, forms
from admin.asked import Asked, asked_of
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView
from admin.facets import chips_of
from admin.list_columns import PEOPLE, names_of_people
from admin.lists import selection
from admin.rendering import NEVER_CACHED
from admin.requests import resources_of
from cms.core import audit, clock
from cms.core.errors import Invalid, NotFound
from cms.core.permissions import allows
from cms.core.tabular.cells import tidied
from cms.core.tabular.workbooks import WorkbookBeingWritten
from cms.core.tabular.writing import BYTE_ORDER_MARK, JSON_TAIL, csv_lines, json_head, json_rows
from cms.users.models import User

ROWS_AT_ONCE = 200
"""Few enough that other requests are answered between two of these."""

PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported, for whom, and from where its rows are read."""

    view: AdminView
    user: User
    asked: Asked
    statement: Select[Any]
    sessionmaker: async_sessionmaker[AsyncSession]

    async def batches(self, *options: Any) -> AsyncIterator[tuple[AsyncSession, list[Any]]]:
        """Yield the rows, a few at a time, within one transaction."""
        async with self.sessionmaker() as session:
            statement = self.statement.options(*options).execution_options(yield_per=ROWS_AT_ONCE)
            async for records in (await session.stream(statement)).partitions():
                yield session, [record[0] for record in records]


Chunks = Callable[[Export], AsyncIterator[str | bytes]]


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that a list can be exported as."""

    name: str
    label: str
    media_type: str
    most_rows: int
    chunks: Chunks


async def export(request: Request) -> Response:
    """Send what the list shows in one of the formats, and record that it was taken."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.view)
    kind = FORMATS.get(request.path_params["format"])
    if kind is None or not view.can_export:
        raise NotFound("These rows cannot be exported like this.")
    asked = asked_of(view, request.query_params, user)
    sessionmaker = resources_of(request).sessionmaker
    wanted = Export(view, user, asked, selection(view, user, request), sessionmaker)
    async with sessionmaker() as session:
        count = await _count(session, wanted.statement, most=kind.most_rows)
        narrowing = ", ".join(str(chip) for chip in chips_of(view, request, asked)) or "all"
        remark = f"{formats.number(count)} as {kind.label}; {narrowing}"
        audit.record_of_table(session, view.model, label=view.name_plural, action="export", remark=remark)
        await session.commit()
    name = f"{view.identity}-{clock.now():%Y-%m-%d-%H%M}.{kind.name}"
    headers = {**NEVER_CACHED, "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(kind.chunks(wanted), media_type=kind.media_type, headers=headers)


async def _count(session: AsyncSession, statement: Select[Any], *, most: int) -> int:
    """Return how many rows there are; raises Invalid where they are more than the format takes."""
    ones = statement.order_by(None).with_only_columns(literal(1), maintain_column_froms=True).limit(most + 1)
    count = await session.scalar(select(func.count()).select_from(ones.subquery())) or 0
    if count > most:
        raise Invalid(f"These are more than {most:,} rows, the most that a file of this kind takes. Narrow the list.")
    return count


async def _csv(wanted: Export) -> AsyncIterator[str]:
    """Begin with a mark by which spreadsheet programs know UTF-8."""
    yield BYTE_ORDER_MARK + csv_lines([_heads(wanted)])
    async for rows in _texts(wanted):
        yield csv_lines(rows)


async def _xlsx(wanted: Export) -> AsyncIterator[bytes]:
    with WorkbookBeingWritten(title=wanted.view.name_plural, columns=_heads(wanted)) as workbook:
        async for rows in _texts(wanted):
            workbook.add(rows)
        with await asyncio.to_thread(workbook.saved) as file:
            while piece := file.read(PIECE):
                yield piece


def _heads(wanted: Export) -> list[str]:
    return [wanted.view.label_of(name) for name in wanted.asked.columns]


async def _texts(wanted: Export) -> AsyncIterator[list[list[str]]]:
    """Yield the list's own columns as texts."""
    columns = wanted.asked.columns
    async for session, rows in wanted.batches(*wanted.view.list_options(columns)):
        people = await names_of_people(session, rows, columns)
        yield [[_text(wanted.view, row, name, people) for name in columns] for row in rows]


def _text(view: AdminView, row: Any, name: str, people: Mapping[int, str]) -> str:
    value = getattr(row, name, None)
    return people.get(value or 0, "") if name in PEOPLE else text_of_cell(view, name, value)


def text_of_cell(view: AdminView, name: str, value: Any) -> str:
    """Return a value as it stands in a CSV file or a workbook, in the words of the list."""
    return tidied(formats.plain(view._in_words(name, value)))  # noqa: SLF001 - of our own base class


async def _json(wanted: Export) -> AsyncIterator[str]:
    """Write all columns of the form, whole, with the key of the row first."""
    view = wanted.view
    yield json_head({"table": view.identity, "exported_at": clock.now().isoformat()})
    names = whole_columns(view, wanted.user)
    are_first = True
    async for _, rows in wanted.batches(_load(view, names)):
        values = ({"id": row.id, **forms.values_of(row, names)} for row in rows)
        yield json_rows(
            ({name: audit.as_json(value) for name, value in row.items()} for row in values), are_first=are_first
        )
        are_first = False
    yield JSON_TAIL


def whole_columns(view: AdminView, user: User) -> list[str]:
    """Return the columns of the form that are open to the person; secrets are open to nobody."""
    return [
        name
        for name in view.get_form_columns()
        if name in view.mapper.attrs
        and not (name in view.mapper.columns and view.mapper.columns[name].info.get("audit") == audit.SECRET)
        and not (name in view.field_permissions and not allows(user, view.field_permissions[name]))
    ]


def _load(view: AdminView, names: Sequence[str]) -> Any:
    """Load the columns, and of relations the keys alone."""
    mapper: Mapper[Any] = inspect(view.model)
    keys = {column.key for name in names for column in getattr(mapper.attrs[name], "columns", ())}
    keys |= {
        str(column.key)
        for name in names
        if name in mapper.relationships
        for column in mapper.relationships[name].local_columns
    }
    return load_only(*(getattr(view.model, key) for key in sorted({"id", *keys})))


FORMATS = {
    found.name: found
    for found in (
        Format("csv", "CSV", "text/csv; charset=utf-8", 1_000_000, _csv),
        Format(
            "xlsx",
            "Excel",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            100_000,
            _xlsx,
        ),
        Format("json", "JSON", "application/json", 1_000_000, _json),
    )
}

routes = [Route("/{identity}/export/{format}", export)]
