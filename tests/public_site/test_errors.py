"""What people and programs are told when something does not work."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from litestar import get
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from cms.core.errors import Conflict, Invalid, PermissionDenied, TooManyAttempts
from cms.core.resources import Resources
from cms.core.session import make_sessionmaker
from public_site import app as site_app
from public_site.asgi import build

NOBODY_LISTENS = "postgresql+asyncpg://cms@127.0.0.1:1/cms"


def failing_with(error: Exception) -> Any:
    @get("/fail/")
    async def fail() -> None:
        raise error

    return fail


@pytest.fixture
def visit_failing(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ask the shipped application, with one route more that raises the given error."""

    async def visit(error: Exception, **headers: str) -> httpx.Response:
        monkeypatch.setattr(site_app, "CONTROLLERS", [*site_app.CONTROLLERS, failing_with(error)])
        transport = httpx.ASGITransport(build(resources), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.get("/fail/", headers=headers)

    return visit


@pytest.fixture
async def without_database(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    engine = create_async_engine(NOBODY_LISTENS)
    broken = replace(resources, engine=engine, sessionmaker=make_sessionmaker(engine))
    transport = httpx.ASGITransport(build(broken), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client
    await engine.dispose()


async def test_a_missing_page_offers_ways_on(client: httpx.AsyncClient) -> None:
    answer = await client.get("/some/where/?x=1")

    assert answer.status_code == 404
    assert '<form class="search-form" action="/search/"' in answer.text
    assert 'href="/downloads/"' in answer.text
    assert 'href="https://docs.python.org/3/"' in answer.text
    assert 'href="https://legacy.python.org/some/where/"' in answer.text


async def test_a_missing_page_may_be_kept_for_five_minutes(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nope/")

    assert "max-age=300" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["//evil.test/x", "/%2Fevil.test/x", "/%5Cevil.test/x", "/\\evil.test/x"])
async def test_a_missing_page_never_links_to_a_stranger(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"http://testserver{path}")

    assert answer.status_code == 404
    assert 'href="https://legacy.python.org/evil.test/x"' in answer.text
    assert 'href="//evil' not in answer.text


async def test_a_path_is_shown_to_nobody_as_markup(client: httpx.AsyncClient) -> None:
    answer = await client.get('/"><script>alert(1)</script>/')

    assert "<script>alert" not in answer.text


async def test_a_failure_has_a_number_and_no_details(visit_failing: Any) -> None:
    answer = await visit_failing(RuntimeError("SELECT secret FROM settings"))

    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


async def test_a_program_is_told_in_json(visit_failing: Any) -> None:
    answer = await visit_failing(Conflict("Somebody changed this."), Accept="application/json")

    assert answer.status_code == 409
    assert answer.json() == {
        "error": "Somebody changed this.",
        "status": 409,
        "request_id": answer.headers["X-Request-Id"],
    }


async def test_a_program_is_told_what_is_wrong_with_each_field(visit_failing: Any) -> None:
    answer = await visit_failing(Invalid.in_fields({"name": ["Write a name."]}), Accept="application/json")

    assert answer.status_code == 422
    assert answer.json()["errors"] == {"name": ["Write a name."]}


async def test_a_refusal_gives_its_reason(visit_failing: Any) -> None:
    answer = await visit_failing(PermissionDenied("This is for release managers."))

    assert answer.status_code == 403
    assert "This is for release managers." in answer.text


async def test_whoever_tries_too_often_is_told_when_to_come_back(visit_failing: Any) -> None:
    answer = await visit_failing(TooManyAttempts("Please wait.", retry_after=30))

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "30"


async def test_an_outage_asks_to_try_again(visit_failing: Any) -> None:
    answer = await visit_failing(OperationalError("SELECT 1", {}, OSError("connection refused")))

    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert "SELECT" not in answer.text


async def test_pages_answer_503_while_the_database_is_away(without_database: httpx.AsyncClient) -> None:
    answer = await without_database.get("/downloads/")

    assert answer.status_code == 503
    assert "Please try again in a moment" in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/downloads/")

    assert answer.status_code in {403, 405}


async def test_head_is_get_without_a_body(client: httpx.AsyncClient) -> None:
    answer = await client.head("/downloads/")

    assert answer.status_code == 200
    assert answer.content == b""


async def test_a_request_from_another_site_is_refused_in_our_frame(client: httpx.AsyncClient) -> None:
    answer = await client.post("/accounts/logout/", headers={"Origin": "https://evil.test"})

    assert answer.status_code == 403
    assert "another site" in answer.text
    assert 'class="site-header"' in answer.text


@pytest.mark.parametrize("path", ["/nope/", "/box/nope/", "/downloads/release/nope/", "/static/nope"])
async def test_a_missing_page_is_the_same_for_programs_because_caches_keep_it(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path, headers={"Accept": "application/json"})

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
