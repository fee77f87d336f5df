"""What is measured: each figure is a ratio within one run, or a time or size that depends on little but the code."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from sqlalchemy import event, select, text

from cms.core import clock
from cms.core.resources import Resources
from cms.core.session import make_engine
from cms.downloads.models import Release
from public_site import asgi
from tests.asgi import ask
from tests.benchmarks.bare import ANSWER
from tests.benchmarks.installation import Installation, free_port, process, sign_in, site
from tests.benchmarks.load import WARM_UP

RELEASE_PAGE = "/downloads/release/python-3140/"
DOWNLOAD_PAGE = "/downloads/"
JSON_FILE = "/funding.json"
MEGABYTE = 1024 * 1024
NOT_SENT_BY_THE_APPLICATION = {"date", "server", "connection"}


@dataclass(frozen=True)
class Figure:
    what: str
    measured: str
    aim: str
    is_reached: bool | None


def cached_against_bare(
    place: Installation, running_site: psutil.Process, path: str, *, rounds: int, seconds: float
) -> Figure:
    """Compare the site's answer from the cache with a bare application that sends the same bytes.

    Told in answers a second, and in answers for the same processor time: that suffers less from company.
    """
    answer = httpx.get(place.url + path, headers={"Accept-Encoding": "identity"})
    with _bare_server(place, answer) as (bare_url, running_bare):
        pairs = [
            (_load(place.url + path, seconds, running_site), _load(bare_url + path, seconds, running_bare))
            for _ in range(rounds)
        ]
    ratio = statistics.median(ours.per_second / bare.per_second for ours, bare in pairs)
    by_processor = statistics.median(bare.processor_time / ours.processor_time for ours, bare in pairs)
    ours, bare = (statistics.median(load.per_second for load in loads) for loads in zip(*pairs, strict=True))
    return Figure(
        f"Cached {path} against a bare ASGI application, {len(answer.content):,} bytes",
        f"{ratio:.2f} ({ours:,.0f} and {bare:,.0f} a second); by processor time {by_processor:.2f}",
        "at least 0.8",
        ratio >= 0.8,
    )


def uncached_against_cached(place: Installation, path: str, *, times: int) -> Iterator[Figure]:
    """Compare one visitor's wait for a page that is rendered with that for one from the cache."""
    with httpx.Client(base_url=place.url) as client:
        client.get(path)
        cached = median_time(lambda _: client.get(path), times=times)
        uncached = median_time(lambda number: client.get(path, params={"uncached": number}), times=times)
    statements = asyncio.run(_statements(place, path))
    yield Figure(
        f"{path}, rendered against cached",
        f"{uncached / cached:.1f} times ({uncached * 1000:.1f} and {cached * 1000:.1f} ms)",
        "",
        None,
    )
    yield Figure(f"{path}, SQL statements to render it", str(statements), "at most 4", statements <= 4)


def back_office_lists(place: Installation, sizes: list[int], *, times: int) -> Iterator[Figure]:
    """Compare pages of a list at growing numbers of rows."""
    questions = {
        "first page": {},
        "page 150": {"page": "150"},
        "last page": {"before": "end"},
        "search for a rare word": {"search": "needle"},
        "search for a word of every row": {"search": "straw"},
        "filter that one row in a thousand passes": {"path": "benchmark/777"},
        "filter that most rows pass": {"state": "live"},
        "a year of its dates": {"when": str(clock.now().year)},
    }
    client = sign_in(place, "superuser")
    took: dict[int, dict[str, float]] = {}
    counted: dict[int, float] = {}
    for size in sizes:
        asyncio.run(_fill_pages(place, size))
        took[size] = {
            name: median_time(lambda _, query=query: _listed(client, query), times=times)
            for name, query in questions.items()
        }
        counted[size] = median_time(lambda _: client.get("/admin/pages/counts").raise_for_status(), times=times)
    smallest, largest = sizes[0], sizes[-1]
    for name in questions:
        ratio = took[largest][name] / took[smallest][name]
        times_text = ", ".join(f"{took[size][name] * 1000:.0f}" for size in sizes)
        yield Figure(
            f"Back-office list, {name}, {largest:,} rows against {smallest:,}",
            f"{ratio:.2f} ({times_text} ms)",
            "at most 1.5",
            ratio <= 1.5,
        )
    yield from _counting(counted)


def _counting(counted: dict[int, float]) -> Iterator[Figure]:
    """Tell how long the numbers beside the filters take, which a list asks for when somebody opens them."""
    for size, seconds in counted.items():
        what = f"Numbers beside the filters of a list, {size:,} rows"
        yield Figure(
            what,
            f"{seconds * 1000:.0f} ms",
            "at most 500 ms up to 100,000 rows",
            seconds <= 0.5 if size <= 100_000 else None,
        )


def publishing_to_visible(place: Installation, *, times: int) -> Figure:
    """Change a release as the back office does, and look as a visitor until the page shows it."""
    delays = sorted(asyncio.run(_publishing_delays(place, times)))
    p50, p99 = delays[len(delays) // 2], delays[min(len(delays) - 1, int(len(delays) * 0.99))]
    return Figure(
        f"From the commit to the visitor, through the worker, {times} times",
        f"p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms",
        "p99 under 1,000 ms",
        p99 < 1,
    )


def memory(running: psutil.Process, *, what: str) -> Figure:
    """The memory of the largest process of a command, without what it shares with others."""
    largest = max(process.memory_full_info().uss for process in [running, *running.children(recursive=True)])
    return Figure(f"Memory of {what}", f"{largest / MEGABYTE:.0f} MB", "under 150 MB", largest < 150 * MEGABYTE)


def start_up(place: Installation) -> Figure:
    starts = sorted(_start(place) for _ in range(3))
    took, processor_time = starts[0]
    figures = f"{took:.1f} s, the best of three ({processor_time:.1f} s of processor time)"
    return Figure("Start of the site until it is ready", figures, "under 3 s", took < 3)


def median_time(action: Callable[[int], object], *, times: int) -> float:
    took = []
    for number in range(times + 2):
        began = time.perf_counter()
        action(number)
        took.append(time.perf_counter() - began)
    return statistics.median(took[2:])


@dataclass(frozen=True)
class _Load:
    per_second: float
    processor_time: float
    """Seconds for one answer."""


def _load(url: str, seconds: float, server: psutil.Process) -> _Load:
    command = [sys.executable, "-m", "tests.benchmarks.load", url, "--seconds", str(seconds)]
    before = _processor_time(server)
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    spent = _processor_time(server) - before
    return _Load(found["per_second"], spent / (found["per_second"] * (found["seconds"] + WARM_UP)))


def _processor_time(running: psutil.Process) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in [running, *running.children(recursive=True)])


def _start(place: Installation) -> tuple[float, float]:
    began = time.perf_counter()
    with site(place) as running:
        return time.perf_counter() - began, _processor_time(running)


@contextmanager
def _bare_server(place: Installation, answer: httpx.Response) -> Iterator[tuple[str, psutil.Process]]:
    kept = [(name, value) for name, value in answer.headers.items() if name not in NOT_SENT_BY_THE_APPLICATION]
    file = place.home / "answer.json"
    file.write_text(json.dumps({"headers": kept, "body": answer.content.decode("latin-1")}))
    url = f"http://127.0.0.1:{(port := free_port())}"
    granian = str(Path(sys.executable).with_name("granian"))
    options = ["--interface", "asgi", "--no-ws", "--workers", "1", "--port", str(port), "--factory"]
    with process(
        [granian, *options, "tests.benchmarks.bare:create"],
        environment={**os.environ, ANSWER: str(file)},
        log=place.home / "log" / "bare.log",
        answers=url,
    ) as running:
        yield url, running


async def _statements(place: Installation, path: str) -> int:
    """Count what the application sends to the database for one page; the second one, when all is warm."""
    resources = Resources.from_settings(place.settings)
    app = asgi.build(resources)
    host = {"Host": place.url.removeprefix("http://")}
    await ask(app, path, headers=host, query="warm=1")
    counted: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        counted.append(statement)

    event.listen(resources.engine.sync_engine, "before_cursor_execute", count)
    answer = await ask(app, path, headers=host, query="warm=2")
    await resources.aclose()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}.")
    return len(counted)


async def _fill_pages(place: Installation, size: int) -> None:
    """Copy a page until there are as many; twenty of them have the word in their title that is searched for."""
    engine = make_engine(place.settings)
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        columns = await connection.scalars(
            text(
                "SELECT quote_ident(column_name) FROM information_schema.columns WHERE table_name = 'pages' "
                "AND table_schema = current_schema() AND is_generated = 'NEVER' "
                "AND column_name NOT IN ('id', 'title', 'path')"
            )
        )
        names = ", ".join(columns)
        await connection.execute(
            text(
                f"INSERT INTO pages (title, path, {names}) "  # noqa: S608 - the names are the catalogue's, quoted by it.
                "SELECT CASE WHEN n <= 20 THEN 'A needle ' ELSE 'Straw ' END || n, 'benchmark/' || n, "
                f"{names} FROM (SELECT * FROM pages WHERE path NOT LIKE 'benchmark/%' ORDER BY id LIMIT 1) model, "
                "generate_series((SELECT 1 + count(*) FROM pages WHERE path LIKE 'benchmark/%'), :size) n"
            ),
            {"size": size},
        )
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("SET statement_timeout = 0"))
        await connection.execute(text("VACUUM ANALYZE pages"))
    await engine.dispose()


def _listed(client: httpx.Client, query: dict[str, str]) -> None:
    client.get("/admin/pages/list", params=query).raise_for_status()


async def _publishing_delays(place: Installation, times: int) -> list[float]:
    resources = Resources.from_settings(place.settings)
    delays = []
    async with httpx.AsyncClient(base_url=place.url) as visitor:
        for number in range(times):
            name = f"Python 3.14.0 number {number}"
            await visitor.get(RELEASE_PAGE)
            async with resources.sessionmaker.begin() as session:
                release = (await session.scalars(select(Release).where(Release.slug == "python-3140"))).one()
                release.name = name
            began = time.perf_counter()
            while name not in (await visitor.get(RELEASE_PAGE)).text:
                if time.perf_counter() - began > 30:
                    raise RuntimeError("The visitor does not see the change.")
                await asyncio.sleep(0.002)
            delays.append(time.perf_counter() - began)
    await resources.aclose()
    return delays
