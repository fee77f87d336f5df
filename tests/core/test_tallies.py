"""Counts that wait in Redis until somebody writes them down."""

import pytest
from redis.exceptions import ConnectionError as RedisGone

from cms.core import tallies
from cms.core.tallies import MOST_IN_PROCESS, Tally


async def _counts(redis, kind):
    return {one.name: (one.count, one.remark) for one in await tallies.taken(redis, kind)}


async def test_what_several_processes_count_is_added_up(resources):
    one, other = (Tally(resources.redis, "a", most=10) for _ in range(2))
    one.add("/x/", remark="first")
    one.add("/x/")
    other.add("/x/", remark="second", times=3)
    other.add("/y/")

    await one.flush()
    await other.flush()

    assert await _counts(resources.redis, "a") == {"/x/": (5, "second"), "/y/": (1, "")}


async def test_what_was_taken_is_there_until_it_is_forgotten(resources):
    tally = Tally(resources.redis, "b", most=10)
    tally.add("/x/")
    await tally.flush()
    first = await _counts(resources.redis, "b")
    tally.add("/x/")
    await tally.flush()

    again = await _counts(resources.redis, "b")
    await tallies.forget(resources.redis, "b")
    after = await _counts(resources.redis, "b")

    assert first == again == after == {"/x/": (1, "")}
    await tallies.forget(resources.redis, "b")
    assert await _counts(resources.redis, "b") == {}


async def test_no_more_than_so_many_are_kept_and_those_go_on_being_counted(resources):
    tally = Tally(resources.redis, "c", most=2)
    for name in ("/x/", "/y/", "/z/"):
        tally.add(name)
    await tally.flush()
    for name in ("/z/", "/y/"):
        tally.add(name)
    await tally.flush()

    assert await _counts(resources.redis, "c") == {"/x/": (1, ""), "/y/": (2, "")}


async def test_counts_wait_while_redis_is_away_and_are_bounded(resources):
    class Gone:
        async def eval(self, *_):
            raise RedisGone

    tally = Tally(Gone(), "d", most=10)
    for number in range(MOST_IN_PROCESS + 5):
        tally.add(f"/{number}/")
    with pytest.raises(RedisGone):
        await tally.flush()
    tally.add("/0/")

    tally._redis = resources.redis
    tally._most = 10**6
    await tally.flush()

    found = await _counts(resources.redis, "d")
    assert len(found) == MOST_IN_PROCESS
    assert found["/0/"] == (2, "")
