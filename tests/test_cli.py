"""Every command does its work, and answers bad input with a sentence instead of a traceback."""

import asyncio
import hashlib
import json
import re
from pathlib import Path

import asyncpg
import pytest
import redis
from click.testing import CliRunner

from cms.cli import main
from cms.core import embedded
from cms.core.settings import Settings
from tests.log_state import restored_logging

OPERATIONS = Path(__file__).parents[1] / "docs/operations.md"
PASSWORD = "an honest pass phrase"


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Servers of these tests' own: commands commit."""
    home = tmp_path_factory.mktemp("servers")
    started = embedded.start_postgresql(home, durable=False), embedded.start_redis(home, durable=False)
    yield started
    for server in started:
        server.stop()


@pytest.fixture
def cms(servers, tmp_path, monkeypatch):
    """Run a command on a migrated database, as if typed."""
    postgresql, cache = servers
    for name, value in {
        "CMS_HOME": str(tmp_path),
        "CMS_DATABASE_URL": postgresql.url,
        "CMS_REDIS_URL": cache.url,
        "CMS_SITE_URL": "http://127.0.0.1:9",
        "CMS_LOG_LEVEL": "error",
    }.items():
        monkeypatch.setenv(name, value)
    with restored_logging():
        yield lambda *arguments, **options: CliRunner().invoke(main, arguments, **options)


@pytest.fixture
def migrated(cms):
    assert cms("migrate").exit_code == 0
    return cms


def _query(servers, query):
    async def fetched():
        connection = await asyncpg.connect(embedded.sql_url(servers[0]))
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    return [tuple(row) for row in asyncio.run(fetched())]


def _is_a_sentence(text):
    return text.count("\n") == 1 and text[0].isupper() and text.rstrip().endswith(".")


@pytest.mark.parametrize("command", sorted(main.commands))
def test_each_command_says_what_it_does(command):
    result = CliRunner().invoke(main, [command, "--help"])

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {command}")


@pytest.mark.parametrize("command", ["doctor", "migrate", "purge --all", "reindex", "run", "seed", "serve", "worker"])
def test_an_unknown_setting_stops_each_command(cms, monkeypatch, command):
    monkeypatch.setenv("CMS_DATABASE_ULR", "postgresql://misspelt")

    result = cms(*command.split())

    assert result.exit_code == 1
    assert "CMS_DATABASE_ULR is not a setting" in result.stderr
    assert _is_a_sentence(result.stderr)


@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize("missing", ["CMS_DATABASE_URL", "CMS_REDIS_URL"])
def test_a_single_process_wants_to_be_told_its_servers(cms, monkeypatch, command, missing):
    monkeypatch.delenv(missing)

    result = cms(command)

    assert result.exit_code == 1
    assert missing in result.stderr
    assert _is_a_sentence(result.stderr)


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_refused(cms, monkeypatch, port):
    monkeypatch.setenv("PORT", port)

    assert cms("run").exit_code == 2


def test_after_migrate_models_and_database_agree(migrated):
    result = migrated("migrate", "--check")

    assert result.exit_code == 0


def test_migrate_check_tells_that_the_database_lags_behind(migrated, servers):
    _query(servers, "ALTER TABLE boxes ADD COLUMN surprise integer")

    result = migrated("migrate", "--check")
    _query(servers, "ALTER TABLE boxes DROP COLUMN surprise")

    assert result.exit_code == 1
    assert "surprise" in result.stderr


def test_seed_writes_the_roles_and_may_be_repeated(migrated, servers):
    assert migrated("seed").exit_code == 0
    assert migrated("seed").exit_code == 0

    assert _query(servers, "SELECT count(*) FROM roles WHERE name = 'release-manager'") == [(1,)]


def test_seed_writes_demo_content_into_demo_databases_only(migrated, servers):
    result = migrated("seed", "--demo")

    assert result.exit_code == 1
    assert _is_a_sentence(result.stderr)
    assert _query(servers, "SELECT count(*) FROM users WHERE username = 'release-manager'") == [(0,)]


def test_a_superuser_is_created_with_the_password_of_the_environment(migrated, servers, monkeypatch):
    monkeypatch.setenv("CMS_SUPERUSER_PASSWORD", PASSWORD)

    result = migrated("create-superuser", "--username", "ada", "--email", "ada@example.org")

    assert result.exit_code == 0, result.stderr
    ((is_superuser, is_staff, is_active, password),) = _query(
        servers, "SELECT is_superuser, is_staff, is_active, password FROM users WHERE username = 'ada'"
    )
    assert (is_superuser, is_staff, is_active) == (True, True, True)
    assert password.startswith("$argon2id$")
    assert _query(servers, "SELECT actor_name FROM audit_entries WHERE row_label = 'ada'") == [("system",)]


def test_a_superuser_is_created_with_the_password_of_the_standard_input(migrated, servers):
    result = migrated("create-superuser", "--username", "bea", "--email", "bea@example.org", input=f"{PASSWORD}\n")

    assert result.exit_code == 0, result.stderr
    assert PASSWORD not in result.output
    assert _query(servers, "SELECT is_superuser FROM users WHERE username = 'bea'") == [(True,)]


@pytest.mark.parametrize(
    ("username", "password", "says"),
    [
        ("cleo", "", "Give the password"),
        ("cleo", "cleo", "password"),
        ("not a name!", PASSWORD, "user name"),
    ],
)
def test_a_superuser_without_a_good_name_and_password_is_refused(migrated, servers, username, password, says):
    result = migrated("create-superuser", "--username", username, "--email", "c@example.org", input=f"{password}\n")

    assert result.exit_code == 1
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert _query(servers, "SELECT count(*) FROM users WHERE email = 'c@example.org'") == [(0,)]


def test_a_password_is_never_an_argument():
    (command,) = [command for name, command in main.commands.items() if name == "create-superuser"]

    assert {parameter.name for parameter in command.params} == {"username", "email"}


def test_purge_tells_the_page_caches_which_pages_to_forget(migrated, servers):
    with redis.Redis.from_url(servers[1].url).pubsub() as channel:
        channel.subscribe("cms:purge")
        assert channel.get_message(timeout=5)["type"] == "subscribe"

        result = migrated("purge", "downloads", "pages/7")

        assert result.exit_code == 0, result.stderr
        assert json.loads(channel.get_message(timeout=5)["data"]) == ["downloads", "pages/7"]


@pytest.mark.parametrize("arguments", [[], ["--all", "downloads"]])
def test_purge_wants_to_be_told_what(cms, arguments):
    result = cms("purge", *arguments)

    assert result.exit_code == 2
    assert "Name at least one key, or --all." in result.stderr


def test_purge_says_when_redis_is_away(migrated, monkeypatch, tmp_path):
    monkeypatch.setenv("CMS_REDIS_URL", f"unix://{tmp_path}/nowhere.sock")

    result = migrated("purge", "--all")

    assert result.exit_code == 1
    assert "does not answer" in result.stderr
    assert _is_a_sentence(result.stderr)


def test_reindex_counts_the_documents(migrated):
    result = migrated("reindex")

    assert result.exit_code == 0, result.stderr
    assert re.search(r"^releases: [\d,]+ documents\.$", result.stdout, re.MULTILINE)


def test_reindex_refuses_an_index_that_there_is_not(migrated):
    result = migrated("reindex", "nonsense")

    assert result.exit_code == 1
    assert "nonsense" in result.stderr


def test_import_django_says_when_the_source_is_away(migrated):
    result = migrated("import-django", "postgresql://nobody@127.0.0.1:9/old")

    assert result.exit_code == 1
    assert "Traceback" not in result.stderr


def test_doctor_names_what_is_amiss(migrated):
    result = migrated("doctor")

    assert result.exit_code == 1
    assert "does not answer" in " ".join(result.stdout.split())


def test_commands_bring_servers_where_no_urls_are_set(cms, monkeypatch, tmp_path):
    monkeypatch.delenv("CMS_DATABASE_URL")
    monkeypatch.delenv("CMS_REDIS_URL")

    result = cms("migrate")

    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "postgresql/PG_VERSION").exists()
    assert not (tmp_path / "postgresql/postmaster.pid").exists()


def test_the_handbook_names_every_command_and_every_setting():
    text = OPERATIONS.read_text()

    missing_commands = [name for name in main.commands if f"`cms {name}`" not in text]
    missing_settings = [name for name in Settings.model_fields if f"`CMS_{name.upper()}`" not in text]
    unknown_settings = set(re.findall(r"`CMS_([A-Z0-9_]+)`", text)) - {name.upper() for name in Settings.model_fields}

    assert missing_commands == []
    assert missing_settings == []
    assert unknown_settings == {"SUPERUSER_PASSWORD"}


def test_an_api_key_is_printed_alone_and_works(migrated, servers):
    made = migrated("create-superuser", "--username", "dora", "--email", "dora@example.org", input=f"{PASSWORD}\n")
    assert made.exit_code == 0, made.stderr

    result = migrated("api-key", "create", "dora", "--name", "release script", "--scope", "downloads:edit")

    assert result.exit_code == 0, result.stderr
    key = result.stdout.strip()
    assert result.stdout == f"{key}\n"
    ((name, scopes, key_hash),) = _query(servers, "SELECT name, scopes::text, key_hash FROM api_keys")
    assert (name, scopes) == ("release script", '["downloads:edit"]')
    assert key_hash == hashlib.sha256(key.encode()).hexdigest()


def test_an_api_key_is_for_somebody_who_exists(migrated):
    result = migrated("api-key", "create", "nobody-of-this-name")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "nobody-of-this-name" in result.stderr
