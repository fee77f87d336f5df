"""One search over all that a person may see, with what they had in hand last and the commands that are open to them.

Every view is asked in the same statement, each in three ways: for rows that are called what was typed, for rows whose
name begins so, and for rows that have its words. Each way ends at a few rows of an index, so that the answer takes
about the same time however many rows there are and however common a word is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Boolean, ColumnElement, DateTime, Select, String, cast, func, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from admin.base import AdminView, column_named, is_key
from admin.columns import STATE_WORDS
from admin.commands import Command, commands_of, matching
from admin.history import table_of
from admin.narrowing import search_condition
from admin.rendering import NEVER_CACHED, render
from admin.requests import office_of, resources_of, user_of
from admin.urls import url_to
from cms.core.audit import AuditEntry
from cms.core.database import begins_with, has_words, is_called
from cms.core.publishing import Publishable, State
from cms.users.models import User

MOST_A_VIEW = 5
MOST_RECENT = 8
MOST_COMMANDS = 6
MOST_OPENED = 20
ENTRIES_LOOKED_AT = 100
LOOKED_AT = 200
"""Rows with the words that are compared for the best; an index gives them in no order, so more would tell no more."""

LONGEST_TERM = 100
SHORTEST_WORDS = 2
"""Letters from which on the words of texts are searched; a single one begins a word of nearly every row."""

BY_INDEX_ALONE = select(*(func.set_config(name, "off", literal(True)) for name in ("enable_seqscan", "jit")))  # noqa: FBT003 - for this transaction only
"""The planner cannot know how common a word is and, where it guesses badly, would read whole tables."""

CALLED, BEGINS, HOLDS, HAS_WORDS = range(4)
MOMENT = DateTime(timezone=True)
STATE: tuple[tuple[str, TypeEngine[Any]], ...] = (
    ("is_published", Boolean()),
    ("publish_at", MOMENT),
    ("expire_at", MOMENT),
)
"""The columns that tell what the public has of a row."""

STATE_OF: Callable[[Any], State] = Publishable.state.fget  # type: ignore[attr-defined]  # a property, asked of a record


@dataclass(frozen=True, slots=True)
class Result:
    """Something that was found, as the palette and the page show it."""

    label: str
    url: str = ""
    action: str = ""
    detail: str = ""
    state: str = ""
    shortcut: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Results of one kind; `all_url` leads to the rest where there is more."""

    label: str
    results: list[Result]
    all_url: str = ""


async def show_search(request: Request) -> Response:
    """Show what is found as a page, for those without scripts and for a link to a search."""
    term = _term(request)
    groups = await _found(request, term)
    count = sum(len(group.results) for group in groups)
    return await render(request, "search.html", {"title": "Search", "term": term, "groups": groups, "count": count})


async def answer_search(request: Request) -> Response:
    """Answer the palette."""
    groups = await _found(request, _term(request))
    return JSONResponse({"groups": [asdict(group) for group in groups]}, headers=NEVER_CACHED)


def _term(request: Request) -> str:
    return " ".join(request.query_params.get("q", "").replace("\x00", "").split())[:LONGEST_TERM]


async def _found(request: Request, term: str) -> list[Group]:
    commands = commands_of(request)
    async with resources_of(request).sessionmaker() as session:
        if not term:
            recent = await _recent(session, request)
            suggested = [_as_result(command) for command in commands[:MOST_COMMANDS]]
            groups = [Group("What you had in hand last", recent), Group("Begin", suggested)]
        else:
            named = [_as_result(command) for command in matching(commands, term)[:MOST_COMMANDS]]
            groups = [*await _rows_with(session, request, term), Group("Commands and pages", named)]
    return [group for group in groups if group.results]


def _as_result(command: Command) -> Result:
    return Result(label=command.label, url=command.url, action=command.action, shortcut=command.shortcut)


async def records_of(
    session: AsyncSession, user: User, views: Mapping[str, AdminView], term: str
) -> dict[str, list[Any]]:
    """Return what each view finds, the best first, and before the others the view that has the best of all."""
    parts = [part for view in views.values() for part in _ways(view, user, term)]
    if not parts:
        return {}
    connection = await session.connection()  # No cache keeps the answer, so the session need not learn what was read.
    await connection.execute(BY_INDEX_ALONE)
    found: dict[str, dict[int, Any]] = {identity: {} for identity in views}
    for record in await connection.execute(union_all(*parts)):
        found[record.identity][record.id] = record
    sorted_each = [(identity, _best(records.values(), term)) for identity, records in found.items() if records]
    return dict(sorted(sorted_each, key=lambda view: _rank(view[1][0], term.lower())))


async def _rows_with(session: AsyncSession, request: Request, term: str) -> list[Group]:
    user = user_of(request)
    views = {view.identity: view for view in _searched(request)}
    records = await records_of(session, user, views, term)
    return [_group(views[identity], user, found, term) for identity, found in records.items()]


def _group(view: AdminView, user: User, records: list[Any], term: str) -> Group:
    has_more = len(records) > MOST_A_VIEW
    all_url = url_to("list", identity=view.identity, query={"search": term}) if has_more else ""
    results = [_result(view, user, record) for record in records[:MOST_A_VIEW]]
    return Group(view.name_plural, results, all_url)


def _best(records: Iterable[Any], term: str) -> list[Any]:
    """Sort what was found: the whole name, its beginning, within it, elsewhere; of those alike, the newest first."""
    return sorted(records, key=lambda record: (_rank(record, term.lower()), -record.id))


def _rank(record: Any, typed: str) -> int:
    name = record.name.lower()
    if name == typed:
        return CALLED
    if name.startswith(typed):
        return BEGINS
    return HOLDS if typed in name else HAS_WORDS


def _searched(request: Request) -> Iterator[AdminView]:
    user = user_of(request)
    return (view for view in office_of(request).model_views if view.is_open_to(user, "list") and view.searched_names)


def _ways(view: AdminView, user: User, term: str) -> Iterator[Select[Any]]:
    """Select the rows of a view in each way in which they can be found."""
    model = view.model
    if not getattr(model, "searched_columns", ()):
        yield _select(view, user, search_condition(model, view.searched_names, term), most=LOOKED_AT)
        return
    yield _select(view, user, is_called(model, term), most=MOST_A_VIEW + 1)
    yield _select(view, user, begins_with(model, term), most=MOST_A_VIEW + 1)
    condition = has_words(model, term) if len(term) >= SHORTEST_WORDS else None
    if condition is not None:
        yield _select(view, user, condition, most=LOOKED_AT)


def _select(view: AdminView, user: User, condition: ColumnElement[bool], *, most: int) -> Select[Any]:
    """Select as much of the rows as a result shows, and no more rows than are needed."""
    names = view.searched_names
    name, detail = (
        cast(column_named(view.model, found), String) for found in (names[0], view.found_detail or names[0])
    )
    publishable = issubclass(view.model, Publishable)
    model: Any = view.model
    found = (
        select(
            literal(view.identity).label("identity"),
            model.id.label("id"),
            func.left(name, LOOKED_AT).label("name"),
            (func.left(detail, LOOKED_AT) if view.found_detail else literal("")).label("detail"),
            *((getattr(model, column) if publishable else cast(null(), kind)).label(column) for column, kind in STATE),
        )
        .where(condition, view.reach(user, view.permissions.view))
        .limit(most)
        .subquery()
    )
    return select(found)


def _result(view: AdminView, user: User, record: Any) -> Result:
    action = "edit" if view.is_open_to(user, "edit") else "details"
    state = "" if record.is_published is None else STATE_WORDS[STATE_OF(record)]
    url = url_to(action, identity=view.identity, pk=record.id)
    return Result(label=record.name or f"{view.name} {record.id}", url=url, detail=record.detail, state=state)


async def _recent(session: AsyncSession, request: Request) -> list[Result]:
    """Return what the person opened in this browser, then what they wrote, the latest first, as far as it is there."""
    user = user_of(request)
    views = {view.identity: view for view in _searched(request)}
    wanted = list(dict.fromkeys([*_opened(request, views), *await _written(session, user, views)]))
    parts = [
        _select(view, user, column_named(view.model, "id").in_(keys), most=len(keys))
        for view in views.values()
        if (keys := [key for identity, key in wanted if identity == view.identity])
    ]
    if not parts:
        return []
    records = {(record.identity, record.id): record for record in await session.execute(union_all(*parts))}
    found = [(views[place[0]], records[place]) for place in wanted if place in records][:MOST_RECENT]
    return [_with_kind(view, _result(view, user, record)) for view, record in found]


def _with_kind(view: AdminView, result: Result) -> Result:
    return Result(label=result.label, url=result.url, detail=view.name, state=result.state)


def _opened(request: Request, views: dict[str, AdminView]) -> Iterator[tuple[str, int]]:
    """Read what the browser remembers: numbers only, whose names are for the server to tell or not."""
    for place in request.query_params.getlist("opened")[:MOST_OPENED]:
        identity, _, key = place.partition("/")
        if identity in views and is_key(key):
            yield identity, int(key)


async def _written(session: AsyncSession, user: User, views: dict[str, AdminView]) -> Sequence[tuple[str, int]]:
    identities = {table_of(view): identity for identity, view in views.items()}
    entries = (
        select(AuditEntry.table_name, AuditEntry.row_id)
        .where(AuditEntry.actor_id == user.id, AuditEntry.table_name.in_(identities))
        .order_by(AuditEntry.id.desc())
        .limit(ENTRIES_LOOKED_AT)
    )
    found = [(identities[entry.table_name], entry.row_id) for entry in await session.execute(entries) if entry.row_id]
    return [place for place in found if place != ("users", user.id)]


routes = [
    Route("/search", show_search),
    Route("/search.json", answer_search),
]
