"""Starting a program that serves, and waiting until it does; or running one that does its work and ends."""

import os
import pwd
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from cms.core.errors import Unavailable

START_PATIENCE = 30.0
"""Seconds that a server may take to answer after its start, which may have to repair what a crash left."""


def run_tool(*command: str, account: pwd.struct_passwd | None = None) -> str:
    """Run a program to its end and return what it printed. Raises Unavailable with what it complained about."""
    done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - our callers write the command.
        command, check=False, capture_output=True, text=True, **_as_account(account)
    )
    if done.returncode:
        raise Unavailable(f"{Path(command[0]).name} failed: {done.stderr.strip()}")
    return done.stdout


def launch(
    command: Sequence[str],
    *,
    log: Path,
    answers: Callable[[subprocess.Popen[bytes]], bool],
    account: pwd.struct_passwd | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own: Ctrl-C reaches only us, and we end it in the right order.

    Raises Unavailable with the end of its log where it does not answer in time.
    """
    with log.open("ab") as output:
        start_of_log = output.tell()
        child = _spawn(command, output, account)
    deadline = time.monotonic() + START_PATIENCE
    while not answers(child):
        if child.poll() is not None or time.monotonic() > deadline:
            child.kill()
            child.wait()
            said = log.read_bytes()[start_of_log:].decode(errors="replace").strip()
            raise Unavailable(f"{Path(command[0]).name} did not start; {log} says: {said[-1000:]}")
        time.sleep(0.02)
    return child


def _spawn(command: Sequence[str], output: IO[bytes], account: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our callers write the command.
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **_as_account(account),
    )


def _as_account(account: pwd.struct_passwd | None) -> Mapping[str, Any]:
    """Return what subprocess needs to run a program as `account`, and not misled by variables like PGHOST."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    options: dict[str, Any] = {"cwd": "/", "env": environment}
    if account is not None:
        options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return options
