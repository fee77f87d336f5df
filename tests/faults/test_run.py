"""`cms run` from its start to its end: everything is there, what dies comes back, and nothing outlives it."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest
import redis

from cms import supervisor
from cms.core import embedded
from cms.core.settings import Settings
from tests.benchmarks.installation import free_port

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]

PATIENCE = 300
CMS = [sys.executable, "-P", "-m", "cms.cli"]


class Run:
    """One `cms run`, as somebody typed it in a terminal of their own."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.home = home
        others = {name: value for name, value in os.environ.items() if not name.startswith("CMS_")}
        self.environment = {**others, "CMS_HOME": str(home), "PORT": str(self.port), "CMS_WORKERS": "1"}
        self._log = home.with_suffix(".log").open("w+")
        self.process = subprocess.Popen(
            [*CMS, "run"],
            env=self.environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def output(self) -> str:
        return Path(self._log.name).read_text()

    def says(self, text: str) -> bool:
        return _comes_true(lambda: text in self.output or self.process.poll() is not None) and text in self.output

    def family(self) -> list[psutil.Process]:
        """Return the processes that belong to the home: by their command line, and what those have started."""
        found = [process for process in psutil.process_iter() if str(self.home) in _told_of(process)]
        if self.process.poll() is None:
            found += psutil.Process(self.process.pid).children(recursive=True)
        return found

    def end(self, number: signal.Signals) -> int:
        """Signal the whole group, as a terminal and `make` do, and return the exit status."""
        os.killpg(self.process.pid, number)
        return self.process.wait(60)

    def close(self) -> None:
        for process in self.family():
            process.kill()
        self.process.kill()
        self.process.wait()
        self._log.close()


def _told_of(process):
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return ""


def _comes_true(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture
def start(tmp_path):
    runs = []

    def started():
        runs.append(Run(tmp_path / "var"))
        return runs[-1]

    yield started
    for run in runs:
        run.close()


def test_everything_starts_and_ends_together(start):
    run = start()
    assert run.says(f"Ready: {run.url}"), run.output
    assert "release-manager" in run.output
    assert "python-demo" in run.output
    assert httpx.get(f"{run.url}/downloads/release/python-3140/").status_code == 200

    second = subprocess.run([*CMS, "run"], env=run.environment, capture_output=True, text=True)
    assert second.returncode == 1
    assert re.fullmatch(
        rf"`cms run` already uses .* \(process {run.process.pid}\); end that one first\.\n", second.stderr
    )

    family = run.family()
    assert run.end(signal.SIGTERM) == 0
    assert [process for process in family if process.is_running()] == []
    assert run.family() == []


def _has_ended(process):
    """Tell whether a process has ended; one that nobody asks how it ended is a zombie for ever."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def _children(run):
    return psutil.Process(run.process.pid).children()


def test_a_second_start_goes_on_even_after_a_kill(start):
    run = start()
    assert run.says("Ready:"), run.output
    own_children = [child for child in _children(run) if child.cmdline()[-1] in {"serve", "worker"}]
    run.process.kill()
    run.process.wait()
    assert _comes_true(lambda: all(_has_ended(child) for child in own_children))

    again = start()

    assert again.says("Ready:"), again.output
    assert httpx.get(f"{again.url}/downloads/release/python-3140/").status_code == 200
    assert again.end(signal.SIGINT) == 0
    assert again.family() == []


def test_a_signal_during_the_start_ends_it_as_well(start):
    run = start()
    assert _comes_true(lambda: (run.home / "postgresql").exists())

    assert run.end(signal.SIGTERM) == 0

    assert run.family() == []


def test_what_dies_comes_back(tmp_path, monkeypatch, capfd):
    """Within this process, so that the supervisor itself can be watched at its work."""
    monkeypatch.setenv("CMS_WORKERS", "1")
    told = io.StringIO()
    monkeypatch.setattr(sys, "stderr", told)
    port, home = free_port(), tmp_path / "var"
    seen = []

    def break_things():
        seen.append(_comes_true(lambda: _is_ready(port)))
        for command in ("worker", "serve"):
            died = _own_child(command, home)
            died.kill()
            seen.append(_comes_true(lambda command=command, died=died: _own_child(command, home) not in {None, died}))
        first = embedded.start_redis(home)
        psutil.Process(first.pid).kill()
        seen.append(_comes_true(lambda: _redis_answers(home, other_than=first.pid)))
        seen.append(_comes_true(lambda: _is_ready(port)))
        os.kill(os.getpid(), signal.SIGTERM)

    breaking = threading.Thread(target=break_things)
    breaking.start()
    supervisor.run(Settings(home=home), port=port)
    breaking.join()

    assert seen == [True] * 5
    assert f"Ready: http://127.0.0.1:{port}" in capfd.readouterr().out
    for name in ("The worker", "The site", "Redis"):
        assert f"{name} ended unexpectedly" in told.getvalue()
    assert [process for process in psutil.process_iter() if str(home) in _told_of(process)] == []


def _own_child(command, home):
    """Return the process that runs the command for this home, not one of another test; None while there is none."""
    for child in psutil.Process().children():
        with suppress(psutil.Error):  # It may end while it is looked at.
            if _told_of(child).endswith(f"cms.cli {command}") and child.environ().get("CMS_HOME") == str(home):
                return child
    return None


def _redis_answers(home, *, other_than):
    client = redis.Redis(unix_socket_path=str(embedded.socket_folder(home) / "redis.sock"))
    try:
        return client.info("server")["process_id"] != other_than
    except redis.ConnectionError:
        return False
    finally:
        client.close()


def _is_ready(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=10).status_code == 200
    except httpx.HTTPError:
        return False
