"""What each search engine holds, how its last rebuild went or goes, and the lever to start one."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin.authorization import require_somewhere
from admin.operations.tabs import Done, record, show_tab
from admin.requests import resources_of
from cms.core import outbox
from cms.core.database import Base
from cms.core.errors import Invalid, Unavailable
from cms.core.permissions import Permission
from cms.core.search import SearchEngine
from cms.core.search_rebuilds import SearchRebuild

SHOWN = 10


@dataclass(frozen=True, slots=True)
class EngineState:
    """How many documents of each index an engine holds; none where it does not answer."""

    name: str
    counts: dict[str, int]
    is_well: bool


async def show_search(request: Request) -> Response:
    """Show the engines and the latest rebuilds."""
    require_somewhere(request, Permission.OPERATIONS_VIEW)
    resources = resources_of(request)
    async with resources.sessionmaker() as session:
        latest = select(SearchRebuild).order_by(SearchRebuild.id.desc()).limit(SHOWN)
        rebuilds = (await session.scalars(latest)).all()
    engines = await asyncio.gather(*(_state_of(engine) for engine in resources.search.engines))
    running = next((rebuild for rebuild in rebuilds if rebuild.is_running), None)
    context = {"engines": engines, "indexes": _indexes(), "rebuilds": rebuilds, "running": running}
    return await show_tab(request, "search", context)


async def rebuild(session: AsyncSession, posted: FormData) -> Done:
    """Have the search built anew: all of it beside the old one, or one index in place."""
    index = str(posted.get("index", ""))
    if index and index not in _indexes():
        raise Invalid("There is no such search index.")
    outbox.enqueue(session, "rebuild_search", **({"indexes": [index]} if index else {}))
    record(session, index or "The search", action="build anew")
    return Done("The search is being built anew; people go on searching what was there before.", "search")


def _indexes() -> list[str]:
    """Return the names of all indexes, by the models that have one; how documents are made only the worker knows."""
    return sorted({mapper.class_.search_index for mapper in Base.registry.mappers if mapper.class_.search_index})


async def _state_of(engine: SearchEngine) -> EngineState:
    try:
        return EngineState(engine.name, {name: await engine.document_count(name) for name in _indexes()}, is_well=True)
    except Unavailable:
        return EngineState(engine.name, {}, is_well=False)
