"""What the environment may say, and the sentence for what it may not."""

import pytest

from cms.core.errors import ConfigurationError
from cms.core.settings import Settings

PRODUCTION = {
    "CMS_ENVIRONMENT": "production",
    "CMS_SECRET_KEY": "a key",
    "CMS_DATABASE_URL": "postgresql+asyncpg://db/cms",
    "CMS_REDIS_URL": "redis://redis",
    "CMS_ALLOWED_HOSTS": "www.python.org, python.org",
}


def test_a_name_that_is_no_setting_stops_the_start():
    with pytest.raises(ConfigurationError, match="CMS_DATABSE_URL is not a setting"):
        Settings.load({"CMS_DATABSE_URL": "x"})


def test_settings_for_tests_are_left_alone():
    assert Settings.load({"CMS_TEST_ANYTHING": "x", "CMS_SECRET_KEY": "a key"}).environment == "development"


def test_a_wrong_value_is_named():
    with pytest.raises(ConfigurationError, match="CMS_WORKERS is wrong"):
        Settings.load({"CMS_WORKERS": "many"})


@pytest.mark.parametrize("missing", ["CMS_SECRET_KEY", "CMS_DATABASE_URL", "CMS_REDIS_URL", "CMS_ALLOWED_HOSTS"])
def test_production_names_what_is_missing(missing):
    with pytest.raises(ConfigurationError, match=f"{missing} is missing"):
        Settings.load({name: value for name, value in PRODUCTION.items() if name != missing})


def test_lists_are_written_with_commas():
    assert Settings.load(PRODUCTION).allowed_hosts == ["www.python.org", "python.org"]


def test_a_development_key_is_made_once_and_kept_from_others(tmp_path):
    first = Settings.load({"CMS_HOME": str(tmp_path / "home")})
    second = Settings.load({"CMS_HOME": str(tmp_path / "home")})

    assert first.secret_key == second.secret_key
    assert (tmp_path / "home" / "secret-key").stat().st_mode & 0o777 == 0o600


def test_secrets_are_not_shown():
    assert "a key" not in repr(Settings.load(PRODUCTION))
