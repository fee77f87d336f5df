"""Who has the form of a row open at this moment: a courtesy, kept in Redis for less than a minute."""

from collections.abc import Sequence

from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import row_key
from admin.rendering import NEVER_CACHED
from admin.requests import resources_of, user_of
from cms.core import clock
from cms.core.errors import PermissionDenied

STAYS = 45
"""Seconds for which somebody counts as present after the form was last heard of; it reports every 15."""


async def report(request: Request) -> Response:
    """Note that the person has the form open, or has left it, and answer who else is there."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.edit)
    async with resources_of(request).sessionmaker() as session:
        reached = await view.find(session, user, request.path_params["pk"])
        if not reached.may_edit:
            raise PermissionDenied(f"You may read “{reached.row}”, but not change it.")
    is_leaving = request.query_params.get("leaving") == "1"
    others = await present(request, view.identity, reached.row.id, is_leaving=is_leaving)
    return JSONResponse({"others": others}, headers=NEVER_CACHED)


async def present(request: Request, identity: str, pk: int | str, *, is_leaving: bool = False) -> Sequence[str]:
    """Note the person as present, or gone, and return the names of the others; nobody while Redis is away."""
    redis, name = resources_of(request).redis, str(user_of(request).username)
    key, now = f"presence:{identity}:{row_key(str(pk))}", clock.now().timestamp()
    try:
        async with redis.pipeline(transaction=True) as pipeline:
            pipeline.zremrangebyscore(key, 0, now - STAYS)
            if is_leaving:
                pipeline.zrem(key, name)
            else:
                pipeline.zadd(key, {name: now})
            pipeline.zrange(key, 0, -1)
            pipeline.expire(key, STAYS)
            found = (await pipeline.execute())[2]
    except (RedisError, OSError):
        return []
    return [other for other in (member.decode() for member in found) if other != name]


routes = [Route("/{identity}/presence/{pk}", report, methods=["POST"])]
