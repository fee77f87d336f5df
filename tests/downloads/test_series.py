"""The release cycle: imported from the PEPs by a task, and kept whatever the source does."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.errors import CMSError
from cms.core.fetching import AddressRefused, FetchFailed
from cms.core.outbox import ScheduledTask
from cms.core.resources import Resources
from cms.core.settings import MEBIBYTE
from cms.core.tasks import TASKS
from cms.downloads import series
from cms.downloads.models import ReleaseSeries, SeriesStatus
from cms.downloads.tasks import import_release_cycle
from tests.fakes import FrozenClock
from tests.local_server import Answer, fetching_locally, local_server

PYTHON_3_14 = {
    "branch": "3.14",
    "pep": 745,
    "status": "bugfix",
    "first_release": "2025-10-07",
    "end_of_life": "2030-10",
    "release_manager": "Hugo van Kemenade",
}


@pytest.fixture
async def scheduled(session: AsyncSession) -> ScheduledTask:
    """The place of the import in the schedule."""
    place = ScheduledTask(task="import_release_cycle", schedule="11 */6 * * *", last_due_at=datetime.now(UTC))
    session.add(place)
    await session.commit()
    return place


async def known(session: AsyncSession) -> dict[str, tuple[SeriesStatus, str]]:
    rows = await session.scalars(select(ReleaseSeries).execution_options(populate_existing=True))
    return {row.series: (row.status, row.end_of_life) for row in rows}


async def import_from(answer: Answer, resources: Resources, session: AsyncSession) -> None:
    async with local_server() as server:
        server.answers["/api/release-cycle.json"] = answer
        local = fetching_locally(resources, release_cycle_url=f"{server.url}/api/release-cycle.json")
        await import_release_cycle(local, session)
        await session.commit()


async def test_the_task_brings_every_series_up_to_date(resources: Resources, session: AsyncSession) -> None:
    await series.write(session, series.read(json.dumps({"3.14": PYTHON_3_14 | {"status": "prerelease"}})))
    told = {"3.14": PYTHON_3_14, "3.9": PYTHON_3_14 | {"status": "end-of-life", "end_of_life": "2025-10-31"}}

    await import_from(Answer(content=json.dumps(told).encode()), resources, session)

    assert await known(session) == {
        "3.14": (SeriesStatus.BUGFIX, "2030-10"),
        "3.9": (SeriesStatus.END_OF_LIFE, "2025-10-31"),
    }


async def test_the_real_release_cycle_is_understood_as_a_whole(shared: Any) -> None:
    content = (shared / "reference/data/peps/release-cycle.json").read_text()

    cycle = series.read(content)

    assert set(cycle) == set(json.loads(content))
    assert cycle["3.14"].release_manager == "Hugo van Kemenade"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(content=b"not json"),
        Answer(content=b"[" * 100_000),
        Answer(content=b"[]"),
        Answer(content=b"{}"),
        Answer(content=b'{"3.14": {"status": "abandoned"}}'),
    ],
    ids=["no json", "deep", "list", "empty", "nothing known"],
)
async def test_what_is_known_stays_where_the_source_tells_nonsense(
    resources: Resources, session: AsyncSession, answer: Answer
) -> None:
    await series.write(session, series.read(json.dumps({"3.14": PYTHON_3_14})))
    await session.commit()

    with pytest.raises(CMSError):
        await import_from(answer, resources, session)
    await session.rollback()

    assert await known(session) == {"3.14": (SeriesStatus.BUGFIX, "2030-10")}


DOWN = Answer(status=503)


@pytest.mark.parametrize(
    "answer",
    [
        DOWN,
        Answer(content=b"<html>Sorry</html>", content_type="text/html"),
        Answer(content=b" " * (MEBIBYTE + 1)),
        Answer(content=b'{"3.14"', headers={"Content-Length": "1000"}),
    ],
    ids=["down", "other type", "too large", "broken off"],
)
async def test_a_source_that_does_not_answer_is_noted_with_the_age_of_what_is_known(
    resources: Resources, session: AsyncSession, clock: FrozenClock, scheduled: ScheduledTask, answer: Answer
) -> None:
    await import_from(Answer(content=json.dumps({"3.14": PYTHON_3_14}).encode()), resources, session)
    clock.move(days=13)

    await import_from(answer, resources, session)

    assert await known(session) == {"3.14": (SeriesStatus.BUGFIX, "2030-10")}
    read_on = clock.now() - timedelta(days=13)
    assert scheduled.note.endswith(f" What we know is of {read_on:%-d %B %Y}.")
    assert scheduled.done_at == read_on


async def test_an_answer_ends_the_note(resources: Resources, session: AsyncSession, scheduled: ScheduledTask) -> None:
    scheduled.note = "The source does not answer."

    await import_from(Answer(content=json.dumps({"3.14": PYTHON_3_14}).encode()), resources, session)

    assert scheduled.note == ""


async def test_a_source_that_does_not_answer_is_a_failure_once_what_is_known_is_old(
    resources: Resources, session: AsyncSession, clock: FrozenClock, scheduled: ScheduledTask
) -> None:
    await import_from(Answer(content=json.dumps({"3.14": PYTHON_3_14}).encode()), resources, session)
    clock.move(days=15)

    with pytest.raises(FetchFailed, match="What we know is of"):
        await import_from(DOWN, resources, session)


async def test_a_source_that_never_answered_is_a_failure(resources: Resources, session: AsyncSession) -> None:
    with pytest.raises(FetchFailed):
        await import_from(DOWN, resources, session)


async def test_a_source_within_our_own_net_is_refused(resources: Resources, session: AsyncSession) -> None:
    with pytest.raises(AddressRefused):
        await import_release_cycle(resources_with_url(resources, "http://127.0.0.1:1/release-cycle.json"), session)


async def test_without_an_address_nothing_is_asked(resources: Resources, session: AsyncSession) -> None:
    await import_release_cycle(resources_with_url(resources, ""), session)

    assert await known(session) == {}


@pytest.mark.parametrize(
    "values",
    [
        {"status": "abandoned"},
        {"status": None},
        {"first_release": "soon"},
        {"end_of_life": "2030-13"},
        {"end_of_life": ["2030-10"]},
        {"pep": "745"},
        {"pep": -1},
    ],
)
async def test_a_series_that_cannot_be_understood_is_left_out_alone(
    session: AsyncSession, values: dict[str, Any]
) -> None:
    await series.write(session, series.read(json.dumps({"3.13": PYTHON_3_14})))

    await series.write(session, series.read(json.dumps({"3.13": PYTHON_3_14 | values, "3.14": PYTHON_3_14})))

    assert await known(session) == dict.fromkeys(("3.13", "3.14"), (SeriesStatus.BUGFIX, "2030-10"))


async def test_a_series_that_the_source_names_no_more_stays(session: AsyncSession) -> None:
    await series.write(session, series.read(json.dumps({"2.7": PYTHON_3_14})))

    await series.write(session, series.read(json.dumps({"3.14": PYTHON_3_14})))

    assert set(await known(session)) == {"2.7", "3.14"}


async def test_what_has_not_changed_is_not_written_again(session: AsyncSession) -> None:
    cycle = series.read(json.dumps({"3.14": PYTHON_3_14}))
    await series.write(session, cycle)
    await session.commit()

    before = (await session.scalars(select(ReleaseSeries.updated_at))).one()
    await series.write(session, cycle)
    await session.commit()

    assert (await session.scalars(select(ReleaseSeries.updated_at))).one() == before


def test_the_task_is_in_the_schedule() -> None:
    assert TASKS["import_release_cycle"].schedule


def resources_with_url(resources: Resources, url: str) -> Resources:
    return replace(resources, settings=resources.settings.model_copy(update={"release_cycle_url": url}))
