"""How the modern API refuses: the errors that only it has, and what it makes of those of the database."""

from typing import Any

from litestar import Request, Response
from litestar.datastructures import State
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from cms.core.errors import CMSError, Conflict, Invalid
from cms.core.integrity import explained
from public_site.errors import answer_error

CHANGED_MEANWHILE = "Somebody else has just changed this; read it again, and repeat your change."


class BadRequest(Invalid):
    """The request cannot be understood; `errors` maps names of parameters or members to sentences."""

    status_code = 400


class PreconditionRequired(CMSError):
    """The request does not say which state of the row it is about."""

    status_code = 428


class PreconditionFailed(CMSError):
    """The row is no longer in the state that the request is about."""

    status_code = 412


def answer_refusal(request: Request[Any, Any, State], error: Exception) -> Response[Any]:
    """Answer an error of a modern path; what the database refuses is told like what we refuse ourselves."""
    if isinstance(error, IntegrityError):
        return answer_error(request, explained(error))
    if isinstance(error, StaleDataError):
        return answer_error(request, Conflict(CHANGED_MEANWHILE))
    if isinstance(error, DataError):
        return answer_error(request, Invalid("The database cannot hold one of these values."))
    return answer_error(request, error)
