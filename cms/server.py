"""`cms serve`: Granian, with as many processes as the settings say, in front of the site and the back office."""

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from cms.core import logs
from cms.core.settings import Settings

APPLICATION = "public_site.asgi:create"
"""Named, not imported: the domain knows no face."""

SECONDS_TO_FINISH = 6
"""How long requests that have begun may take after the end was asked for."""

LARGEST_HEAD = 64 * 1024
"""Bytes of the line of a request with all its headers, which no browser needs by far; more is answered 431."""


def serve(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Serve until SIGINT or SIGTERM; a process that dies is replaced."""
    logs.configure(settings)
    Granian(
        APPLICATION,
        factory=True,
        interface=Interfaces.ASGI,
        address=host,
        port=port,
        workers=workers,
        workers_kill_timeout=SECONDS_TO_FINISH,
        respawn_failed_workers=True,
        websockets=False,
        http1_settings=HTTP1Settings(max_buffer_size=LARGEST_HEAD),
        log_level=LogLevels(settings.log_level),
        log_dictconfig=logs.dict_config(settings),
    ).serve()
