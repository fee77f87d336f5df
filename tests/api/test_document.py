"""The OpenAPI document of the API: what it says is so, whoever asks and whatever they send."""

import re
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cms.downloads.uploads import services
from cms.users.models import User
from public_site.app import create_app
from tests.api.callers import RELEASE_MANAGER, WEB_EDITOR, program_of
from tests.conftest import SITE
from tests.factories.boxes import make_box
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user

EXAMPLES = 2
"""Of each operation, of what it takes and of what it refuses; more find nothing new, and take their time."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
CHECKS_OF_OLD_PATHS = CHECKS[:-1]
"""They take what the old program took, which was more than its documentation said."""

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

COLLECTING = settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


async def test_the_document_names_every_route_of_version_2(client, resources):
    document = (await client.get("/api/v2/openapi.json")).json()

    routes = {route.path_format for route in create_app(resources).routes if route.path.startswith("/api/v2")}
    undocumented = routes - {path.rstrip("/") for path in document["paths"]}
    assert document["openapi"].startswith("3.1")
    assert all(path.startswith(("/api/v2/docs", "/api/v2/openapi.json")) for path in undocumented), undocumented


async def test_no_operation_has_two_parameters_of_one_name(client):
    paths = (await client.get("/api/v2/openapi.json")).json()["paths"]

    for operation in (operation for methods in paths.values() for operation in methods.values()):
        names = [(parameter["in"], parameter["name"]) for parameter in operation.get("parameters", [])]
        assert len(set(names)) == len(names), operation["operationId"]


async def test_each_operation_shows_an_example_of_what_it_answers_and_takes(client):
    paths = (await client.get("/api/v2/openapi.json")).json()["paths"]

    for operation in (operation for methods in paths.values() for operation in methods.values()):
        sent = operation.get("requestBody", {"content": {}})["content"].values()
        answers = [answer for status, answer in operation["responses"].items() if status in {"200", "201"}]
        if operation.get("deprecated"):
            continue
        answered = [content for answer in answers for content in answer.get("content", {}).values()]
        assert all("example" in content for content in (*sent, *answered)), operation["operationId"]


@pytest.mark.parametrize("path", ["/api/v2/docs", "/api/v2/docs/swagger"])
async def test_the_pages_run_what_we_serve_and_add_styles_by_the_nonce_of_one_answer(client, path):
    page, again = await client.get(path), await client.get(path)

    policy = page.headers["content-security-policy"]
    nonce = re.search(r'data-nonce="([^"]+)"', page.text)[1]
    assert f"style-src 'self' 'nonce-{nonce}'" in policy
    assert "unsafe" not in policy
    assert nonce not in again.text
    assert page.headers["cache-control"] == "private, no-store"
    for script in re.findall(r'src="([^"]+)"', page.text):
        assert (await client.get(script)).status_code == 200


async def test_what_the_document_says_is_so_whoever_asks_and_whatever_they_send(client, session, connection):
    document = (await client.get("/api/v2/openapi.json")).json()
    owner = await make_user(session, permissions=tuple({*RELEASE_MANAGER, *WEB_EDITOR}))
    there = await fill(session, owner)
    nobody = await program_of(client, session, await make_user(session))
    manager = await program_of(client, session, owner)
    refuted = []

    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        for case in cases_of(found.ok(), there):
            for headers in ({}, nobody.headers, manager.headers):
                async with connection.begin_nested() as attempt:
                    answer = await send(client, case, headers)
                    await attempt.rollback()
                refuted += failures_of(case, answer)

    assert not refuted, "\n\n".join(refuted)


def cases_of(operation: Any, there: dict[str, str]) -> list[Any]:
    """Return requests that the operation takes, of rows that there are in any state, and such as it refuses."""
    taken = drawn(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    refused = drawn(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    for case in taken:
        case.path_parameters = {name: there[name] for name in case.path_parameters}
    for case in (*taken, *refused):
        case.headers = {name: "*" if name == "If-Match" else value for name, value in (case.headers or {}).items()}
    return [*taken, *refused]


def drawn(strategy: Any) -> list[Any]:
    """Return a few of what a strategy makes, the same in every run; each is used within the loop of the tests."""
    found: list[Any] = []

    @COLLECTING
    @given(strategy)
    def collect(case: Any) -> None:
        found.append(case)

    with suppress(Unsatisfiable):  # What takes nothing has nothing to refuse.
        collect()
    return found


def failures_of(case: Any, answer: httpx.Response) -> list[str]:
    """Return what the document says of the answer, and what is not so."""
    try:
        # That of another version of tus is refused by a status of its own, which the last check does not know.
        is_known = answer.status_code != HTTPStatus.PRECONDITION_FAILED and not case.path.endswith("/")
        case.validate_response(answer, checks=CHECKS if is_known else CHECKS_OF_OLD_PATHS)
    except FailureGroup as group:
        return [f"{answer.request.method} {answer.request.url}: {failure}" for failure in group.exceptions]
    return []


async def fill(session: Any, person: User) -> dict[str, str]:
    """Make one row of each resource, and return what addresses call it."""
    system = await make_operating_system(session)
    release = await make_release(session, is_published=False)
    file = await make_file(session, release, system)
    page = await make_page(session)
    box = await make_box(session, label="there")
    upload = await services.begin(session, release, name="python-3.14.0.exe", size=5, by=person)
    return {
        "operating_system_slug": system.slug,
        "release_slug": release.slug,
        "file_id": str(file.id),
        "release_file_id": str(file.id),
        "page_id": str(page.id),
        "box_label": box.label,
        "file_name": "Python-3.14.0.tgz",
        "upload_id": str(upload.id),
        "key": str(release.id),
    }


async def send(client: httpx.AsyncClient, case: Any, headers: dict[str, str]) -> httpx.Response:
    """Send the request as it would go over the line; a text that no header can hold stands for none."""
    prepared = requests.Request(**case.as_transport_kwargs(base_url=SITE)).prepare()
    sent = {name: value.encode("latin-1") for name, value in prepared.headers.items() if name != "Authorization"}
    return await client.request(
        str(prepared.method), str(prepared.url), headers={**sent, **headers}, content=prepared.body
    )
