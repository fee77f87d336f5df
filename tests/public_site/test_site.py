"""What holds for the site as a whole: its small addresses, its health, its headers, its search."""

import json

import httpx
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.outbox import OutboxMessage
from cms.core.resources import Resources
from public_site.asgi import build
from tests.factories.downloads import make_operating_system, make_release
from tests.factories.pages import make_page
from tests.fakes import FrozenClock

PUBLIC_PATHS = ["/", "/downloads/", "/downloads/operating-systems/", "/robots.txt", "/nope/", "/static/site.css"]


@pytest.mark.parametrize("path", ["/robots.txt", "/humans.txt"])
async def test_texts_for_crawlers_are_plain_text(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_funding_names_its_parts(client: httpx.AsyncClient) -> None:
    answer = await client.get("/funding.json")

    assert answer.headers["Content-Type"] == "application/json"
    assert {"version", "entity", "projects", "funding"} <= set(json.loads(answer.text))


async def test_the_sitemap_lists_what_the_public_sees(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await make_operating_system(session, "Windows")
    await make_release(session, "Python 3.14.0")
    await make_release(session, "Python 3.14.9", is_published=False)
    await make_page(session, path="about")
    await make_page(session, path="secret", is_published=False)

    sitemap = (await client.get("/sitemap.xml")).text

    for path in ("/", "/downloads/windows/", "/downloads/release/python-3140/", "/about/"):
        assert f"<loc>http://testserver{path}</loc>" in sitemap
    assert "secret" not in sitemap
    assert "python-3149" not in sitemap


@pytest.mark.parametrize("path", PUBLIC_PATHS)
async def test_every_answer_names_what_it_was_made_of(client: httpx.AsyncClient, path: str) -> None:
    keys = (await client.get(path)).headers["Surrogate-Key"].split()

    assert keys[0] == "pydotorg-app"
    assert path == "/" or path.split("/")[1] in keys


@pytest.mark.parametrize("path", PUBLIC_PATHS)
async def test_public_answers_set_no_cookie_and_allow_no_foreign_code(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert "Set-Cookie" not in answer.headers
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/downloads/", "/nope/", "/search/?q=x", "/accounts/login/"])
async def test_pages_hold_no_inline_code(client: httpx.AsyncClient, path: str) -> None:
    page = (await client.get(path)).text

    assert " style=" not in page
    assert "<style" not in page
    assert "<script>" not in page
    assert " onclick=" not in page


@pytest.mark.parametrize("path", ["/downloads", "/downloads/windows", "/getit", "/search", "/accounts/login"])
async def test_the_slash_is_added_to_known_addresses(
    client: httpx.AsyncClient, session: AsyncSession, path: str
) -> None:
    await make_operating_system(session, "Windows")

    answer = await client.get(f"{path}?x=1")

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"{path}/?x=1"


@pytest.mark.parametrize("path", ["/static/../asgi.py", "/static/%2e%2e/asgi.py", "/static/..%5casgi.py"])
async def test_static_files_do_not_lead_out_of_their_folder(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"http://testserver{path}")

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/_health", "/_health/", "/health/live", "/health/live/"])
async def test_a_living_process_says_so(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 200


async def test_readiness_names_every_part(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert set(answer.json()["parts"]) == {"database", "outbox", "redis", "search"}


async def test_without_redis_the_site_is_ready_but_says_so(
    client: httpx.AsyncClient, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse() -> None:
        raise RedisConnectionError

    monkeypatch.setattr(resources.redis, "ping", refuse)

    answer = await client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["parts"]["redis"] == "does not answer"


async def test_a_late_outbox_is_told(client: httpx.AsyncClient, session: AsyncSession, clock: FrozenClock) -> None:
    session.add(OutboxMessage(task="purge_keys", arguments={}))
    await session.commit()
    clock.move(minutes=6)

    answer = await client.get("/health/ready")

    assert answer.json()["parts"]["outbox"] == "is late"


HOSTILE = ["", "x" * 10_000, "\0", "\N{SNAKE}", '"', "*", ":", "' OR 1=1 --", "%", "\\", "a & ! | (", "<b>"]


@pytest.mark.parametrize("query", HOSTILE)
async def test_the_search_takes_anything(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get("/search/", params={"q": query})

    assert answer.status_code == 200
    assert "<b>" not in answer.text


@pytest.mark.parametrize("page", ["0", "-1", "999999", "abc", "\uff11\uff12", "9" * 400])
async def test_the_search_takes_any_page(client: httpx.AsyncClient, page: str) -> None:
    answer = await client.get("/search/", params={"q": "python", "page": page})

    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["%00", "site.css/x", "x" * 300, "%ED%A0%80"])
async def test_a_static_file_that_cannot_exist_is_missing(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/static/{name}")

    assert answer.status_code == 404


async def test_a_page_may_begin_with_the_name_of_the_back_office(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    await make_page(session, path="admin-guide", title="For administrators")

    answer = await client.get("/admin-guide/")

    assert answer.status_code == 200
    assert "For administrators" in answer.text
    assert "nonce" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["//admin/", "/administration/", "/admin;/", "/admin."])
async def test_what_only_looks_like_the_back_office_is_a_missing_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"http://testserver{path}")

    assert answer.status_code == 404
    assert "Page not found" in answer.text


async def test_an_invented_query_is_answered_with_the_page_that_is_there(session, resources):
    transport = httpx.ASGITransport(build(resources))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as visitor:
        first = await visitor.get("/")
        await make_release(session, "Python 3.99.0", is_latest=True)
        second = await visitor.get("/?invented=1")

    assert "3.99" not in first.text
    assert second.text == first.text
