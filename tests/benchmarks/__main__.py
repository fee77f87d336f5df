"""`make bench`: measures an installation of its own and prints a table, which docs/performance.md holds."""

import argparse
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from tests.benchmarks import measurements as measure
from tests.benchmarks.installation import installation, site, worker
from tests.benchmarks.measurements import Figure

PARTS = ("cache", "pages", "publishing", "memory", "start", "lists")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"Of {', '.join(PARTS)}; all if none is named.")
    parser.add_argument("--quick", action="store_true", help="Shorter, less exact, and lists of fewer rows.")
    options = parser.parse_args()
    # The application under measurement also runs in this process, and configures logging for it.
    logging.disable(logging.WARNING)
    console = Console(stderr=True)
    print("| What | Measured | Aim | |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        for figure in figures(Path(home), set(options.parts or PARTS), quick=options.quick, console=console):
            verdict = {True: "reached", False: "missed", None: ""}[figure.is_reached]
            print(f"| {figure.what} | {figure.measured} | {figure.aim} | {verdict} |", flush=True)


def figures(home: Path, parts: set[str], *, quick: bool, console: Console) -> Iterator[Figure]:
    rounds, seconds, times = (3, 1.0, 20) if quick else (7, 4.0, 100)
    sizes = [10_000, 100_000] if quick else [10_000, 100_000, 1_000_000]
    with console.status("Setting up an installation"), installation(home) as place:
        if "start" in parts:
            yield measure.start_up(place)
        with site(place) as running_site, worker(place) as running_worker:
            if "cache" in parts:
                for path in (measure.RELEASE_PAGE, measure.JSON_FILE):
                    yield measure.cached_against_bare(place, running_site, path, rounds=rounds, seconds=seconds)
            if "pages" in parts:
                for path in (measure.RELEASE_PAGE, measure.DOWNLOAD_PAGE):
                    yield from measure.uncached_against_cached(place, path, times=times)
            if "publishing" in parts:
                yield measure.publishing_to_visible(place, times=times)
            if "memory" in parts:
                yield measure.memory(running_site, what="a process of the site, after all this")
                yield measure.memory(running_worker, what="the worker")
            if "lists" in parts:
                yield from measure.back_office_lists(place, sizes, times=max(10, times // 5))


if __name__ == "__main__":
    main()
