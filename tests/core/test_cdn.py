"""Whoever keeps copies of pages is told which to forget, and a purge that may have failed is an error."""

import json

import pytest
import redis.asyncio

from cms.core import cdn, embedded
from cms.core.errors import Unavailable
from cms.core.settings import Settings
from tests.fastly_server import API_KEY, SERVICE_ID, fastly_server


@pytest.fixture
async def fastly():
    async with fastly_server() as server:
        yield server


@pytest.fixture
def client(fastly):
    return cdn.Fastly(api_url=fastly.url, service_id=SERVICE_ID, api_key=API_KEY, site_url=fastly.url)


@pytest.fixture
async def redis_client(tmp_path):
    server = embedded.start_redis(tmp_path)
    client = redis.asyncio.from_url(server.url)
    yield client
    await client.aclose()
    server.stop()


async def test_keys_are_purged_softly_in_one_request(fastly, client):
    await client.purge({"releases/42", "releases", "pages"})

    assert fastly.purged_keys == [["pages", "releases", "releases/42"]]
    assert fastly.soft == [True]


async def test_more_keys_than_fastly_accepts_are_purged_in_batches(fastly, client):
    keys = {f"pages/{number}" for number in range(600)}

    await client.purge(keys)

    assert [len(batch) for batch in fastly.purged_keys] == [256, 256, 88]
    assert {key for batch in fastly.purged_keys for key in batch} == keys


async def test_a_key_that_starts_with_a_slash_is_purged_as_a_url(fastly, client):
    await client.purge({"/ftp/python/3.14.0/", "releases"})

    assert fastly.purged_paths == ["/ftp/python/3.14.0/"]
    assert fastly.purged_keys == [["releases"]]
    assert fastly.soft == [True, True]


async def test_nothing_to_purge_asks_nobody(fastly, client):
    await client.purge(set())

    assert fastly.purged_keys == []


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_purge_that_fastly_refuses_is_an_error_and_succeeds_when_repeated(fastly, client, status):
    fastly.answers = [status]

    with pytest.raises(Unavailable, match=f"Fastly answered {status}"):
        await client.purge({"releases"})
    await client.purge({"releases"})

    assert fastly.purged_keys == [["releases"]]


async def test_a_wrong_api_key_is_an_error(fastly):
    client = cdn.Fastly(api_url=fastly.url, service_id=SERVICE_ID, api_key="wrong", site_url=fastly.url)

    with pytest.raises(Unavailable, match="Fastly answered 401"):
        await client.purge({"releases"})


async def test_a_fastly_that_never_answers_is_an_error(fastly, client, monkeypatch):
    monkeypatch.setattr(cdn, "FASTLY_TIMEOUT", 0.1)
    fastly.silent = True

    with pytest.raises(Unavailable, match="did not answer"):
        await client.purge({"releases"})


async def test_a_fastly_that_cannot_be_reached_is_an_error():
    client = cdn.Fastly(
        api_url="http://127.0.0.1:9", service_id=SERVICE_ID, api_key=API_KEY, site_url="http://127.0.0.1:9"
    )

    with pytest.raises(Unavailable, match="did not answer"):
        await client.purge({"releases"})


async def test_the_page_caches_are_told_before_fastly(fastly, redis_client):
    settings = Settings(
        fastly_api_url=fastly.url, fastly_service_id=SERVICE_ID, fastly_api_key=API_KEY, site_url=fastly.url
    )
    async with redis_client.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe(cdn.PURGE_CHANNEL)
        await channel.get_message(timeout=5)

        await cdn.from_settings(settings, redis_client).purge({"releases", "boxes"})

        message = await channel.get_message(timeout=5)
    assert json.loads(message["data"]) == ["boxes", "releases"]
    assert fastly.purged_keys == [["boxes", "releases"]]


async def test_fastly_is_not_asked_while_the_page_caches_may_still_have_the_old_page(fastly):
    unreachable = redis.asyncio.Redis(port=9, retry=None)
    settings = Settings(fastly_api_url=fastly.url, fastly_service_id=SERVICE_ID, fastly_api_key=API_KEY)

    with pytest.raises(redis.exceptions.ConnectionError):
        await cdn.from_settings(settings, unreachable).purge({"releases"})

    assert fastly.purged_keys == []


async def test_without_a_fastly_service_only_the_page_caches_are_purged(redis_client):
    found = cdn.from_settings(Settings(), redis_client)

    assert isinstance(found, cdn.PageCaches)


class Witness:
    """Somebody who remembers every purge."""

    def __init__(self):
        self.seen = []

    async def __call__(self, purge):
        self.seen.append(purge)


async def test_a_witness_is_told_what_fastly_answered_and_how_long_that_took(fastly):
    witness = Witness()
    options = {"api_url": fastly.url, "service_id": SERVICE_ID, "site_url": fastly.url, "witness": witness}
    fastly.answers = [503]

    with pytest.raises(Unavailable):
        await cdn.Fastly(api_key=API_KEY, **options).purge({"releases"})
    await cdn.Fastly(api_key=API_KEY, **options).purge({"releases", "pages"})

    refused, done = witness.seen
    assert (refused.status, refused.error) == (503, "Fastly answered 503 to a purge of 1 keys.")
    assert (done.cache, done.keys, done.status, done.error) == ("Fastly", ["pages", "releases"], 200, "")
    assert set(done.answer) == {"pages", "releases"}
    assert done.milliseconds > 0


async def test_a_witness_is_told_of_a_fastly_that_does_not_answer():
    witness = Witness()
    nowhere = "http://127.0.0.1:9"
    client = cdn.Fastly(api_url=nowhere, service_id=SERVICE_ID, api_key=API_KEY, site_url=nowhere, witness=witness)

    with pytest.raises(Unavailable):
        await client.purge({"releases"})

    assert witness.seen[0].status is None
    assert "did not answer" in witness.seen[0].error


async def test_a_witness_is_told_how_many_processes_heard_a_purge(redis_client):
    witness = Witness()

    await cdn.PageCaches(redis_client, witness=witness).purge({"releases"})

    assert witness.seen[0].answer == {"processes": 0}


async def test_a_witness_is_told_of_a_redis_that_does_not_answer():
    witness = Witness()

    with pytest.raises(redis.exceptions.ConnectionError):
        await cdn.PageCaches(redis.asyncio.Redis(port=9, retry=None), witness=witness).purge({"releases"})

    assert witness.seen[0].error.startswith("Redis did not answer")
