"""Nothing is changed unless a page of ours, made for this very person, asked for it."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.core.settings import Settings
from public_site.middleware import form_body
from public_site.middleware.same_origin import SameOrigin, csrf_token
from tests.asgi import ask

HERE = {"Origin": "http://testserver"}
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=XYZ"


class Site:
    """Shows a form on GET, and writes down what arrives otherwise."""

    def __init__(self):
        self.bodies = []
        self.shows_form = True

    async def __call__(self, scope, receive, send):
        body = b"no form"
        if scope["method"] == "GET" and self.shows_form:
            body = csrf_token(scope).encode()
        elif scope["method"] != "GET":
            self.bodies.append(await read_all(receive))
        headers = [(b"content-type", b"text/html"), (b"cache-control", b"public, max-age=60")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def read_all(receive):
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return body + b"(gone)"
        body += message["body"]
        if not message["more_body"]:
            return body


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def app(site):
    return SameOrigin(site, settings=Settings(secret_key="a key", site_url="https://www.python.org"))


def signed_in(session="abc"):
    return {"user_session": SimpleNamespace(token_hash=session)}


async def visitor_with_form(app):
    form = await ask(app)
    return form.text, {"Cookie": form["Set-Cookie"].split(";")[0]} | HERE


def multipart(*parts):
    body = b""
    for name, content in parts:
        filename = '; filename="a.txt"' if name == "file" else ""
        head = f'--XYZ\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    return body + b"--XYZ--\r\n"


# The token


async def test_a_page_without_a_form_sets_no_cookie_and_stays_as_it_is(site, app):
    site.shows_form = False

    answer = await ask(app)

    assert "Set-Cookie" not in answer
    assert answer["Cache-Control"] == "public, max-age=60"


async def test_a_page_with_a_form_sets_the_cookie_once_and_is_kept_by_no_cache(app):
    first = await ask(app)
    second = await ask(app, headers={"Cookie": first["Set-Cookie"].split(";")[0]})

    assert "HttpOnly; SameSite=Lax" in first["Set-Cookie"]
    assert "Set-Cookie" not in second
    assert first.text == second.text
    assert first["Cache-Control"] == second["Cache-Control"] == "private, no-store"


async def test_in_production_no_other_host_can_plant_the_cookie(site):
    app = SameOrigin(site, settings=Settings(environment="production", secret_key="a key"))

    cookie = (await ask(app))["Set-Cookie"]

    assert cookie.startswith("__Host-csrf=")
    assert cookie.endswith("; Secure")
    assert "Domain" not in cookie


async def test_somebody_signed_in_needs_no_cookie(app):
    first = await ask(app, state=signed_in())
    other = await ask(app, state=signed_in("def"))

    assert "Set-Cookie" not in first
    assert first.text != other.text


async def test_a_cookie_of_somebodys_own_making_is_replaced(app):
    answer = await ask(app, headers={"Cookie": "csrf=1"})

    assert "csrf=" in answer["Set-Cookie"]


# What is carried out


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "FOO"])
async def test_with_the_token_in_the_header_it_is_carried_out(site, app, method):
    token, headers = await visitor_with_form(app)

    answer = await ask(app, method=method, headers=headers | {"X-CSRF-Token": token}, body=b"anything")

    assert answer.status == 200
    assert site.bodies == [b"anything"]


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("layout", ["first", "last"])
async def test_the_token_is_found_in_a_form_and_the_form_arrives_whole(site, app, size, layout):
    token, headers = await visitor_with_form(app)
    fields = [f"csrf_token={token}", "name=Ada+%26+Charles", "text=" + "x" * 500]
    body = "&".join(fields if layout == "first" else fields[::-1]).encode()
    chunks = [body[start : start + size] for start in range(0, len(body), size)]

    answer = await ask(app, method="POST", headers=headers | {"Content-Type": URLENCODED}, body=chunks)

    assert answer.status == 200
    assert site.bodies == [body]


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("layout", ["first", "last"])
async def test_the_token_is_found_in_a_form_with_files(site, app, size, layout):
    token, headers = await visitor_with_form(app)
    fields = [("csrf_token", token.encode()), ("name", b"Ada"), ("file", b"csrf_token=no\r\n" * 30)]
    body = multipart(*(fields if layout == "first" else fields[::-1]))
    chunks = [body[start : start + size] for start in range(0, len(body), size)]

    answer = await ask(app, method="POST", headers=headers | {"Content-Type": MULTIPART}, body=chunks)

    assert answer.status == 200
    assert site.bodies == [body]


async def test_of_a_large_upload_no_more_is_read_than_the_token_needs(app):
    token, headers = await visitor_with_form(app)
    start = multipart(("csrf_token", token.encode()), ("file", b""))[: -len("\r\n--XYZ--\r\n")]
    waiting = [start, *[b"x" * 100_000] * 100]
    before = len(waiting)
    left_when_called = []

    class Upload:
        async def __call__(self, scope, receive, send):
            left_when_called.append(len(waiting))
            await Site()(scope, receive, send)

    async def receive():
        chunk = waiting.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def send(message):
        pass

    app._app = Upload()
    pairs = [*(headers | {"Content-Type": MULTIPART, "Host": "testserver"}).items()]
    scope = {"type": "http", "method": "POST", "scheme": "http", "path": "/", "state": {}}
    scope["headers"] = [(name.lower().encode(), value.encode()) for name, value in pairs]
    await app(scope, receive, send)

    assert left_when_called == [before - 1]
    assert waiting == []


async def test_somebody_signed_in_sends_the_sessions_token(site, app):
    token = (await ask(app, state=signed_in())).text

    answer = await ask(app, method="POST", headers=HERE | {"X-CSRF-Token": token}, state=signed_in())

    assert answer.status == 200
    assert len(site.bodies) == 1


async def test_the_api_is_exempt(app):
    assert (await ask(app, "/api/v2/downloads/release/", method="POST")).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_reading_needs_nothing(app, method):
    assert (await ask(app, method=method, headers={"Origin": "https://evil.example"})).status == 200


# What is refused


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver:81"},
        {"Origin": "https://testserver"},
        {"Origin": "http://[broken"},
        {"Referer": "https://evil.example/http://testserver/"},
        {"Referer": "testserver"},
        {"Origin": "https://evil.example", "Referer": "http://testserver/"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": ""},
    ],
)
async def test_what_another_site_sends_is_refused_in_spite_of_its_token(site, app, headers):
    token, own = await visitor_with_form(app)
    sent = {"Cookie": own["Cookie"], "X-CSRF-Token": token} | headers

    answer = await ask(app, method="POST", headers=sent)

    assert answer.status == 403
    assert "another site" in answer.text
    assert site.bodies == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver"},
        {"Origin": "HTTP://TestServer"},
        {"Origin": "https://www.python.org"},
        {"Referer": "http://testserver/accounts/login/?next=/"},
    ],
)
async def test_the_browsers_word_for_our_own_pages_counts(app, headers):
    token, own = await visitor_with_form(app)
    sent = {"Cookie": own["Cookie"], "X-CSRF-Token": token} | headers

    assert (await ask(app, method="POST", headers=sent)).status == 200


@pytest.mark.parametrize("given", [None, "", "0" * 64, "x" * 1000, "ümlaut"])
async def test_without_the_right_token_nothing_is_carried_out(site, app, given):
    _, headers = await visitor_with_form(app)

    for content_type, body in [
        (URLENCODED, b"" if given is None else f"csrf_token={given}".encode()),
        (MULTIPART, b"" if given is None else multipart(("csrf_token", given.encode()))),
    ]:
        answer = await ask(app, method="POST", headers=headers | {"Content-Type": content_type}, body=body)
        assert answer.status == 403
        assert "reload the page" in answer.text
    assert site.bodies == []


async def test_another_visitors_token_is_refused(app):
    token, _ = await visitor_with_form(app)
    _, headers = await visitor_with_form(app)

    assert (await ask(app, method="POST", headers=headers | {"X-CSRF-Token": token})).status == 403


async def test_a_visitors_token_ends_with_signing_in(app):
    token, headers = await visitor_with_form(app)

    answer = await ask(app, method="POST", headers=headers | {"X-CSRF-Token": token}, state=signed_in())

    assert answer.status == 403


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b"csrf_token={token}"),
        ("application/json", b'{"csrf_token": "{token}"}'),
        ("", b"csrf_token={token}"),
        ("multipart/form-data", b"csrf_token={token}"),
        ("multipart/form-data; boundary=" + "x" * 5000, b"csrf_token={token}"),
        (MULTIPART, b"no parts at all {token}"),
        (
            MULTIPART,
            b'--XYZ\r\nContent-Disposition: form-data; name="csrf_token"; filename="a"\r\n\r\n{token}\r\n--XYZ--',
        ),
        (URLENCODED, b"xcsrf_token={token}"),
        (URLENCODED, b"a=" + b"x" * 300_000 + b"&csrf_token={token}"),
    ],
)
async def test_a_body_that_is_no_form_of_ours_is_refused(app, content_type, body):
    token, headers = await visitor_with_form(app)
    sent = body.replace(b"{token}", token.encode())
    chunks = [sent[start : start + 50_000] for start in range(0, len(sent), 50_000)]

    answer = await ask(app, method="POST", headers=headers | {"Content-Type": content_type}, body=chunks)

    assert answer.status == 403


async def test_the_refusal_is_the_sites_own_page(site):
    async def refuse(scope, receive, send, sentence):
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.body", "body": f"<main>{sentence}</main>".encode()})

    app = SameOrigin(site, settings=Settings(secret_key="a key"), refuse=refuse)

    assert (await ask(app, method="POST")).text.startswith("<main>This request came from another site")


async def test_a_visitor_who_leaves_in_the_middle_is_refused(app):
    _, headers = await visitor_with_form(app)

    answer = await ask(app, method="POST", headers=headers | {"Content-Type": URLENCODED}, body=[])

    assert answer.status == 403


@given(body=st.binary(max_size=400), size=st.integers(1, 50), kind=st.sampled_from([URLENCODED, MULTIPART]))
async def test_no_body_breaks_the_search_and_every_body_is_replayed(body, size, kind):
    chunks = [body[start : start + size] for start in range(0, len(body), size)] or [b""]

    async def receive():
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    _, again = await form_body.read_field(kind, receive, name="csrf_token")

    assert await read_all(again) == body
