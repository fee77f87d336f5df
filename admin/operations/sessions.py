"""Who is signed in from where, and the levers to sign a browser or a person out."""

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin.authorization import require_somewhere
from admin.base import row_key
from admin.operations.tabs import Done, show_tab
from admin.requests import resources_of, session_of, user_of
from cms.core import audit, clock
from cms.core.errors import NotFound, PermissionDenied
from cms.core.permissions import Permission, allows
from cms.users import services, sessions
from cms.users.models import User, UserSession

SHOWN = 100


async def show_sessions(request: Request) -> Response:
    """Show who is signed in, the latest used session first."""
    user = require_somewhere(request, Permission.OPERATIONS_VIEW)
    search = request.query_params.get("search", "").strip().replace("\0", "")
    who = request.query_params.get("who", "")
    statement = select(UserSession).join(UserSession.user).where(UserSession.expires_at > clock.now())
    if search:
        statement = statement.where(
            or_(func.lower(User.username).contains(search.lower(), autoescape=True), UserSession.address == search)
        )
    if who == "staff":
        statement = statement.where(or_(User.is_staff, User.is_superuser))
    shown = statement.options(contains_eager(UserSession.user)).order_by(UserSession.last_seen_at.desc())
    async with resources_of(request).sessionmaker() as session:
        found = (await session.scalars(shown.limit(SHOWN))).all()
        total = await session.scalar(statement.with_only_columns(func.count()))
    context = {
        "sessions": found,
        "total": total,
        "asked": {"search": search, "who": who},
        "own_id": session_of(request).id,
        "may_end": may_end_sessions(user),
    }
    return await show_tab(request, "sessions", context)


def may_end_sessions(user: User) -> bool:
    """Return whether the person may sign others out."""
    return allows(user, Permission.OPERATIONS_RUN) or allows(user, Permission.USERS_EDIT)


def require_to_end(request: Request) -> User:
    """Return the person if they may sign others out. Raises PermissionDenied."""
    user = user_of(request)
    if not may_end_sessions(user):
        raise PermissionDenied("Your roles do not let you sign others out.")
    return user


async def end_session(session: AsyncSession, posted: FormData, *, by: User) -> Done:
    """Sign one browser out."""
    number = row_key(str(posted.get("session", "")))
    found = await session.get(UserSession, number)
    person = await session.get(User, found.user_id) if found else None
    if person is None:
        raise NotFound("This session has ended already.")
    await _require_authority(session, person, by=by)
    await sessions.end_one(session, person, number)
    audit.record(session, person, action="end session")
    return Done(f"“{person}” was signed out of that browser.", "sessions")


async def end_sessions(session: AsyncSession, posted: FormData, *, by: User) -> Done:
    """Sign a person out everywhere."""
    person = await session.get(User, row_key(str(posted.get("user", ""))))
    if person is None:
        raise NotFound("There is no such user.")
    await _require_authority(session, person, by=by)
    await services.end_sessions(session, person)
    return Done(f"“{person}” was signed out everywhere.", "sessions")


async def _require_authority(session: AsyncSession, person: User, *, by: User) -> None:
    """Let whoever runs the system sign out anybody, and whoever looks after accounts those within their authority."""
    if not allows(by, Permission.OPERATIONS_RUN):
        await services.require_authority(session, person, by=by)
