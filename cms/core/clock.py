"""The one place that knows what time it is, so that tests can stop it."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return _read()


def _read() -> datetime:
    """Read the clock of the machine; whoever holds `now`, such as a column's default, is stopped with this, too."""
    return datetime.now(UTC)
