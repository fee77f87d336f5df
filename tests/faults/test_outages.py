"""Whatever is killed while staff publish, in the end every published change is shown, found, and nothing is lost."""

import asyncio

import asyncpg
import pytest

from cms.core import embedded
from cms.core.search import ONE_WRITER
from tests.faults.system import until

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]

NOT_FOUND, FOUND = 404, 200


async def test_publishing_goes_on_while_redis_is_away_and_nothing_is_lost(system):
    manager = await system.make_release_manager()
    before, during, after = await system.make_drafts("Python 3.90.0", "Python 3.90.1", "Python 3.90.2")
    assert await system.statuses([before, during, after]) == [NOT_FOUND] * 3

    await system.publish(before, by=manager)
    system.kill_redis()
    await system.publish(during, by=manager)
    shown_without_redis = await until(lambda: _is_shown(system, during))
    system.start_redis()
    await system.publish(after, by=manager)

    assert shown_without_redis
    assert await until(system.has_nothing_left)
    assert await system.statuses([before, during, after]) == [FOUND] * 3
    assert await system.what_is_amiss() == []


async def test_publishing_goes_on_after_postgresql_was_restarted(system):
    manager = await system.make_release_manager()
    drafts = await system.make_drafts(*(f"Python 3.91.{number}" for number in range(8)))
    assert await system.statuses(drafts) == [NOT_FOUND] * 8

    async def publish_one_after_the_other():
        for draft in drafts:
            await system.publish_in_spite_of_faults(draft, by=manager)
            await asyncio.sleep(0.1)

    publishing = asyncio.create_task(publish_one_after_the_other())
    await asyncio.sleep(0.3)
    await asyncio.to_thread(system.restart_postgresql)
    await publishing

    assert await until(system.has_nothing_left)
    assert await system.statuses(drafts) == [FOUND] * 8
    assert await system.what_is_amiss() == []


async def test_a_task_whose_worker_was_killed_runs_again(system):
    manager = await system.make_release_manager()
    (draft,) = await system.make_drafts("Python 3.92.0")
    assert await until(system.has_nothing_left)
    assert await system.visit(draft.public_path) == NOT_FOUND
    hindrance = await asyncpg.connect(embedded.sql_url(system.postgresql))
    await hindrance.execute(f"SELECT pg_advisory_lock({ONE_WRITER})")

    await system.publish(draft, by=manager)
    assert await until(lambda: system.has_begun("index_rows"))
    system.kill_worker()
    await hindrance.close()

    assert await system.has_work()
    assert any("lacks" in finding for finding in await system.what_is_amiss())

    system.start_worker()

    assert await until(system.has_nothing_left)
    assert await system.visit(draft.public_path) == FOUND
    assert await system.what_is_amiss() == []


async def test_work_waits_while_there_is_no_worker(system):
    manager = await system.make_release_manager()
    (draft,) = await system.make_drafts("Python 3.93.0")
    assert await until(system.has_nothing_left)
    assert await system.visit(draft.public_path) == NOT_FOUND
    system.kill_worker()

    await system.publish(draft, by=manager)

    assert await system.has_work()

    system.start_worker()

    assert await until(system.has_nothing_left)
    assert await system.visit(draft.public_path) == FOUND
    assert await system.what_is_amiss() == []


async def _is_shown(system, release):
    return await system.statuses([release]) == [FOUND]
