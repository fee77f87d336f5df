"""`cms run` keeps its parts running, and itself alone on its home."""

import io
import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest
from rich.console import Console

from cms import supervisor
from cms.core.errors import ConfigurationError, Unavailable
from cms.core.permissions import SHIPPED_ROLES
from cms.core.settings import Settings


class Stopwatch:
    """The monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Fragile:
    """Something that runs until a test breaks it."""

    def __init__(self) -> None:
        self.runs = True

    def is_running(self) -> bool:
        return self.runs

    def stop(self) -> None:
        self.runs = False


@pytest.fixture
def stopwatch(monkeypatch):
    stopwatch = Stopwatch()
    monkeypatch.setattr("cms.supervisor.time.monotonic", stopwatch)
    return stopwatch


def _part(started, start=Fragile):
    def noted():
        running = start()
        started.append(running)
        return running

    return supervisor.Part("The worker", noted, noted())


def test_a_second_run_on_the_same_home_is_refused_with_the_number_of_the_first(tmp_path):
    refused = pytest.raises(ConfigurationError, match=f"process {os.getpid()}")
    with supervisor.sole_instance(tmp_path), refused, supervisor.sole_instance(tmp_path):
        pass


def test_the_home_is_free_again_when_its_run_was_killed(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD_THE_HOME, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(ConfigurationError), supervisor.sole_instance(tmp_path):
        pass

    holder.kill()
    holder.communicate()

    with supervisor.sole_instance(tmp_path):
        assert (tmp_path / "run.lock").read_text() == str(os.getpid())


HOLD_THE_HOME = """
import sys, time
from pathlib import Path
from cms.supervisor import sole_instance
with sole_instance(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_taken_port_is_refused_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(ConfigurationError, match=f"port {port}"):
            supervisor.run(Settings(home=tmp_path), port=port)

    assert [path.name for path in tmp_path.iterdir()] == ["run.lock"]


def test_what_dies_is_started_again_after_a_pause(stopwatch, capsys):
    started = []
    part = _part(started)
    started[0].runs = False

    part.look_after()
    stopwatch.now += 0.9
    part.look_after()

    assert len(started) == 1
    assert "The worker ended unexpectedly; it is started again in 1 s." in capsys.readouterr().err

    stopwatch.now += 0.2
    part.look_after()

    assert len(started) == 2
    assert part.running is started[1]


def test_the_pause_grows_while_a_part_keeps_dying_and_has_an_end(stopwatch):
    started, pauses = [], []
    part = _part(started)

    for _ in range(7):
        started[-1].runs = False
        died_at = stopwatch.now
        part.look_after()
        stopwatch.now = part.start_again_at
        pauses.append(stopwatch.now - died_at)
        part.look_after()

    assert pauses == [1, 2, 4, 8, 16, 30, 30]


def test_a_part_that_has_run_for_a_while_is_started_again_at_once(stopwatch):
    started = []
    part = _part(started)
    started[0].runs = False
    part.look_after()
    stopwatch.now += 1
    part.look_after()

    stopwatch.now += supervisor.STEADY_AFTER + 1
    part.look_after()
    started[1].runs = False
    part.look_after()

    assert part.start_again_at == stopwatch.now + supervisor.FIRST_PAUSE


def test_a_part_that_cannot_be_started_is_tried_again(stopwatch, capsys):
    outcomes = [Fragile(), Unavailable("postgres did not start."), Fragile()]

    def start():
        outcome = outcomes.pop(0)
        if isinstance(outcome, Unavailable):
            raise outcome
        return outcome

    started = []
    part = _part(started, start)
    started[0].runs = False
    part.look_after()

    for _ in range(2):
        stopwatch.now = part.start_again_at
        part.look_after()

    assert "postgres did not start." in capsys.readouterr().err
    assert part.running is started[-1]
    assert part.running.is_running()


def test_a_command_is_ended_with_everything_it_has_started(monkeypatch, tmp_path):
    pid_file = tmp_path / "pid"
    monkeypatch.setenv("PID_FILE", str(pid_file))
    (tmp_path / "cms").mkdir()
    (tmp_path / "cms/__init__.py").touch()
    (tmp_path / "cms/cli.py").write_text(STUBBORN)
    command = supervisor.Command("serve", environment={**os.environ, "PYTHONPATH": str(tmp_path)})
    grandchild = psutil.Process(int(_contents(pid_file)))
    monkeypatch.setattr(supervisor, "STOP_PATIENCE", 0.3)

    command.stop()

    assert not command.is_running()
    assert command.exit_status() == -signal.SIGKILL
    assert _ends(grandchild)


STUBBORN = """
import os, signal, subprocess, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
Path(os.environ["PID_FILE"] + ".new").write_text(str(child.pid))
os.rename(os.environ["PID_FILE"] + ".new", os.environ["PID_FILE"])
time.sleep(60)
"""


def _contents(path):
    assert _comes_true(path.exists)
    return path.read_text()


def _ends(process):
    """Tell whether the process ends; one that nobody asks how it ended is a zombie for ever."""
    return _comes_true(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


def _comes_true(condition):
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_demo_account_for_each_role_is_shown(tmp_path):
    output = io.StringIO()

    Console(file=output, width=200).print(supervisor.demo_accounts(Settings(home=tmp_path)))

    assert "python-demo" in output.getvalue()
    for name in ("superuser", *SHIPPED_ROLES, "member"):
        assert name in output.getvalue()
