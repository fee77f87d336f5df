"""The stream by which open pages of the back office hear that something changed; for staff alone."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.response import ServerSentEvent

from cms.core.errors import PermissionDenied
from cms.users.models import User
from public_site.dependencies import SLASHLESS
from public_site.streams import Streams

HEADERS = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}
"""Neither kept nor collected by a proxy before it is passed on."""


class ChangesController(Controller):
    opt = SLASHLESS

    @get("/_changes")
    async def stream_changes(
        self, streams: NamedDependency[Streams], user: NamedDependency[User | None]
    ) -> ServerSentEvent | Response[None]:
        """Answer with a stream, or with 204, by which browsers know to ask no more; the page then looks by itself."""
        if user is None or not (user.is_staff or user.is_superuser):
            raise PermissionDenied("Only the staff is told of changes.")
        if not streams.has_room(user.id):
            return Response(None, status_code=204, headers=HEADERS)
        return ServerSentEvent(streams.changes(user.id), headers=HEADERS)
