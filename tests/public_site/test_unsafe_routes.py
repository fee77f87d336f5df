"""Every address of the site that changes something, and who may use it: a new one has to be named here."""

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from public_site.app import create_app
from tests.users.browser import submit

SAFE = {"GET", "HEAD", "OPTIONS"}

OPEN_TO = {
    "POST /accounts/login": "visitors",
    "POST /accounts/logout": "the person",
    "POST /accounts/password/change": "the person",
    "POST /accounts/password/reset": "visitors, throttled",
    "POST /accounts/password/reset/key/{token:str}": "whoever reads the account's mail",
    "POST /accounts/sessions/end-others": "the person",
    "POST /accounts/sessions/{session_id:int}/end": "the person",
    "POST /api/v2/releases/{release_slug:str}/uploads": "downloads:edit, by key",
    "PUT /api/v2/releases/{release_slug:str}/uploads/{file_name:str}": "downloads:edit, by key",
    "PATCH /api/v2/uploads/{upload_id:int}": "who began the upload, by key",
    "DELETE /api/v2/uploads/{upload_id:int}": "downloads:edit, by key",
}

API = "/api/v2"
BY_API = {
    f"{API}/operating-systems": ("downloads",),
    f"{API}/releases": ("downloads", "publish"),
    f"{API}/releases/{{release_slug:str}}/files": ("downloads",),
    f"{API}/pages": ("pages", "publish"),
    f"{API}/boxes": ("boxes", "publish"),
}
"""The modern API: the area whose permissions its verbs take, of which tests/api/test_modern_writing.py tells more."""

KEYS = {
    "operating-systems": "operating_system_slug",
    "releases": "release_slug",
    "files": "file_id",
    "pages": "page_id",
    "boxes": "box_label",
}


def by_key() -> dict[str, str]:
    found = {}
    for address, (area, *decided) in BY_API.items():
        row = f"{address}/{{{KEYS[address.rpartition('/')[2]]}:str}}"
        found |= {f"POST {address}": f"{area}:edit", f"PUT {row}": f"{area}:edit", f"PATCH {row}": f"{area}:edit"}
        found[f"DELETE {row}"] = f"{area}:delete"
        if decided:
            found |= {f"POST {row}/{decision}": f"{area}:publish" for decision in ("publish", "unpublish")}
    return found


OLD_PATHS = ("/api/v1/", "/api/v2/downloads/", "/api/v2/pages/page")
"""They take every method, to refuse it as the old site did; tests/api/test_routes.py says who may use which."""


def unsafe(site: Litestar) -> set[str]:
    return {
        f"{method} {route.path}"
        for route in site.routes
        if isinstance(route, HTTPRoute) and route.path != API and not route.path.startswith(OLD_PATHS)
        for method in set(route.methods) - SAFE
    }


async def test_every_address_that_changes_something_is_named_with_who_may_use_it(resources):
    assert unsafe(create_app(resources)) == set(OPEN_TO) | set(by_key())


@pytest.mark.parametrize(
    "path",
    [request.partition(" ")[2] for request, who in OPEN_TO.items() if who == "the person" and "logout" not in request],
)
async def test_a_visitor_who_sends_what_is_open_to_persons_is_asked_to_sign_in(client, path):
    address = path.replace("{session_id:int}", "1") + "/"

    answer = await submit(client, address, page="/accounts/login/")

    assert answer.status_code == 303
    led_to = await client.get(answer.headers["location"], follow_redirects=True)
    assert led_to.url.path == "/accounts/login/"
