"""The gate of the API: keys in the header count and nothing else, and nobody calls more often than they may."""

import json
from dataclasses import replace

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from cms.core.permissions import Permission
from cms.users import api_keys
from public_site.api.gate import ApiGate
from tests.asgi import ask
from tests.factories.users import make_user

UNREACHABLE = "redis://127.0.0.1:1"


class Inside:
    """An application that keeps what the gate found out."""

    def __init__(self):
        self.state = {}

    async def __call__(self, scope, receive, send):
        self.state = {**scope["state"]}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def inside():
    return Inside()


@pytest.fixture
def gate(inside, resources):
    """Return the gate with its rates; addresses that no other test uses keep the counts apart."""

    def gate(redis=resources.redis, **settings):
        settings = resources.settings.model_copy(update=settings)
        return ApiGate(inside, resources=replace(resources, redis=redis, settings=settings))

    return gate


@pytest.fixture
async def secret(session):
    owner = await make_user(session, username="rm", permissions=(Permission.DOWNLOADS_EDIT, Permission.APIKEYS_EDIT))
    _, secret = await api_keys.create(session, owner, name="laptop", by=owner)
    await session.commit()
    return secret


@pytest.mark.parametrize(
    ("path", "form"), [("/api/v1/x/", "ApiKey rm:{}"), ("/api/v2/x", "Token {}"), ("/api/v2/x", "Bearer {}")]
)
async def test_a_key_in_the_header_names_its_owner(gate, inside, secret, path, form):
    await ask(gate(), path, headers={"Authorization": form.format(secret)})

    assert inside.state["user"].username == "rm"
    assert inside.state["api_refusal"] is None


@pytest.mark.parametrize(
    ("path", "headers", "query"),
    [
        ("/api/v1/x/", {"Authorization": "ApiKey rm:wrong"}, ""),
        ("/api/v1/x/", {"Authorization": "ApiKey rm"}, ""),
        ("/api/v1/x/", {"Authorization": "ApiKey rm:a:b"}, ""),
        ("/api/v1/x/", {"Authorization": "ApiKey :secret"}, ""),
        ("/api/v1/x/", {"Authorization": "Basic cm06c2VjcmV0"}, ""),
        ("/api/v1/x/", {}, "username=rm&api_key=secret"),
        ("/api/v1/x/", {}, "api_key="),
        ("/api/v2/x", {"Authorization": "Token"}, ""),
        ("/api/v2/x", {"Authorization": "Token a b"}, ""),
        ("/api/v2/x", {"Authorization": "Token wrong"}, ""),
        ("/api/v2/x", {"Authorization": "Token \xe4"}, ""),
    ],
)
async def test_what_is_meant_as_a_key_and_is_none_makes_no_guest(gate, inside, secret, path, headers, query):
    await ask(gate(), path, headers=headers, query=query)

    assert inside.state["user"] is None
    assert inside.state["api_refusal"]


async def test_a_key_of_version_1_says_nothing_to_version_2(gate, inside, secret):
    await ask(gate(), "/api/v2/x", headers={"Authorization": f"ApiKey rm:{secret}"})

    assert inside.state["user"] is None
    assert inside.state["api_refusal"] is None


async def test_a_guest_who_calls_too_often_has_to_wait_and_others_need_not(gate):
    app = gate(api_v2_guest_rate="2/hour")
    here = {"client": ("203.0.113.20", 1)}

    first, second, third = [await ask(app, "/api/v2/x/", **here) for _ in range(3)]
    elsewhere = await ask(app, "/api/v2/x/", client=("203.0.113.21", 1))

    assert (first["ratelimit-limit"], first["ratelimit-remaining"], second["ratelimit-remaining"]) == ("2", "1", "0")
    assert third.status == 429
    assert 3590 <= int(third["retry-after"]) <= 3600
    assert third.text == f'{{"detail":"Request was throttled. Expected available in {third["retry-after"]} seconds."}}'
    assert elsewhere.status == 200


async def test_a_modern_path_tells_to_wait_in_the_form_of_all_its_errors(gate):
    app = gate(api_v2_guest_rate="1/hour")
    await ask(app, "/api/v2/x", client=("203.0.113.29", 1))

    answer = await ask(app, "/api/v2/x", client=("203.0.113.29", 1))

    told = json.loads(answer.text)
    assert (answer.status, told["status_code"], told["extra"]) == (429, 429, {})
    assert told["detail"].startswith("Request was throttled.")


async def test_version_1_tells_nothing_but_to_wait(gate):
    app = gate(api_v1_rate="1/hour")
    await ask(app, "/api/v1/x/", client=("203.0.113.22", 1))

    answer = await ask(app, "/api/v1/x/", client=("203.0.113.22", 1))

    assert (answer.status, answer.text, answer["content-type"]) == (429, "", "text/html; charset=utf-8")
    assert "retry-after" in answer


async def test_a_caller_is_counted_by_their_name_wherever_they_are(gate, secret):
    app = gate(api_v2_guest_rate="1/hour", api_v2_key_rate="2/hour")
    headers = {"Authorization": f"Token {secret}"}

    answers = [await ask(app, "/api/v2/x", headers=headers, client=(f"203.0.113.{n}", 1)) for n in (23, 24, 25)]

    assert [answer.status for answer in answers] == [200, 200, 429]


async def test_who_guesses_keys_has_to_wait_and_their_owner_does_not(gate, inside, secret):
    app = gate()
    guesser, owner = ("203.0.113.26", 1), ("203.0.113.27", 1)
    for n in range(30):
        await ask(app, "/api/v1/x/", headers={"Authorization": f"ApiKey rm:wrong{n}"}, client=guesser)

    stopped = await ask(app, "/api/v1/x/", headers={"Authorization": f"ApiKey rm:{secret}"}, client=guesser)
    admitted = await ask(app, "/api/v1/x/", headers={"Authorization": f"ApiKey rm:{secret}"}, client=owner)

    assert stopped.status == 429
    assert admitted.status == 200
    assert inside.state["user"].username == "rm"


async def test_calls_are_counted_while_redis_is_away(gate):
    app = gate(redis=Redis.from_url(UNREACHABLE, retry=Retry(NoBackoff(), 0)), api_v2_guest_rate="1/hour")

    statuses = [(await ask(app, "/api/v2/x", client=("203.0.113.28", 1))).status for _ in range(2)]

    assert statuses == [200, 429]
