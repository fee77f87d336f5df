"""From the commit to the task, and back to the outbox where something crashes in between."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from cms.core import locks, outbox, relay, tasks
from cms.core.outbox import MessageStatus, OutboxMessage, ScheduledTask
from cms.core.relay import hand_over, listen, start_due_tasks
from cms.core.resources import Resources
from cms.core.running import run_messages
from cms.core.session import make_sessionmaker
from cms.pages.models import Page
from tests.factories.pages import make_page


class Queue:
    """A queue that keeps what it is given, or has lost its Redis."""

    def __init__(self) -> None:
        self.given: list[list[int]] = []
        self.is_down = False

    async def hand_over(self, message_ids: Sequence[int], *, timeout: int) -> None:
        if self.is_down:
            raise RedisConnectionError
        self.given.append(list(message_ids))

    async def is_empty(self) -> bool:
        return True


@pytest.fixture
async def committing(engine: AsyncEngine) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Sessions that really commit; what they leave is removed after the test."""
    yield make_sessionmaker(engine)
    async with engine.begin() as connection:
        await connection.execute(
            text("TRUNCATE outbox_messages, scheduled_tasks, pages, audit_entries, revisions CASCADE")
        )


@pytest.fixture
def real(resources: Resources, committing: async_sessionmaker[AsyncSession]) -> Resources:
    return replace(resources, sessionmaker=committing)


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """The arguments of each run of the tasks `note_it` and `fail`."""
    monkeypatch.setattr(tasks, "TASKS", tasks.TASKS)
    runs: list[dict[str, object]] = []

    async def note_it(resources: Resources, session: AsyncSession, **arguments: object) -> None:
        runs.append(arguments)
        session.add(Page(title="Made by a task", path=f"made-by-a-task-{len(runs)}"))

    async def fail(resources: Resources, session: AsyncSession, **arguments: object) -> None:
        runs.append(arguments)
        session.add(Page(title="Never to be seen", path="never-to-be-seen"))
        await session.flush()
        message = "The printer is on fire."
        raise ValueError(message)

    async def hang(resources: Resources, session: AsyncSession, **arguments: object) -> None:
        runs.append(arguments)
        await asyncio.sleep(60)

    def merge(messages: Sequence[dict[str, object]]) -> dict[str, object]:
        return {"names": sorted(str(message["name"]) for message in messages)}

    async def wait_outside(resources: Resources, session: AsyncSession, **arguments: object) -> None:
        async with make_sessionmaker(resources.engine)() as relaying:
            runs.append({"held": await locks.held_ones(relaying, outbox.AT_WORK, range(1, 10_000))})
        session.add(Page(title="Found outside", path="found-outside"))

    async def note_together(resources: Resources, session: AsyncSession, **arguments: object) -> None:
        runs.append(arguments)

    for function, attempts, timeout, merging in (
        (note_it, 3, 30, None),
        (fail, 2, 30, None),
        (hang, 1, 0, None),
        (note_together, 3, 30, merge),
        (wait_outside, 3, 30, None),
    ):
        name = function.__name__
        task = tasks.Task(name, function, timeout, attempts, None, merging, waits_outside=function is wait_outside)
        monkeypatch.setitem(tasks.TASKS, name, task)
    return runs


async def put(committing: async_sessionmaker[AsyncSession], task: str, **arguments: object) -> None:
    async with committing.begin() as session:
        outbox.enqueue(session, task, **arguments)


async def messages(committing: async_sessionmaker[AsyncSession]) -> Sequence[OutboxMessage]:
    async with committing() as session:
        return (await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))).all()


async def titles(committing: async_sessionmaker[AsyncSession]) -> Sequence[str]:
    async with committing() as session:
        return (await session.scalars(select(Page.title))).all()


async def run_all(real: Resources, queue: Queue) -> None:
    while queue.given:
        await run_messages(real, queue.given.pop(0))


async def test_a_message_is_run_once_and_gone(committing, real, queue, ran):
    await put(committing, "note_it", name="one")

    await hand_over(committing, queue)
    await run_all(real, queue)

    assert ran == [{"name": "one"}]
    assert [message.task for message in await messages(committing)] == ["purge_keys", "index_rows"]


async def test_a_message_at_work_outside_is_not_taken_for_lost(committing, real, queue, ran, clock):
    await put(committing, "wait_outside")
    await hand_over(committing, queue)
    clock.move(seconds=relay.LOST_AFTER.total_seconds() + 1)
    (message,) = await messages(committing)

    async with locks.one_of(real.engine, outbox.AT_WORK, [message.id]):
        assert await hand_over(committing, queue) == 0
        await run_messages(real, [message.id])
        assert ran == []

    assert await hand_over(committing, queue) == 1


async def test_a_task_that_waits_outside_is_held_meanwhile_and_ends_with_what_it_writes(committing, real, queue, ran):
    await put(committing, "wait_outside")
    (message,) = await messages(committing)

    await hand_over(committing, queue)
    await run_all(real, queue)

    assert ran == [{"held": {message.id}}]
    assert await titles(committing) == ["Found outside"]
    assert "wait_outside" not in [waiting.task for waiting in await messages(committing)]


async def test_a_rolled_back_transaction_leaves_no_message(committing, real, queue, ran):
    async with committing() as session:
        outbox.enqueue(session, "note_it", name="one")
        await session.flush()

    assert await hand_over(committing, queue) == 0


async def test_a_crash_between_commit_and_relay_loses_nothing(committing, real, queue, ran):
    await put(committing, "note_it", name="one")
    queue.is_down = True
    with pytest.raises(RedisConnectionError):
        await hand_over(committing, queue)

    queue.is_down = False
    await hand_over(committing, queue)
    await run_all(real, queue)

    assert ran == [{"name": "one"}]


async def test_a_crash_between_relay_and_task_hands_the_message_over_again(committing, real, queue, ran, clock):
    await put(committing, "note_it", name="one")
    await hand_over(committing, queue)
    queue.given.clear()

    assert await hand_over(committing, queue) == 0
    clock.move(seconds=relay.LOST_AFTER.total_seconds() + 1)
    assert await hand_over(committing, queue) == 1
    await run_all(real, queue)

    assert ran == [{"name": "one"}]


async def test_a_message_delivered_twice_is_run_once(committing, real, queue, ran):
    await put(committing, "note_it", name="one")
    await hand_over(committing, queue)
    [ids] = queue.given

    await asyncio.gather(run_messages(real, ids), run_messages(real, ids))
    await run_messages(real, ids)

    assert ran == [{"name": "one"}]
    assert await titles(committing) == ["Made by a task"]


async def test_messages_that_can_be_merged_are_answered_by_one_run(committing, real, queue, ran):
    for name in ("b", "a"):
        await put(committing, "note_together", name=name)

    await hand_over(committing, queue)
    await run_all(real, queue)

    assert ran == [{"names": ["a", "b"]}]
    assert await messages(committing) == []


async def test_a_failing_task_leaves_no_trace_and_is_tried_again_later(committing, real, queue, ran, clock):
    await put(committing, "fail", name="one")
    await hand_over(committing, queue)
    await run_all(real, queue)

    [message] = await messages(committing)
    assert (message.status, message.attempts) == (MessageStatus.WAITING, 1)
    assert message.error == "ValueError: The printer is on fire."
    assert message.not_before > clock.now()
    assert await titles(committing) == []


async def test_a_task_that_fails_for_good_is_kept_and_can_be_run_again(committing, real, queue, ran, clock):
    await put(committing, "fail", name="one")
    for _ in range(2):
        await hand_over(committing, queue)
        await run_all(real, queue)
        clock.move(hours=1)
    [message] = await messages(committing)
    assert message.status == MessageStatus.FAILED
    assert await hand_over(committing, queue) == 0

    async with committing.begin() as session:
        outbox.run_again(await session.get_one(OutboxMessage, message.id))
    await hand_over(committing, queue)
    await run_all(real, queue)

    assert len(ran) == 3


async def test_a_task_that_hangs_is_ended(committing, real, queue, ran):
    await put(committing, "hang", name="one")
    await hand_over(committing, queue)
    await run_all(real, queue)

    [message] = await messages(committing)
    assert (message.status, message.error) == (MessageStatus.FAILED, "TimeoutError")


async def test_a_task_that_kills_its_worker_is_given_up_in_the_end(committing, real, queue, ran, clock):
    await put(committing, "note_it", name="one")
    async with committing.begin() as session:
        [message] = await session.scalars(select(OutboxMessage))
        message.attempts = 3
    await hand_over(committing, queue)
    await run_all(real, queue)

    [message] = await messages(committing)
    assert message.status == MessageStatus.FAILED
    assert ran == []


async def test_a_message_for_a_task_that_is_gone_is_kept_as_failed(committing, real, queue):
    await put(committing, "abolished", name="one")
    await hand_over(committing, queue)
    await run_all(real, queue)

    [message] = await messages(committing)
    assert (message.status, message.error) == (MessageStatus.FAILED, "There is no task named abolished.")


async def test_a_message_waits_for_its_moment(committing, real, queue, ran, clock):
    async with committing.begin() as session:
        outbox.enqueue_in(session, timedelta(seconds=3), "note_it", name="later")

    assert await hand_over(committing, queue) == 0
    clock.move(seconds=3)
    assert await hand_over(committing, queue) == 1


async def test_a_commit_wakes_the_relay(committing, settings):
    wake = asyncio.Event()
    listening = asyncio.create_task(listen(settings.database_url or "", wake))
    await asyncio.wait_for(wake.wait(), 10)
    wake.clear()

    await put(committing, "note_it", name="one")

    await asyncio.wait_for(wake.wait(), 10)
    listening.cancel()


async def test_a_written_page_is_purged_twice(committing, real, queue, cdn, clock):
    async with committing() as session:
        page = await make_page(session)
    for _ in range(2):
        await hand_over(committing, queue)
        await run_all(real, queue)
        clock.move(seconds=3)

    assert cdn.purged == [{"pages", f"pages/{page.id}"}] * 2
    assert await messages(committing) == []


async def test_a_scheduled_task_is_started_once_however_many_workers_look(committing, monkeypatch, clock):
    async def yearn(resources: Resources, session: AsyncSession) -> None: ...

    monkeypatch.setattr(relay, "TASKS", {"yearn": tasks.Task("yearn", yearn, 30, 1, "* * * * *", None)})
    await start_due_tasks(committing)
    clock.move(minutes=1)

    await asyncio.gather(*(start_due_tasks(committing) for _ in range(4)))

    assert [message.task for message in await messages(committing)] == ["yearn"]
    async with committing() as session:
        assert await session.scalar(select(ScheduledTask.task)) == "yearn"


@pytest.mark.parametrize(
    ("asked", "built"),
    [
        ([{"indexes": ["pages"]}, {"indexes": ["releases", "pages"]}], ["pages", "releases"]),
        ([{"indexes": ["pages"]}, {}], None),
        ([{}], None),
    ],
)
def test_rebuilds_of_the_search_that_wait_together_are_one(asked, built):
    merge = tasks.TASKS["rebuild_search"].merge

    assert merge is not None
    assert merge(asked) == {"indexes": built}


def test_a_rebuild_of_the_search_is_tried_until_the_one_before_it_must_be_over():
    rebuild = tasks.TASKS["rebuild_search"]

    pauses = [rebuild.pause_after(attempt) for attempt in range(1, rebuild.attempts)]

    assert sum(pauses, timedelta()) > timedelta(seconds=rebuild.timeout)
