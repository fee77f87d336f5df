"""The OpenAPI document as JSON, and as pages for people, which ask no foreign host for anything."""

from typing import Any

from litestar import Controller, Request, Response, Router, get
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Server

from public_site.api.v2.conditions import answer, encoded, tag_of
from public_site.api.v2.document import DESCRIPTION, completed
from public_site.api.v2.operations import KEY
from public_site.api.v2.router import RESOURCES
from public_site.dependencies import SLASHLESS
from public_site.urls import API_DOCUMENTATION

DOCUMENT_URL = "/api/v2/openapi.json"


class _Page(OpenAPIRenderPlugin):
    """A page on which a script shows the document; its styles bear the nonce of the answer."""

    def __init__(self, path: str, template: str) -> None:
        super().__init__(path=path)
        self._template = template

    def render(self, request: Request[Any, Any, State], openapi_schema: dict[str, Any]) -> bytes:
        template = request.app.state.environment.get_template(self._template)
        nonce = request.scope["state"]["csp_nonce"]
        page: str = template.render(nonce=nonce, document_url=DOCUMENT_URL)
        return page.encode()


class _Document(JsonRenderPlugin):
    def render(self, request: Request[Any, Any, State], openapi_schema: dict[str, Any]) -> bytes:
        return encoded(completed(openapi_schema, RESOURCES))


def openapi_config() -> OpenAPIConfig:
    """Return what Litestar needs to know in order to describe the routes that are in the schema."""
    key = SecurityScheme(type="http", scheme="bearer", description="A key; the word `Token` stands for `Bearer`, too.")
    return OpenAPIConfig(
        title="python.org",
        version="2",
        description=DESCRIPTION,
        servers=[Server(url="/")],
        components=Components(security_schemes={KEY: key}),
        openapi_router=Router(API_DOCUMENTATION, route_handlers=[], include_in_schema=False, opt=SLASHLESS),
        render_plugins=[_Page("/", "api/scalar.html"), _Page("/swagger", "api/swagger.html"), _Document()],
    )


class DocumentController(Controller):
    """The document where programs look for it."""

    path = DOCUMENT_URL
    opt = SLASHLESS

    @get("/")
    async def show_document(self, request: Request[Any, Any, State]) -> Response[bytes]:
        body = encoded(completed(request.app.openapi_schema.to_schema(), RESOURCES))
        return answer(request, body, tag=tag_of(body))
