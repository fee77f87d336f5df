"""The embedded servers start, keep what they are given, and come back after whatever happens to them."""

import asyncio
import gzip
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis

from cms.core import embedded
from cms.core.errors import ConfigurationError, Unavailable

OLD_SITE = Path(__file__).parents[3] / "shared/reference/data/old-site.sql.gz"

START_AS_SOMEBODY_ELSE = """
import os, sys
from pathlib import Path
import psutil
from cms.core import embedded
account, home = int(sys.argv[1]), Path(sys.argv[2])
# As root first, which imports all that is needed: the interpreter may lie where nobody else can read.
for start in (embedded.start_postgresql, embedded.start_redis):
    start(home.parent / "var", durable=False).stop()
os.setgroups([])
os.setgid(account)
os.setuid(account)
servers = [embedded.start_postgresql(home, durable=False), embedded.start_redis(home)]
print(*(psutil.Process(server.pid).username() for server in servers))
for server in servers:
    server.stop()
"""


@pytest.fixture
def home(tmp_path):
    yield tmp_path / "var"
    for name in ("postgresql", "redis"):
        _end_what_runs_on(tmp_path / "var" / name)


def _end_what_runs_on(folder: Path) -> None:
    for process in psutil.process_iter():
        try:
            if str(folder.parent) in " ".join(process.cmdline()):
                process.kill()
                process.wait(10)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue


async def _database_answers(server: embedded.Server, query: str = "SELECT 1", *, database: str = "cms") -> object:
    connection = await asyncpg.connect(embedded.sql_url(server, database=database))
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def _redis_do(server: embedded.Server, *command: str) -> object:
    client = redis.Redis.from_url(server.url, decode_responses=True)
    try:
        return client.execute_command(*command)
    finally:
        client.close()


async def test_postgresql_is_created_started_and_stopped(home):
    server = embedded.start_postgresql(home, durable=False)

    assert await _database_answers(server, "SELECT current_database()") == "cms"
    assert (await _database_answers(server, "SHOW server_version")).startswith("18.")

    server.stop()

    assert not server.is_running()
    assert not psutil.pid_exists(server.pid)


async def test_it_knows_letters_of_all_languages(home):
    server = embedded.start_postgresql(home, durable=False)

    assert await _database_answers(server, "SELECT lower('ÄŽΩ')") == "äžω"

    server.stop()


async def test_a_second_start_goes_on_with_the_data_of_the_first(home):
    postgresql, cache = embedded.start_postgresql(home, durable=False), embedded.start_redis(home)
    await _database_answers(postgresql, "CREATE TABLE kept AS SELECT 42 AS answer")
    _redis_do(cache, "SET", "kept", "42")
    postgresql.stop()
    cache.stop()

    postgresql, cache = embedded.start_postgresql(home, durable=False), embedded.start_redis(home)

    assert await _database_answers(postgresql, "SELECT answer FROM kept") == 42
    assert _redis_do(cache, "GET", "kept") == "42"
    postgresql.stop()
    cache.stop()


async def test_what_runs_already_is_not_started_again(home):
    first = embedded.start_postgresql(home, durable=False), embedded.start_redis(home)

    second = embedded.start_postgresql(home, durable=False), embedded.start_redis(home)

    assert [server.started for server in first] == [True, True]
    assert [server.started for server in second] == [False, False]
    assert [server.pid for server in second] == [server.pid for server in first]
    assert [server.url for server in second] == [server.url for server in first]
    for server in second:
        server.stop()
    assert [server.is_running() for server in first] == [False, False]


def test_stopping_twice_is_no_error(home):
    server = embedded.start_redis(home)

    server.stop()
    server.stop()

    assert not server.is_running()


async def test_servers_that_were_killed_start_again(home):
    postgresql, cache = embedded.start_postgresql(home, durable=False), embedded.start_redis(home)
    await _database_answers(postgresql, "CREATE TABLE kept AS SELECT 42 AS answer")
    _redis_do(cache, "SET", "kept", "42")
    connection = await asyncpg.connect(embedded.sql_url(postgresql))
    for server in (postgresql, cache):
        process = psutil.Process(server.pid)
        process.kill()
        process.wait(10)

    again = embedded.start_postgresql(home, durable=False), embedded.start_redis(home)

    assert [server.started for server in again] == [True, True]
    assert await _database_answers(again[0], "SELECT answer FROM kept") == 42
    assert _redis_do(again[1], "GET", "kept") == "42"
    connection.terminate()
    for server in (*again, postgresql, cache):
        server.stop()


async def test_a_pid_file_that_names_a_stranger_is_ignored(home):
    postgresql = embedded.start_postgresql(home, durable=False)
    pid_file = home / "postgresql/postmaster.pid"
    lines = pid_file.read_text().split("\n")
    postgresql.stop()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    shutil.chown(pid_file, (home / "postgresql").owner())

    again = embedded.start_postgresql(home, durable=False)

    assert await _database_answers(again) == 1
    again.stop()


def test_a_cluster_left_half_made_is_made_anew(home):
    (home / "postgresql.unfinished").mkdir(parents=True)
    (home / "postgresql.unfinished/PG_VERSION").write_text("18")

    server = embedded.start_postgresql(home, durable=False)

    assert server.is_running()
    server.stop()


async def test_a_long_home_has_its_sockets_elsewhere(tmp_path):
    home = tmp_path / ("long-" * 10) / ("longer-" * 10)

    servers = [embedded.start_postgresql(home, durable=False), embedded.start_redis(home)]

    assert await _database_answers(servers[0]) == 1
    assert _redis_do(servers[1], "PING") is True
    for server in servers:
        server.stop()
    shutil.rmtree(embedded.socket_folder(home))


@pytest.mark.parametrize("name", ["it's a home", "home, sweet home"])
async def test_a_home_with_an_odd_name_works(tmp_path, name):
    home = tmp_path / name

    servers = [embedded.start_postgresql(home, durable=False), embedded.start_redis(home)]

    assert await _database_answers(servers[0]) == 1
    assert _redis_do(servers[1], "PING") is True
    for server in servers:
        server.stop()


def test_nobody_else_may_enter_the_folder_of_the_sockets(home):
    server = embedded.start_redis(home)

    assert embedded.socket_folder(home).stat().st_mode & 0o077 == 0

    server.stop()


def test_a_server_that_cannot_start_says_why(home):
    embedded.start_postgresql(home, durable=False).stop()
    (home / "postgresql/global/pg_control").unlink()

    with pytest.raises(Unavailable, match="pg_control"):
        embedded.start_postgresql(home, durable=False)


def test_without_the_wheels_the_setting_to_make_is_named(home, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ConfigurationError, match="CMS_DATABASE_URL"):
        embedded.postgresql_programs()
    with pytest.raises(ConfigurationError, match="CMS_REDIS_URL"):
        embedded.start_redis(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can become somebody else.")
def test_an_ordinary_user_can_start_them_too(tmp_path):
    account = pwd.getpwnam("nobody")
    home = tmp_path / "home of an ordinary user"
    home.mkdir()
    os.chown(home, account.pw_uid, account.pw_gid)
    for folder in home.parents:
        folder.chmod(folder.stat().st_mode | 0o001)

    done = subprocess.run(
        [sys.executable, "-c", START_AS_SOMEBODY_ELSE, str(account.pw_uid), str(home)],
        capture_output=True,
        text=True,
    )

    assert done.stderr == ""
    assert done.stdout.split() == ["nobody", "nobody"]


@pytest.mark.skipif(not OLD_SITE.exists(), reason="The dump of the old site does not lie beside this checkout.")
async def test_a_dump_can_be_restored_into_a_second_database(home):
    server = embedded.start_postgresql(home, durable=False)
    await _database_answers(server, "CREATE DATABASE old_site")

    restored = await asyncio.to_thread(_restore, OLD_SITE, embedded.sql_url(server, database="old_site"))

    assert restored.stderr == b""
    assert await _database_answers(server, "SELECT count(*) FROM pages_page", database="old_site") > 0
    server.stop()


def _restore(dump: Path, url: str) -> subprocess.CompletedProcess[bytes]:
    psql = embedded.postgresql_programs() / "psql"
    return subprocess.run(
        [psql, "--quiet", "--set=ON_ERROR_STOP=1", url],
        input=gzip.decompress(dump.read_bytes()),
        capture_output=True,
    )
