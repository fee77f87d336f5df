"""The addresses of the back office, as paths, so that no page depends on the name a proxy gives the host."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import sqladmin
from starlette.requests import Request

ROOT = "/admin"
OWN_STATIC = Path(__file__).parent / "static"
STOCK_STATIC = Path(sqladmin.__file__).parent / "statics"

ADDRESSES = {
    "index": "/",
    "list": "/{identity}/list",
    "counts": "/{identity}/counts",
    "create": "/{identity}/create",
    "keep-view": "/{identity}/views",
    "change-view": "/{identity}/views/{pk}",
    "toggle": "/{identity}/toggle/{pk}/{column}",
    "change": "/{identity}/change/{column}",
    "runs": "/runs",
    "run": "/runs/{pk}",
    "run-state": "/runs/{pk}/state",
    "cancel-run": "/runs/{pk}/cancel",
    "details": "/{identity}/details/{pk}",
    "edit": "/{identity}/edit/{pk}",
    "delete": "/{identity}/delete",
    "order": "/{identity}/order",
    "decide": "/{identity}/decide/{decision}",
    "export": "/{identity}/export/{format}",
    "import": "/{identity}/import",
    "import-plan": "/{identity}/import/{pk}",
    "lookup": "/{identity}/lookup/{field}",
    "revisions": "/{identity}/revisions/{pk}",
    "restore": "/{identity}/revisions/{pk}/restore",
    "schedule": "/{identity}/schedule/{pk}",
    "cockpit": "/releases/cockpit/{pk}",
    "uploads": "/releases/uploads/{pk}",
    "upload-part": "/releases/upload-part/{pk}",
    "discard-upload": "/releases/discard-upload/{pk}",
    "cockpit-progress": "/releases/cockpit/{pk}/progress",
    "cockpit-page": "/releases/cockpit/{pk}/page",
    "presence": "/{identity}/presence/{pk}",
    "row-history": "/{identity}/history/{pk}",
    "panels": "/panels",
    "broken-links": "/broken-links",
    "look-again": "/broken-links/look-again",
    "history": "/history",
    "media-upload": "/media/upload",
    "media-choose": "/media/choose",
    "media-replace": "/media/replace/{pk}",
    "menus": "/menus",
    "menu": "/menus/{menu}",
    "menu-targets": "/menus/targets",
    "operations": "/operations",
    "operations-tab": "/operations/{tab}",
    "operations-mail": "/operations/mails/{pk}",
    "operate": "/operations/{operation}",
    "preview-markup": "/preview-markup",
    "preview-new": "/{identity}/preview",
    "preview": "/{identity}/preview/{pk}",
    "preview-link": "/{identity}/preview/{pk}/link",
    "end-preview-links": "/{identity}/preview/{pk}/end-links",
    "review": "/{identity}/review/{pk}",
    "decide-review": "/{identity}/review/{pk}/{step}",
    "reviews": "/reviews",
    "review-of": "/reviews/{table}/{pk}",
    "search": "/search",
    "search-json": "/search.json",
    "close-hints": "/preferences/close-hints",
    "show-hints": "/preferences/show-hints",
    "switch-shortcuts": "/preferences/shortcuts",
    "switch-review-mails": "/preferences/review-mails",
    "handbook": "/handbook/{page}",
    "role-matrix": "/role-matrix",
    "view-as": "/roles/view-as/{pk}",
    "stop-viewing": "/stop-viewing",
    "why": "/users/why/{pk}",
    "why-rows": "/users/why-rows",
    "set-password": "/users/password/{pk}",
    "invite": "/users/invite/{pk}",
    "end-session": "/users/end-session/{pk}",
}


def url_to(name: str, *, query: Mapping[str, Any] | None = None, **parameters: object) -> str:
    """Return the address called `name`; `query` leaves out what is empty."""
    path = ADDRESSES[name].format_map({key: quote(str(value)) for key, value in parameters.items()})
    kept = {key: value for key, value in (query or {}).items() if value not in (None, "")}
    return ROOT + path + (f"?{urlencode(kept, doseq=True)}" if kept else "")


def with_query(request: Request, **changes: Any) -> str:
    """Return the present address with parts of its query replaced; None or "" removes one."""
    query = {key: request.query_params.getlist(key) for key in request.query_params}
    query.update({key: [] if value in (None, "") else [value] for key, value in changes.items()})
    kept = [(key, value) for key, values in query.items() for value in values]
    return request.url.path + (f"?{urlencode(kept)}" if kept else "")


@cache
def static_url(name: str) -> str:
    """Return the address of one of our own static files, which changes when any of them does.

    The fingerprint is a folder of the address, so that scripts that import each other stay of one version.
    """
    return f"{ROOT}/static/{fingerprint(OWN_STATIC)}/{name}"


@cache
def stock_static_url(name: str) -> str:
    """Return the address of a static file that SQLAdmin ships."""
    return f"{ROOT}/statics/{fingerprint(STOCK_STATIC)}/{name}"


@cache
def fingerprint(folder: Path) -> str:
    """Return a short name for what all files of a folder hold at this moment."""
    found = sha256()
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        found.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return found.hexdigest()[:12]
