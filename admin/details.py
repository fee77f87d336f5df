"""A row to be read, for those who may not change it or want to look before they do."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.rendering import render
from admin.requests import resources_of


async def show_details(request: Request) -> Response:
    """Show one row with its children; decisions that are open to the person are buttons here, too."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.view)
    async with resources_of(request).sessionmaker() as session:
        reached = await view.find(session, user, request.path_params["pk"])
        context = {
            "view": view,
            "reached": reached,
            "row": reached.row,
            "title": str(reached.row),
            "columns": view._details_prop_names,  # noqa: SLF001 - SQLAdmin keeps the declaration there
            **await view.form_context(session, request, reached),
        }
        return await render(request, view.details_template, context)


routes = [Route("/{identity}/details/{pk}", show_details)]
