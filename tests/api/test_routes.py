"""Every address of the old APIs names what writing there takes, and nothing is written without a key."""

from cms.core.permissions import Permission
from public_site.api.v1 import routes as v1
from public_site.api.v2.legacy import routes as v2

SAFE = {"GET", "HEAD", "OPTIONS"}


def _unsafe(router):
    """Yield address, method and the permission that is named for it."""
    for route in router.routes:
        for handler in route.route_handlers:
            for method in sorted({str(method) for method in handler.http_methods} - SAFE):
                yield route.path, method, handler.opt["permissions"][method]


def test_every_unsafe_route_names_its_permission_or_that_nobody_may():
    of_v1 = {(path, method): permission for path, method, permission in _unsafe(v1.router())}
    of_v2 = {(path, method): permission for path, method, permission in _unsafe(v2.router())}

    downloads = {Permission.DOWNLOADS_EDIT, Permission.DOWNLOADS_DELETE}
    assert set(of_v1.values()) == downloads | {Permission.PAGES_EDIT, Permission.PAGES_DELETE, None}
    assert set(of_v2.values()) == downloads | {None}
    assert {of_v1[asked] for asked in of_v1 if asked[1] in {"PUT", "PATCH"}} == {None}


async def test_guests_write_nowhere(client):
    statuses = {}
    for router, refused in ((v1.router(), {401, 405}), (v2.router(), {401})):
        for path, method, _ in _unsafe(router):
            address = path.replace("{key:str}", "1").replace("{ids:str}", "1") + "/"
            answer = await client.request(method, address, json={})
            statuses[method, address] = (answer.status_code in refused, answer.status_code)

    assert {asked: status for asked, (is_refused, status) in statuses.items() if not is_refused} == {}
    assert len(statuses) > 60
