"""What is logged is complete, is JSON in production, and never tells a secret."""

import json
import logging

import pytest
import structlog

from cms.core import logs
from cms.core.settings import Settings
from tests.log_state import restored_logging


@pytest.fixture
def log_lines(capsys):
    """Configure the logs, and return what was logged since; afterwards all is as it was."""

    def configure(environment="production", **settings):
        logs.configure(Settings(environment=environment, **settings))
        return lambda: capsys.readouterr().err.splitlines()

    with restored_logging():
        yield configure


def test_production_logs_json_with_the_number_of_the_request(log_lines):
    lines = log_lines()
    structlog.contextvars.bind_contextvars(request_id="r-1")

    structlog.get_logger("cms.test").info("release published", slug="python-3140")

    (line,) = map(json.loads, lines())
    assert line["event"] == "release published"
    assert line["slug"] == "python-3140"
    assert line["request_id"] == "r-1"
    assert line["level"] == "info"
    assert line["logger"] == "cms.test"
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("name", ["saq", "_granian", "granian.access", "sqlalchemy.pool", "somebody.else"])
def test_loggers_of_libraries_go_the_same_way(log_lines, name):
    lines = log_lines()
    structlog.contextvars.bind_contextvars(request_id="r-2")

    logging.getLogger(name).warning("%s of %s failed", "task", 7)

    (line,) = map(json.loads, lines())
    assert (line["event"], line["logger"], line["request_id"]) == ("task of 7 failed", name, "r-2")


def test_development_logs_for_people(log_lines):
    lines = log_lines("development")

    structlog.get_logger("cms.test").warning("disk nearly full", free="1 GB")

    (line,) = lines()
    assert "disk nearly full" in line
    assert "free='1 GB'" in line
    assert not line.startswith("{")


def test_the_level_is_kept(log_lines):
    lines = log_lines(log_level="warning")

    structlog.get_logger("cms.test").info("too little")
    logging.getLogger("saq").info("too little")
    logging.getLogger("httpx").info("too little")

    assert lines() == []


def test_a_value_with_a_secret_name_is_hidden(log_lines):
    lines = log_lines()

    structlog.get_logger("cms.test").info(
        "sign-in", username="jo", password="hunter2", headers={"Authorization": "Bearer abc", "Accept": "*/*"}
    )

    (line,) = map(json.loads, lines())
    assert line["password"] == "(hidden)"
    assert line["headers"] == {"Authorization": "(hidden)", "Accept": "*/*"}
    assert line["username"] == "jo"


@pytest.mark.parametrize("environment", ["production", "development"])
def test_a_password_in_a_url_is_hidden_also_in_a_traceback(log_lines, environment):
    lines = log_lines(environment)

    try:
        raise ConnectionError("cannot reach postgresql://cms:hunter2@db/cms")
    except ConnectionError:
        logging.getLogger("saq").exception("redis://:hunter2@cache:6379 is gone", extra={"urls": ["a"]})

    text = "\n".join(lines())
    assert "hunter2" not in text
    assert "postgresql://(hidden)@db/cms" in text
    assert "redis://(hidden)@cache:6379" in text
    assert "ConnectionError" in text
