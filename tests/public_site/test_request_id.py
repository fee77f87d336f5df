"""Every request has a number, one line in the log, and a client that only a trusted proxy may name."""

import io
import json

import pytest
import structlog

from cms.core.settings import Settings
from public_site.middleware.access_log import AccessLog
from public_site.middleware.request_id import LogContext, RequestId
from public_site.page_cache import PageCache
from tests.asgi import ask

PROXY = ("10.1.2.3", 40000)
STRANGER = ("198.51.100.9", 40000)
NUMBER = "edge-0123456789abcdef"


class Site:
    def __init__(self):
        self.scopes = []
        self.contexts = []

    async def __call__(self, scope, receive, send):
        self.scopes.append(dict(scope))
        self.contexts.append(structlog.contextvars.get_contextvars())
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def log():
    return AccessLog(as_json=True, stream=io.StringIO())


@pytest.fixture
def app(site, log):
    return RequestId(LogContext(site), settings=Settings(trusted_proxies=["10.0.0.0/8", "2001:db8::1"]), access_log=log)


async def test_a_request_gets_a_number_that_the_answer_the_scope_and_the_log_context_carry(site, app):
    first, second = await ask(app), await ask(app)

    assert len(first["X-Request-ID"]) == 16
    assert first["X-Request-ID"] != second["X-Request-ID"]
    assert site.scopes[0]["state"]["request_id"] == first["X-Request-ID"]
    assert site.contexts[0] == {"request_id": first["X-Request-ID"]}
    assert structlog.contextvars.get_contextvars() == {}


async def test_a_trusted_proxy_may_give_the_number(app):
    answer = await ask(app, headers={"X-Request-ID": NUMBER}, client=PROXY)

    assert answer["X-Request-ID"] == NUMBER


async def test_a_stranger_may_not(app):
    answer = await ask(app, headers={"X-Request-ID": NUMBER}, client=STRANGER)

    assert answer["X-Request-ID"] != NUMBER


@pytest.mark.parametrize("number", ["", "short", "x" * 65, "with space in it", 'quoted"number', "ümlaut-number"])
async def test_a_number_that_is_none_is_not_taken_over(app, number):
    answer = await ask(app, headers={"X-Request-ID": number}, client=PROXY)

    assert len(answer["X-Request-ID"]) == 16


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("192.0.2.1, 203.0.113.7", "203.0.113.7"),
        ("192.0.2.1, 203.0.113.7, 10.9.9.9", "203.0.113.7"),
        ("2001:db8::7, 2001:db8::1", "2001:db8::7"),
        ("nonsense", "10.1.2.3"),
        ("203.0.113.7, nonsense, 10.9.9.9", "10.9.9.9"),
        ("10.4.4.4", "10.4.4.4"),
        ("", "10.1.2.3"),
    ],
)
async def test_the_client_is_the_last_address_that_is_no_proxy_of_ours(site, app, forwarded, client):
    await ask(app, headers={"X-Forwarded-For": forwarded}, client=PROXY)

    assert site.scopes[0]["client"][0] == client


async def test_repeated_headers_of_several_proxies_count_together(site, app):
    headers = [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "203.0.113.7")]

    await ask(app, headers=headers, client=PROXY)

    assert site.scopes[0]["client"][0] == "203.0.113.7"


async def test_what_a_stranger_says_about_client_and_scheme_is_not_believed(site, app):
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}

    await ask(app, headers=headers, client=STRANGER)

    assert site.scopes[0]["client"] == STRANGER
    assert site.scopes[0]["scheme"] == "http"


@pytest.mark.parametrize(
    ("said", "scheme"), [("https", "https"), ("HTTP", "http"), ("javascript", "http"), ("", "http")]
)
async def test_a_trusted_proxy_names_the_scheme(site, app, said, scheme):
    await ask(app, headers={"X-Forwarded-Proto": said}, client=PROXY)

    assert site.scopes[0]["scheme"] == scheme


async def test_each_request_is_one_line_without_its_query(app, log):
    await ask(app, "/search/", query="q=secret", client=("203.0.113.7", 1))
    log.flush()

    line = json.loads(log._stream.getvalue())
    assert line.pop("milliseconds") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert len(line.pop("request_id")) == 16
    assert line == {
        "client": "203.0.113.7",
        "event": "request",
        "level": "info",
        "logger": "access",
        "method": "GET",
        "path": "/search/",
        "status": 404,
    }


async def test_a_path_cannot_write_lines_of_its_own(site):
    for as_json in (True, False):
        log = AccessLog(as_json=as_json, stream=io.StringIO())

        await ask(RequestId(site, settings=Settings(), access_log=log), '/"}\n\x1b[31mforged')
        log.flush()

        assert log._stream.getvalue().count("\n") == 1
        assert "\x1b" not in log._stream.getvalue()


async def test_a_request_that_fails_is_logged_as_well(log):
    async def fails(scope, receive, send):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await ask(RequestId(fails, settings=Settings(), access_log=log))
    log.flush()

    assert json.loads(log._stream.getvalue())["status"] == 0


async def test_lines_are_written_without_being_asked_when_many_wait(app, log):
    for _ in range(1000):
        await ask(app)

    assert log._stream.getvalue().count("\n") == 1000


async def test_other_protocols_pass_through(site):
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    await RequestId(LogContext(app), settings=Settings())({"type": "lifespan"}, None, None)

    assert seen == ["lifespan"]


async def test_the_log_names_the_path_that_was_asked_for_also_if_a_mount_cuts_it_short(log):
    async def mount(scope, receive, send):
        scope["path"] = "/"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    await ask(RequestId(mount, settings=Settings(), access_log=log), "/admin/")
    log.flush()

    assert json.loads(log._stream.getvalue())["path"] == "/admin/"


async def test_a_page_that_is_ready_is_numbered_and_logged_like_any_other(site, log):
    cache = PageCache(site, max_bytes=100_000)
    app = RequestId(cache, settings=Settings(), access_log=log, ready_answer=cache.ready_answer)

    made, ready = await ask(app, "/about/"), await ask(app, "/about/")
    log.flush()

    assert len(site.scopes) == 1
    assert made["X-Request-ID"] != ready["X-Request-ID"]
    assert [pair for pair in made.headers if pair[0] != "x-request-id"] == ready.headers[:-1]
    lines = [json.loads(line) for line in log._stream.getvalue().splitlines()]
    assert [(line["request_id"], line["path"], line["status"]) for line in lines] == [
        (made["X-Request-ID"], "/about/", 404),
        (ready["X-Request-ID"], "/about/", 404),
    ]


@pytest.mark.parametrize(
    "request_", [{"method": "POST"}, {"headers": {"Cookie": "session=x"}}, {"headers": {"Authorization": "Token x"}}]
)
async def test_no_page_is_ready_for_who_may_see_another_or_changes_something(site, request_):
    cache = PageCache(site, max_bytes=100_000)
    app = RequestId(cache, settings=Settings(), ready_answer=cache.ready_answer)

    await ask(app)
    await ask(app, **request_)

    assert len(site.scopes) == 2
