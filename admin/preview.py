"""The live preview of markup, by the renderer and the sanitiser that the public page will use."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from admin.forms import read_form
from admin.rendering import NEVER_CACHED
from admin.requests import resources_of, user_of
from cms.core import markup
from cms.core.errors import Invalid
from cms.core.markup import TRUSTED_KINDS, MarkupKind
from cms.core.permissions import Permission, require

LONGEST_PREVIEW = 1_000_000


async def preview_markup(request: Request) -> Response:
    """Answer the HTML that a text will be; unfiltered kinds are for those who may write them."""
    posted = await read_form(request)
    source, kind = str(posted.get("source", "")), str(posted.get("kind", ""))
    if kind not in {known.value for known in MarkupKind}:
        raise Invalid("There is no such kind of markup.")
    if len(source) > LONGEST_PREVIEW:
        raise Invalid("This text is too long for a preview; save it as a draft and look at the page.")
    if MarkupKind(kind) in TRUSTED_KINDS:
        async with resources_of(request).sessionmaker() as session:
            await require(session, user_of(request), Permission.PAGES_TRUSTED_MARKUP)
    return JSONResponse({"html": markup.render(source, MarkupKind(kind))}, headers=NEVER_CACHED)


routes = [Route("/preview-markup", preview_markup, methods=["POST"])]
