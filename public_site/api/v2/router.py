"""The modern paths of version 2 of the API: which resources there are."""

from litestar import Router

from public_site.api.v2.boxes import BOXES
from public_site.api.v2.pages import PAGES
from public_site.api.v2.refusals import answer_refusal
from public_site.api.v2.releases import ALL_FILES, FILES_OF_RELEASE, OPERATING_SYSTEMS, RELEASES
from public_site.api.v2.routes import controller_of
from public_site.dependencies import SLASHLESS

RESOURCES = (RELEASES, FILES_OF_RELEASE, ALL_FILES, OPERATING_SYSTEMS, PAGES, BOXES)


def modern_router() -> Router:
    return Router(
        path="/api/v2",
        route_handlers=[controller_of(resource) for resource in RESOURCES],
        exception_handlers={Exception: answer_refusal},
        include_in_schema=True,
        opt=SLASHLESS,
    )
