"""What the middlewares outside the back office put into a request, with its types."""

from typing import TYPE_CHECKING, cast

from starlette.requests import Request

from cms.core.errors import PermissionDenied
from cms.core.resources import Resources
from cms.users.models import User, UserSession

if TYPE_CHECKING:
    from admin.back_office import BackOffice  # The back office imports the pages, which import this module.

LONGEST_NUMBER = 19
"""Digits at which a number may be more than PostgreSQL's largest."""


def user_of(request: Request) -> User:
    """Return who is signed in; the staff check has let nobody else through."""
    user = request.scope.get("state", {}).get("user")
    if not isinstance(user, User):
        raise PermissionDenied("Sign in to use the back office.")
    return user


def session_of(request: Request) -> UserSession:
    """Return the session that the person is signed in with."""
    signed_in = request.scope.get("state", {}).get("user_session")
    if not isinstance(signed_in, UserSession):
        raise PermissionDenied("Sign in to use the back office.")
    return signed_in


def resources_of(request: Request) -> Resources:
    return office_of(request).resources


def office_of(request: Request) -> "BackOffice":
    return cast("BackOffice", request.app.state.office)


def request_id_of(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


def number_in(request: Request, name: str) -> int | None:
    """Return the number that the address gives, None for anything that the database could not count to."""
    given = request.query_params.get(name, "")
    return int(given) if given.isdecimal() and given.isascii() and len(given) < LONGEST_NUMBER else None


def csrf_token_of(request: Request) -> str:
    return str(request.scope.get("state", {}).get("csrf_token", ""))
