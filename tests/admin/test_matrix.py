"""Every address of the back office for every role, against one table that people can read: matrix.tsv."""

import os
from pathlib import Path

import pytest
from starlette.routing import Match

from admin.app import ROUTES, VIEWS
from admin.operations.routes import LEVERS, SESSION_LEVERS
from admin.operations.tabs import OVERVIEW, TABS, url_of
from cms.core.permissions import SHIPPED_ROLES
from cms.core.publishing import Publishable
from cms.users.models import Role, RoleAssignment
from tests.admin.browser import Browser
from tests.factories.api_keys import make_api_key
from tests.factories.banners import make_banner
from tests.factories.boxes import make_box
from tests.factories.codesamples import make_sample
from tests.factories.downloads import (
    make_file,
    make_identity,
    make_key,
    make_operating_system,
    make_release,
    make_series,
)
from tests.factories.media import make_item
from tests.factories.missed_paths import make_missed_path
from tests.factories.pages import make_page
from tests.factories.users import make_role, make_user

TABLE = Path(__file__).with_name("matrix.tsv")
PEOPLE = ("visitor", "member", *SHIPPED_ROLES, "superuser")
ANSWERS = {200: "yes", 303: "yes", 403: "no", 404: "yes", 409: "yes", 422: "yes"}
"""What the table says of a status; one that is not here, such as 500, fails the test."""


def _alike():
    """Return the people of the table, together those whose roles allow the same: one of them is asked for all.

    Each group has a transaction of its own; in a single one, of thousands of requests, PostgreSQL grows so slow that
    requests take longer than they may.
    """
    held = {name: frozenset(role.permissions) for name, role in SHIPPED_ROLES.items()}
    groups = {}
    for name in PEOPLE:
        groups.setdefault(held.get(name, name), []).append(name)
    return [tuple(names) for names in groups.values()]


COLUMNS = _alike()

NOBODY = "2147483647"
"""The key of no row: whoever may do it is told 404, whoever may not 403."""

OF_A_VIEW = (
    "GET list",
    "GET counts",
    "POST views",
    "POST views/{row}",
    "GET export/csv",
    "GET export/xlsx",
    "GET export/json",
    "GET details/{row}",
    "GET history/{row}",
    "GET create",
    "POST create",
    "GET edit/{row}",
    "POST edit/{row}",
    "GET delete?pks={row}",
    "POST delete?pks=nobody",
)
MANY_ROWS = (
    "POST users/toggle/{users}/is_active",
    "POST releases/toggle/{releases}/is_shown_on_download_page",
    "POST release-files/toggle/{release-files}/has_download_button",
    "GET users/change/is_active?pks={users}",
    "POST users/change/is_active?pks=nobody&value=False",
    "GET pages/change/template_name?pks={pages}",
    "POST pages/change/template_name?pks=nobody&value=pages/raw.html",
    "GET runs",
    "GET runs/{pages}",
    "GET runs/{pages}/state",
    "POST runs/{pages}/cancel",
)
OF_UPLOADS = (
    "GET releases/uploads/{releases}",
    "POST releases/uploads/{releases}",
    "POST releases/upload-part/{mails}?offset=0",
    "POST releases/discard-upload/{mails}",
)
OF_THE_COCKPIT = (
    "GET releases/cockpit/{releases}",
    "POST releases/cockpit/{releases}",
    "GET releases/cockpit/{releases}/progress",
    "GET releases/cockpit/{releases}/page?path=/downloads/",
    "GET releases/decide/verify?pks={releases}",
    "POST releases/decide/verify?pks=nobody",
)
OLD_ADDRESSES = (
    "GET downloads/release/",
    "GET downloads/release/add/",
    "GET downloads/release/{releases}/",
    "GET downloads/release/{releases}/change/",
)
LOOK_UPS = (
    "GET releases/lookup/page?term=x",
    "GET release-files/lookup/release?term=x",
    "GET api-keys/lookup/user?term=x",
)
PUBLISHED = tuple(view.identity for view in VIEWS if issubclass(view.model, Publishable))
IMPORTED = tuple(view.identity for view in VIEWS if view.importable is not None)
OF_WHAT_IS_PUBLISHED = (
    *(f"GET decide/{decision}?pks={{row}}" for decision in ("publish", "unpublish", "discard")),
    *(f"POST decide/{decision}?pks=nobody" for decision in ("publish", "unpublish", "discard")),
    "GET revisions/{row}",
    "POST revisions/{row}/restore",
    "GET schedule/{row}",
    "POST schedule/{row}",
    "POST presence/{row}",
    "POST preview",
    "GET preview/{row}",
    "POST preview/{row}",
    "POST preview/{row}/link",
    "POST preview/{row}/end-links",
    "GET review/{row}",
    *(f"POST review/{{row}}/{step}" for step in ("submit", "withdraw", "comment", "approve", "send-back")),
)
OF_AN_IMPORT = ("GET import", "POST import", "GET import/{row}", "POST import/{row}")
SINGLE = (
    "GET ",
    "GET search?q=page",
    "GET search.json?q=page",
    "POST preferences/close-hints",
    "POST preferences/show-hints",
    "POST preferences/shortcuts",
    "POST preferences/review-mails",
    "GET reviews",
    "GET reviews/pages/{pages}",
    "GET menus",
    "GET menus/targets?term=x",
    "GET menus/main",
    "POST menus/main",
    "GET history",
    "GET handbook/index.md",
    "GET handbook/images/dashboard.png",
    "GET panels",
    "GET broken-links",
    "POST broken-links/look-again",
    "GET operations",
    *(f"GET {url_of(tab).removeprefix('/admin/')}" for tab in TABS if tab != OVERVIEW),
    "GET operations/mails/{mails}",
    *(f"POST operations/{operation}" for operation in (*LEVERS, *SESSION_LEVERS)),
    "GET role-matrix",
    "POST roles/view-as/{roles}",
    "POST stop-viewing",
    "GET users/why/{users}?permission=pages:edit",
    "GET users/why-rows?permission=pages:edit&term=x",
    "POST users/password/{users}",
    "POST users/invite/{users}",
    "POST users/end-session/{users}",
    "POST preview-markup",
    "POST code-samples/order?up=nobody",
    "GET media/upload",
    "POST media/upload",
    "GET media/choose",
    "POST media/replace/{media}",
    "GET api-keys/decide/revoke?pks={api-keys}",
    "POST api-keys/decide/revoke?pks=nobody",
)


def requests():
    """Return every request as the table names it."""
    each = [
        *(of_view(view.identity, line) for view in VIEWS for line in OF_A_VIEW),
        *(of_view(identity, line) for identity in PUBLISHED for line in OF_WHAT_IS_PUBLISHED),
        *(of_view(identity, line) for identity in IMPORTED for line in OF_AN_IMPORT),
    ]
    others = (*MANY_ROWS, *OF_THE_COCKPIT, *OF_UPLOADS, *LOOK_UPS, *OLD_ADDRESSES)
    return [line.strip() for line in (*SINGLE, *each, *others)]


def of_view(identity, line):
    method, _, rest = line.partition(" ")
    return f"{method} {identity}/{rest}".replace("{row}", "{" + identity + "}")


@pytest.fixture
async def rows(session, resources):
    """A row of each view, by the view's name."""
    release, system = await make_release(session), await make_operating_system(session)
    from cms.redirects.models import Redirect

    redirect = Redirect(old_path="/old/", new_path="/new/")
    session.add(redirect)
    role = await make_role(session)
    await session.commit()
    return {
        "releases": release.id,
        "release-files": (await make_file(session, release, system)).id,
        "operating-systems": system.id,
        "release-series": (await make_series(session)).id,
        "signing-identities": (await make_identity(session)).id,
        "openpgp-keys": (await make_key(session)).id,
        "pages": (await make_page(session)).id,
        "boxes": (await make_box(session)).id,
        "banners": (await make_banner(session)).id,
        "code-samples": (await make_sample(session)).id,
        "media": (await make_item(session, resources.storage)).id,
        "redirects": redirect.id,
        "missed-paths": (await make_missed_path(session)).id,
        "users": (await make_user(session)).id,
        "roles": role.id,
        "api-keys": (await make_api_key(session, await make_user(session))).id,
        "mails": NOBODY,
    }


async def person_called(session, name):
    """Return who signs in for a column of the table; None for a visitor."""
    if name == "visitor":
        return None
    user = await make_user(session, username=name, is_staff=name != "member", is_superuser=name == "superuser")
    if name in SHIPPED_ROLES:
        role = Role(name=name, label=name, permissions=sorted(SHIPPED_ROLES[name].permissions))
        session.add(role)
        await session.flush()
        session.add(RoleAssignment(user_id=user.id, role_id=role.id))
        await session.commit()
    return user


async def answer_to(browser, request, rows, *, token):
    """Send a request and return what the table says about its answer."""
    method, _, path = request.partition(" ")
    path, _, query = path.partition("?")
    address = f"/admin/{path}".format_map(rows)
    query = query.format_map(rows).replace("nobody", NOBODY)
    if method == "GET":
        answer = await browser.get(f"{address}?{query}" if query else address)
    else:
        answer = await browser.post(address, dict(pair.split("=") for pair in query.split("&") if pair), token=token)
    is_sign_in = answer.headers.get("location", "").startswith("/accounts/login/")
    assert answer.status_code in ANSWERS, f"{request}: {answer.status_code} {answer.text[:500]}"
    return "sign in" if is_sign_in else ANSWERS[answer.status_code]


@pytest.mark.no_cover  # Thousands of requests, whose answers others look at: only who may is asked here.
@pytest.mark.parametrize("names", COLUMNS, ids=lambda names: names[0])
async def test_each_role_reaches_exactly_what_the_table_says(client, session, rows, names):
    user = await person_called(session, names[0])
    browser = Browser(client)
    client.cookies.clear()
    if user is not None:
        rows = {**rows, "api-keys": (await make_api_key(session, user)).id}
        await browser.sign_in(session, user)
    token = await browser.token() or await token_of_the_site(client)

    answers = {request: await answer_to(browser, request, rows, token=token) for request in requests()}

    if os.environ.get("CMS_TEST_WRITE_MATRIX"):
        write_columns(names, answers)
    for name in names:
        assert answers == column_of_the_table(name)


def column_of_the_table(name):
    """Return request → answer, as the table says for one of the people."""
    lines = [line.split("\t") for line in TABLE.read_text().splitlines()]
    number = lines[0].index(name)
    return {line[0]: line[number] for line in lines[1:]}


def write_columns(names, answers):
    """Write the table anew with these answers, the other columns as they are; not for two processes at once."""
    known = {name: answers if name in names else column_of_the_table(name) for name in PEOPLE}
    lines = [("request", *PEOPLE)]
    lines += [(request, *(known[name].get(request, "unknown") for name in PEOPLE)) for request in requests()]
    TABLE.write_text("".join("\t".join(line) + "\n" for line in lines))


async def token_of_the_site(client):
    """Return the token that a page of the site gives to who may not see the back office."""
    from tests.users.browser import TOKEN

    found = TOKEN.search((await client.get("/accounts/login/")).text) or TOKEN.search(
        (await client.get("/accounts/profile/")).text
    )
    return found[1] if found else ""


def test_the_table_names_every_address():
    reached = set()
    for request in requests():
        method, _, path = request.partition(" ")
        path = "/" + path.partition("?")[0].replace("{", "").replace("}", "")
        scope = {"type": "http", "method": method, "path": path, "root_path": ""}
        reached |= {(method, next(route for route in ROUTES if route.matches(scope)[0] is Match.FULL).path)}

    there_are = {(method, route.path) for route in ROUTES for method in route.methods - {"HEAD"}}
    assert there_are - reached == set()
