"""What the environment says: read once from CMS_* variables, and refused with a sentence where it is wrong."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, IPvAnyNetwork, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cms.core.errors import ConfigurationError

PREFIX = "CMS_"
TEST_PREFIX = "CMS_TEST_"
COMMAND_VARIABLES = frozenset({"CMS_SUPERUSER_PASSWORD"})
MEBIBYTE = 1024 * 1024

CommaSeparated = Annotated[list[str], NoDecode]
Rate = Annotated[str, Field(pattern=r"^[1-9]\d*/(second|minute|hour|day)$")]
"""How many requests in how long, such as "600/hour"."""


class Settings(BaseSettings):
    """Every setting there is. Sizes are in bytes, durations in seconds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    environment: Literal["development", "test", "production"] = "development"
    home: Path = Path("var")
    secret_key: SecretStr = SecretStr("")
    site_url: str = "http://127.0.0.1:8000"
    allowed_hosts: CommaSeparated = Field(default_factory=list)
    trusted_proxies: CommaSeparated = Field(default_factory=list)

    database_url: str | None = None
    database_pool_size: int = Field(default=10, ge=1)
    redis_url: str | None = None
    demo_database: bool = False
    demo_password: SecretStr = SecretStr("python-demo")

    meilisearch_url: str | None = None
    meilisearch_key: SecretStr | None = None

    s3_endpoint_url: str | None = None
    s3_bucket: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key_id: str | None = None
    s3_secret_access_key: SecretStr | None = None
    s3_public_url: str | None = None

    fastly_api_key: SecretStr | None = None
    fastly_service_id: str | None = None
    fastly_api_url: str = "https://api.fastly.com"

    release_cycle_url: str = "https://peps.python.org/api/release-cycle.json"
    release_files_url: str = "https://www.python.org/ftp/"
    fetch_from_networks: Annotated[list[IPvAnyNetwork], NoDecode] = Field(default_factory=list)

    smtp_url: SecretStr | None = None
    mail_from: str = "python.org <noreply@python.org>"
    release_announcements_to: CommaSeparated = Field(default_factory=list)

    api_v1_rate: Rate = "600/hour"
    api_v2_guest_rate: Rate = "100/day"
    api_v2_key_rate: Rate = "3000/day"

    page_cache_bytes: int = Field(default=64 * MEBIBYTE, ge=0)
    workers: int = Field(default=2, ge=1)
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings from the environment.

        Raises ConfigurationError, naming the variable, for an unknown name, a wrong value or one that is missing.
        """
        variables = os.environ if environment is None else environment
        _refuse_unknown_names(variables, set(cls.model_fields))
        try:
            settings = cls() if environment is None else cls.model_validate(_fields_from(environment))
        except ValidationError as error:
            raise ConfigurationError(_sentence(error)) from None
        return settings.completed()

    @field_validator(
        "allowed_hosts", "trusted_proxies", "fetch_from_networks", "release_announcements_to", mode="before"
    )
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("release_files_url")
    @classmethod
    def _with_slash(cls, value: str) -> str:
        return f"{value.rstrip('/')}/" if value else ""

    @field_validator("site_url", "fastly_api_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    def completed(self) -> Self:
        """Return these settings with a secret key; production has to name its own."""
        if self.is_production:
            self._refuse_wrong_production()
        if self.secret_key.get_secret_value():
            return self
        return self.model_copy(update={"secret_key": SecretStr(_local_secret_key(self.home))})

    def _refuse_wrong_production(self) -> None:
        for name in ("secret_key", "database_url", "redis_url", "allowed_hosts"):
            value = getattr(self, name)
            if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                message = f"{PREFIX}{name.upper()} is missing; production needs it."
                raise ConfigurationError(message)
        if self.fetch_from_networks:
            message = f"{PREFIX}FETCH_FROM_NETWORKS is for development; production fetches from public addresses only."
            raise ConfigurationError(message)


def _refuse_unknown_names(variables: Mapping[str, str], fields: set[str]) -> None:
    known = {PREFIX + name.upper() for name in fields} | COMMAND_VARIABLES
    for name in sorted(variables):
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) and name not in known:
            message = f"{name} is not a setting of this program; see docs/operations.md for those there are."
            raise ConfigurationError(message)


def _fields_from(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) and name not in COMMAND_VARIABLES
    }


def _sentence(error: ValidationError) -> str:
    return " ".join(
        f"{PREFIX}{'_'.join(str(part) for part in found['loc']).upper()} is wrong: {found['msg']}."
        for found in error.errors()
    )


def _local_secret_key(home: Path) -> str:
    """Return the key kept under `home`, made on first use, so that a restart keeps people signed in."""
    path = home / "secret-key"
    try:
        return path.read_text()
    except FileNotFoundError:
        home.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass  # Another process of the same start was quicker; its key counts.
    return path.read_text()
