"""The one place that knows what time it is, so that tests can stop it."""

from datetime import UTC, datetime

FIRST_YEAR, LAST_YEAR = 1900, 2999
NO_SUCH_YEAR = "This year cannot be meant."


def now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return _read()


def can_be_meant(moment: datetime) -> bool:
    """Return whether somebody may have meant this moment; the database takes the very first and last ones for none."""
    return FIRST_YEAR <= moment.year <= LAST_YEAR


def _read() -> datetime:
    """Read the clock of the machine; whoever holds `now`, such as a column's default, is stopped with this, too."""
    return datetime.now(UTC)
