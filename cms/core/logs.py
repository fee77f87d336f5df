"""How every process logs: one line an event, for people while developing and as JSON in production.

What the standard library, SAQ and Granian log goes the same way. A request's number is bound to the context by
whoever accepts the request or runs the task, and stands in each line that follows from it.
"""

import logging
import logging.config
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from cms.core.redaction import shown
from cms.core.settings import Settings

QUIET_LOGGERS = ("alembic", "asyncio", "httpcore", "httpx", "PIL", "saq")
"""Loggers whose information is of use to their own authors; their warnings are of use to all."""


def configure(settings: Settings) -> None:
    """Send everything that this process logs to stderr; call it once, before anything is logged."""
    logging.config.dictConfig(dict_config(settings))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_gathered(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def dict_config(settings: Settings) -> dict[str, Any]:
    """Return the configuration in the standard library's form, for servers that want to apply it themselves."""
    level = settings.log_level.upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _gathered(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *_rendered(settings),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Granian gives these two handlers of their own unless they are named here.
            "_granian": {"handlers": [], "level": level, "propagate": True},
            "granian.access": {"handlers": [], "level": level, "propagate": True},
            **{name: {"level": "WARNING"} for name in QUIET_LOGGERS},
        },
    }


def _gathered() -> list[Processor]:
    """Return what completes an event, whoever logged it."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _rendered(settings: Settings) -> list[Processor]:
    """Return what makes a line of an event; secrets go last, so that none arrives by way of a traceback."""
    if settings.is_production:
        return [
            structlog.processors.format_exc_info,
            _without_secrets,
            structlog.processors.JSONRenderer(),
        ]
    colors = sys.stderr.isatty()
    return [
        structlog.processors.format_exc_info,
        _without_secrets,
        structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback),
    ]


def _without_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: shown(name, value) for name, value in event.items()}
