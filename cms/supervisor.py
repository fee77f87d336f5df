"""`cms run`: the whole system on one machine, from the database to the worker, ended by one signal.

What it starts runs in sessions of its own, so that Ctrl-C reaches only the supervisor, which then ends everything
in the right order. What dies unexpectedly is started again, after a pause that grows while it keeps dying.
"""

import asyncio
import ctypes
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from cms.core import embedded
from cms.core.errors import CMSError, ConfigurationError, Unavailable
from cms.core.permissions import SHIPPED_ROLES
from cms.core.session import make_engine
from cms.core.settings import Settings

ADDRESS = "127.0.0.1"
READY_PATIENCE = 300.0
"""Seconds that the site may take until it says that it is ready, on the slowest of machines."""

STOP_PATIENCE = 12.0
"""Seconds that the site and the worker may take to finish what they have begun; both give up before that."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEADY_AFTER = 60.0
"""Seconds after which something that had died counts as running again."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

BLINK = 0.1
PARENT_DEATH_SIGNAL = 1
"""The option of Linux's prctl by which a process is told that its parent has gone."""


def run(settings: Settings, *, port: int) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP; raises CMSError where that cannot be."""
    with sole_instance(settings.home):
        refuse_taken_port(port)
        Supervisor(settings, port=port).run()


@contextmanager
def sole_instance(home: Path) -> Iterator[None]:
    """Hold the home for ourselves. The kernel lets go of it even if we are killed, so no stale lock can exist."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            message = f"`cms run` already uses {home} (process {lock.read().strip() or 'unknown'}); end that one first."
            raise ConfigurationError(message) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def refuse_taken_port(port: int) -> None:
    """Raise ConfigurationError, before anything is started, where another program listens already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            message = f"Another program listens on port {port}; set PORT to a free one."
            raise ConfigurationError(message) from None


class Running(Protocol):
    """A process that was started, be it a server from a wheel or one of our own commands."""

    def is_running(self) -> bool: ...

    def stop(self) -> None: ...


class Command:
    """One of our own commands as a child process, with whatever it starts in turn."""

    def __init__(self, *arguments: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own command.
            [sys.executable, "-P", "-m", "cms.cli", *arguments],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            # Safe here: the supervisor has a single thread.
            preexec_fn=_end_with_parent,
        )

    def is_running(self) -> bool:
        return self._process.poll() is None

    def exit_status(self) -> int:
        return self._process.wait()

    def ask_to_stop(self) -> None:
        if self.is_running():
            self._process.terminate()

    def stop(self) -> None:
        """End the command, then whatever it may have left behind in its session."""
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_PATIENCE)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _end_with_parent() -> None:
    """Have Linux end this child when the supervisor is killed, and so cannot end it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)


@dataclass
class Part:
    """Something that has to run all the time, and how it is started again."""

    name: str
    start: Callable[[], Running]
    running: Running
    started_at: float = field(default_factory=time.monotonic)
    deaths: int = 0
    start_again_at: float | None = None

    def look_after(self) -> None:
        """Start the part again if it has died, but not at once if it does so all the time."""
        now = time.monotonic()
        if self.start_again_at is not None:
            if now >= self.start_again_at:
                self._start_again()
        elif not self.running.is_running():
            self._plan_start(now)
        elif self.deaths and now - self.started_at > STEADY_AFTER:
            self.deaths = 0

    def _plan_start(self, now: float) -> None:
        self.running.stop()
        pause = min(FIRST_PAUSE * 2**self.deaths, LONGEST_PAUSE)
        self.deaths += 1
        self.start_again_at = now + pause
        _tell(f"{self.name} ended unexpectedly; it is started again in {pause:.0f} s.")

    def _start_again(self) -> None:
        self.start_again_at = None
        try:
            self.running = self.start()
        except CMSError as error:
            _tell(error.message)
            self._plan_start(time.monotonic())
        self.started_at = time.monotonic()


class Stopped(Exception):
    """Somebody asked the supervisor to stop."""


class Supervisor:
    def __init__(self, settings: Settings, *, port: int) -> None:
        self._settings = settings.model_copy(update={"home": settings.home.resolve()})
        self._port = port
        self._parts: list[Part] = []
        self._stop_asked = False

    def run(self) -> None:
        previous = {number: signal.signal(number, self._ask_to_stop) for number in STOP_SIGNALS}
        try:
            environment = self._start_servers()
            self._finish("migrate", environment=environment)
            if self._settings.demo_database and asyncio.run(_has_no_people(self._settings)):
                self._finish("seed", "--demo", environment=environment)
            self._start("The site", lambda: Command("serve", environment=environment))
            self._start("The worker", lambda: Command("worker", environment=environment))
            self._wait_until_ready()
            self._announce()
            while True:
                self._pause()
        except Stopped:
            _tell("Stopping.")
        except CMSError:
            if not self._stop_asked:
                raise
            _tell("Stopping.")  # A terminal signals all that it runs: a step of the start was ended before us.
        finally:
            self._stop_everything()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        # No exception here: it could hit the moment between a start and its being written down.
        self._stop_asked = True

    def _start_servers(self) -> dict[str, str]:
        """Start the servers that no URL names; return the environment of the commands."""
        home = self._settings.home
        found: dict[str, object] = {}
        if not self._settings.database_url:
            server = self._start_server("PostgreSQL", lambda: embedded.start_postgresql(home))
            found |= {"database_url": server.url, "demo_database": True}
        if not self._settings.redis_url:
            server = self._start_server("Redis", lambda: embedded.start_redis(home))
            found |= {"redis_url": server.url}
        self._settings = self._settings.model_copy(update=found)
        site_url = os.environ.get("CMS_SITE_URL", f"http://{ADDRESS}:{self._port}")
        return {
            **os.environ,
            "PORT": str(self._port),
            "CMS_HOME": str(home),
            "CMS_SITE_URL": site_url,
            "CMS_DATABASE_URL": self._settings.database_url or "",
            "CMS_REDIS_URL": self._settings.redis_url or "",
            "CMS_DEMO_DATABASE": str(self._settings.demo_database).lower(),
        }

    def _start_server(self, name: str, start: Callable[[], embedded.Server]) -> embedded.Server:
        server = start()
        self._parts.append(Part(name, start, server))
        return server

    def _start(self, name: str, start: Callable[[], Running]) -> None:
        self._parts.append(Part(name, start, start()))

    def _finish(self, *arguments: str, environment: Mapping[str, str]) -> None:
        """Run one of our commands to its end."""
        command = Command(*arguments, environment=environment)
        try:
            while command.is_running():
                self._pause()
        finally:
            command.stop()
        if command.exit_status():
            message = f"`cms {' '.join(arguments)}` failed; the lines above say why."
            raise Unavailable(message)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_PATIENCE
        while not _is_ready(self._port):
            if time.monotonic() > deadline:
                message = f"The site is not ready after {READY_PATIENCE:.0f} s; the lines above say why."
                raise Unavailable(message)
            self._pause()

    def _pause(self) -> None:
        """Look after everything and wait a little; the one place where a request to stop takes effect."""
        if self._stop_asked:
            raise Stopped
        for part in self._parts:
            part.look_after()
        time.sleep(BLINK)

    def _announce(self) -> None:
        console = Console(highlight=False)
        base = f"http://{ADDRESS}:{self._port}"
        console.print(f"\nSite         {base}/\nBack office  {base}/admin/\nState        {self._settings.home}\n")
        if self._settings.demo_database:
            console.print(demo_accounts(self._settings))
        console.print(f"Ready: {base}", soft_wrap=True)

    def _stop_everything(self) -> None:
        for part in self._parts:
            if isinstance(part.running, Command):
                part.running.ask_to_stop()
        for part in reversed(self._parts):
            part.running.stop()


def demo_accounts(settings: Settings) -> Table:
    """Return what somebody needs who wants to try the site as each of the roles."""
    password = settings.demo_password.get_secret_value()
    table = Table(title=f"Demo accounts; the password of each is {password}", title_justify="left")
    table.add_column("User name", no_wrap=True)
    table.add_column("What the person does")
    table.add_row("superuser", "May do everything.")
    for name, role in SHIPPED_ROLES.items():
        table.add_row(name, role.description)
    table.add_row("member", "Has an account, but is no staff.")
    return table


async def _has_no_people(settings: Settings) -> bool:
    """Tell whether this is the first start on this database."""
    engine = make_engine(settings)
    try:
        async with engine.connect() as connection:
            return not await connection.scalar(text("SELECT EXISTS (SELECT FROM users)"))
    finally:
        await engine.dispose()


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
