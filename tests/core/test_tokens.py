"""Tokens: worth something for one purpose, for some time, and only if we signed them."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from cms.core import tokens
from cms.core.errors import Invalid
from cms.core.settings import Settings

HOUR = timedelta(hours=1)
SETTINGS = Settings(environment="test", secret_key=SecretStr("a key for tests only"))


def read(token, *, purpose="reset", max_age=HOUR, settings=SETTINGS):
    return tokens.read(token, purpose=purpose, max_age=max_age, settings=settings)


@pytest.fixture
def token(clock):
    return tokens.sign({"user": 7, "name": "Zoë"}, purpose="reset", settings=SETTINGS)


def test_what_was_signed_is_read_again(token):
    assert read(token) == {"user": 7, "name": "Zoë"}
    assert all(character.isalnum() or character in "-_." for character in token)


def test_a_token_expires(token, clock):
    clock.move(minutes=60)
    assert read(token)

    clock.move(seconds=1)
    with pytest.raises(Invalid, match="has expired"):
        read(token)


def test_a_token_serves_one_purpose(token):
    with pytest.raises(Invalid, match="not valid"):
        read(token, purpose="preview")


def test_a_token_of_another_key_is_refused(token):
    other = SETTINGS.model_copy(update={"secret_key": SecretStr("another key")})

    with pytest.raises(Invalid, match="not valid"):
        read(token, settings=other)


@pytest.mark.parametrize("broken", ["", ".", "..", "a.b.c", "é", "\x00", "x" * 100_000, "eyJ1Ijo3fQ.x.y", ".eJw.x.y"])
def test_what_is_no_token_is_refused_with_a_sentence(broken):
    with pytest.raises(Invalid, match=r"not valid\."):
        read(broken)


def test_a_changed_token_is_refused(token):
    for position in range(0, len(token) - 1, 3):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]

        with pytest.raises(Invalid):
            read(changed)
