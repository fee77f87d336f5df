"""The settings that this process runs with, and where each comes from; what is secret is only said to be set."""

import os
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from admin.authorization import require_somewhere
from admin.operations.tabs import show_tab
from admin.requests import resources_of
from cms.core.permissions import Permission
from cms.core.redaction import HIDDEN, SECRET_NAME, without_secrets
from cms.core.settings import PREFIX, Settings

NOT_SET = "not set"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it may be shown."""

    variable: str
    value: str
    source: str


async def show_settings(request: Request) -> Response:
    """Show every setting there is."""
    require_somewhere(request, Permission.OPERATIONS_VIEW)
    return await show_tab(request, "settings", {"settings": settings_in_force(resources_of(request).settings)})


def settings_in_force(settings: Settings) -> list[Setting]:
    """Return every setting with its value, without any secret, and its source."""
    return [
        Setting(PREFIX + name.upper(), _shown(name, getattr(settings, name)), _source(settings, name))
        for name in Settings.model_fields
    ]


def _shown(name: str, value: Any) -> str:
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else NOT_SET
    if value is None or value == []:
        return NOT_SET
    if "key" in name or SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, bool):
        return "yes" if value else "no"
    return without_secrets(", ".join(value) if isinstance(value, list) else str(value))


def _source(settings: Settings, name: str) -> str:
    if PREFIX + name.upper() in os.environ:
        return "environment"
    default = Settings.model_fields[name].get_default(call_default_factory=True, validated_data={})
    return "default" if getattr(settings, name) == default else "made at the start"
