"""A whole installation to measure: servers from wheels, the demo content, one process of the site, and the worker."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from cms.core import embedded
from cms.core.settings import Settings

PATIENCE = 60.0
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class Installation:
    home: Path
    environment: Mapping[str, str]
    settings: Settings
    url: str


@contextmanager
def installation(home: Path) -> Iterator[Installation]:
    """Set up everything but the site and the worker themselves."""
    servers = [embedded.start_postgresql(home), embedded.start_redis(home)]
    try:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CMS_")},
            "PORT": str(port),
            "CMS_HOME": str(home),
            "CMS_SITE_URL": url,
            "CMS_DATABASE_URL": servers[0].url,
            "CMS_REDIS_URL": servers[1].url,
            "CMS_DEMO_DATABASE": "true",
            "CMS_SECRET_KEY": "a key for measuring only",
        }
        for command in (["migrate"], ["seed", "--demo"]):
            subprocess.run(cms(*command), env=environment, check=True, stdout=subprocess.DEVNULL)
        settings = Settings.load({name: value for name, value in environment.items() if name.startswith("CMS_")})
        yield Installation(home=home, environment=environment, settings=settings, url=url)
    finally:
        for server in reversed(servers):
            server.stop()


def cms(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cms.cli", *arguments]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def process(
    command: Sequence[str], *, environment: Mapping[str, str], log: Path, answers: str | None = None
) -> Iterator[psutil.Process]:
    """Run a command until the end of the block, once it answers at the address if one is given."""
    with log.open("ab") as output:
        child = subprocess.Popen(command, env=dict(environment), stdout=output, stderr=output, start_new_session=True)
    running = psutil.Process(child.pid)
    try:
        if answers is not None:
            wait_for(answers, child)
        yield running
    finally:
        family = [running, *_children(running)]
        child.terminate()
        _, alive = psutil.wait_procs(family, timeout=15)
        for survivor in alive:
            survivor.kill()
        child.wait()


def wait_for(url: str, child: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and child.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=5).is_success:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{url} did not answer; see the log beside the home.")


@contextmanager
def site(place: Installation) -> Iterator[psutil.Process]:
    command = cms("serve", "--workers", "1")
    with process(
        command, environment=place.environment, log=place.home / "log" / "site.log", answers=f"{place.url}/health/ready"
    ) as running:
        yield running


@contextmanager
def worker(place: Installation) -> Iterator[psutil.Process]:
    with process(cms("worker"), environment=place.environment, log=place.home / "log" / "worker.log") as running:
        yield running


def sign_in(place: Installation, username: str) -> httpx.Client:
    """Return a browser in which a demo account is signed in."""
    client = httpx.Client(base_url=place.url, timeout=60, follow_redirects=True, headers=FROM_HERE)
    form = client.get("/accounts/login/", params={"next": "/admin/"})
    token = form.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    password = place.settings.demo_password.get_secret_value()
    answer = client.post(form.url, data={"username": username, "password": password, "csrf_token": token})
    if "/admin/" not in str(answer.url):
        raise RuntimeError(f"{username} could not sign in: {answer.status_code} {answer.url}.")
    return client


def _children(running: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return list(running.children(recursive=True))
    return []
