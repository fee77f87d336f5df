"""The query of a request as the old programs read it: in its order, with every name that came."""

from urllib.parse import parse_qsl

from litestar.exceptions import ClientException
from litestar.types import Scope

MOST_FIELDS = 1000

Query = list[tuple[str, str]]


def query_of(scope: Scope) -> Query:
    """Return names and values, blank ones too; what is no UTF-8 is replaced."""
    return pairs_of(scope["query_string"])


def pairs_of(encoded: bytes) -> Query:
    """Return the names and values of a query or a form. Raises ClientException where there are too many."""
    text = encoded.decode("utf-8", "replace")
    try:
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        message = f"More than {MOST_FIELDS} fields were sent."
        raise ClientException(message) from error
