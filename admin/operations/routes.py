"""The addresses of operations, and every lever there is; each asks for its permission and is recorded."""

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin.authorization import require_somewhere
from admin.forms import read_form
from admin.operations import mails, overview, purges, schedule, search_state, sessions, settings, storage, tasks
from admin.operations.tabs import Done, Lever, url_of
from admin.rendering import go_to
from admin.requests import resources_of
from cms.core.errors import NotFound
from cms.core.permissions import Permission

SessionLever = Callable[..., Awaitable[Done]]

LEVERS: dict[str, Lever] = {
    "run-again": tasks.run_again,
    "give-up": tasks.give_up,
    "run-now": schedule.run_now,
    "purge": purges.purge,
    "purge-all": purges.purge_all,
    "reindex": search_state.rebuild,
    "measure-storage": storage.measure,
}
"""What asks for `operations:run`."""

SESSION_LEVERS: dict[str, SessionLever] = {
    "end-session": sessions.end_session,
    "end-sessions": sessions.end_sessions,
}
"""What those who look after accounts may do as well; each asks whether the person concerned is in their authority."""


async def operate(request: Request) -> Response:
    """Pull a lever, and go to the tab on which one sees what comes of it."""
    name = request.path_params["operation"]
    if name in SESSION_LEVERS:
        lever: Lever = partial(SESSION_LEVERS[name], by=sessions.require_to_end(request))
    else:
        require_somewhere(request, Permission.OPERATIONS_RUN)
        lever = _lever_called(name)
    posted = await read_form(request)
    async with resources_of(request).sessionmaker() as session:
        done = await lever(session, posted)
        await session.commit()
    return go_to(request, url_of(done.tab), saying=done.sentence)


def _lever_called(name: str) -> Lever:
    if name not in LEVERS:
        raise NotFound("There is no such operation.")
    return LEVERS[name]


routes = [
    Route("/operations", overview.show_overview),
    Route("/operations/tasks", tasks.show_tasks),
    Route("/operations/schedule", schedule.show_schedule),
    Route("/operations/mails", mails.show_mails),
    Route("/operations/mails/{pk}", mails.show_mail),
    Route("/operations/purges", purges.show_purges),
    Route("/operations/search", search_state.show_search),
    Route("/operations/storage", storage.show_storage),
    Route("/operations/sessions", sessions.show_sessions),
    Route("/operations/settings", settings.show_settings),
    Route("/operations/{operation}", operate, methods=["POST"]),
]
