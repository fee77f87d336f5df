"""No single request takes more of the site than its share."""

import asyncio
import json

import pytest

from public_site.middleware.limits import TOO_LARGE, BrokenOff, Limits
from tests.asgi import ask


async def reads_everything(scope, receive, send):
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        body += message["body"]
        if not message["more_body"]:
            break
    await answer(send, body)


async def answer(send, body):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def hangs(scope, receive, send):
    await asyncio.sleep(60)


@pytest.fixture
def app():
    return Limits(reads_everything, largest_body=1000, reading_seconds=0.05, writing_seconds=0.1)


async def test_a_body_within_the_limit_arrives(app):
    assert (await ask(app, method="POST", body=[b"x" * 500, b"y" * 500])).body == b"x" * 500 + b"y" * 500


async def test_a_body_that_announces_its_size_is_refused_at_once(app):
    answer = await ask(app, method="POST", headers={"Content-Length": "1001"}, body=b"x" * 1001)

    assert answer.status == 413
    assert "larger than this site accepts" in answer.text


async def test_a_body_that_does_not_announce_its_size_is_refused_when_it_has_grown_too_large(app):
    assert (await ask(app, method="POST", body=[b"x" * 600] * 2)).status == 413


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/api/v1/downloads/os/", {"error_message": TOO_LARGE}),
        ("/api/v2/downloads/os/", {"detail": TOO_LARGE}),
        ("/api/v2/releases", {"detail": TOO_LARGE, "status_code": 413, "extra": {}}),
    ],
)
async def test_programs_are_refused_in_the_form_of_their_api(app, path, told):
    answer = await ask(app, path, method="POST", headers={"Content-Length": "1001"}, body=b"x" * 1001)

    assert (answer.status, answer["Content-Type"]) == (413, "application/json")
    assert json.loads(answer.body) == told


@pytest.mark.parametrize(("path", "told"), [("/api/v2/releases", BrokenOff), ("/accounts/login/", ConnectionError)])
async def test_a_program_that_has_gone_in_the_middle_is_no_failure_of_ours(app, path, told):
    messages = [{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}]

    async def receive():
        return messages.pop(0)

    with pytest.raises(told):
        await app({"type": "http", "method": "POST", "path": path, "headers": []}, receive, answer)

    assert BrokenOff.status_code < 500


async def test_an_application_that_explains_the_broken_body_itself_is_not_heard():
    async def explains(scope, receive, send):
        while (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"What happened?"})

    app = Limits(explains, largest_body=1000)

    assert (await ask(app, method="POST", body=[b"x" * 600] * 2)).status == 413


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_application_that_hangs_is_given_up(method):
    answer = await ask(Limits(hangs, reading_seconds=0.05, writing_seconds=0.05), method=method)

    assert answer.status == 503
    assert answer["Retry-After"] == "5"
    assert answer["Cache-Control"] == "private, no-store"


async def test_a_body_that_trickles_is_given_up(app):
    statuses = []

    async def receive():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message):
        statuses.append(message.get("status"))

    await app({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send)

    assert statuses == [408, None]


async def test_an_answer_that_has_begun_may_take_as_long_as_the_visitors_line():
    async def downloads(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for is_last in (False, True):
            await asyncio.sleep(0.05)
            await send({"type": "http.response.body", "body": b"x", "more_body": not is_last})

    assert (await ask(Limits(downloads, reading_seconds=0.02))).body == b"xx"


async def test_a_body_that_grows_too_large_after_the_answer_began_does_not_begin_another():
    async def echoes(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.body", "body": b"end"})

    assert (await ask(Limits(echoes, largest_body=10), method="POST", body=[b"x" * 6] * 2)).body == b"end"


async def test_errors_of_the_application_remain_its_own():
    for error in (RuntimeError, TimeoutError):

        async def fails(scope, receive, send, error=error):
            raise error

        with pytest.raises(error):
            await ask(Limits(fails))


async def test_other_protocols_pass_through():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    await Limits(app)({"type": "lifespan"}, None, None)

    assert seen == ["lifespan"]
