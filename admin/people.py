"""For those who look after accounts: sessions, passwords, the role matrix, and the back office as a role sees it."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin.authorization import require_somewhere
from admin.base import row_key
from admin.forms import read_form
from admin.rendering import go_to, render
from admin.requests import resources_of, session_of, user_of
from admin.urls import url_to
from admin.why import AREAS, answers_about
from cms.core.errors import NotFound
from cms.core.permissions import Permission, allows
from cms.users import api_keys, password_changes, passwords, queries, services, sessions, viewing
from cms.users.models import Role, RoleAssignment, User


async def about(session: AsyncSession, request: Request, person: User) -> dict[str, Any]:
    """Return what a person's page shows besides the form: what is open to them and why, and their sessions."""
    by = user_of(request)
    usable_keys = await api_keys.number_of_usable(session, person) if by.is_superuser else None
    return {
        "usable_keys": usable_keys,
        "areas": AREAS,
        "answers": await answers_about(session, person),
        "sessions": await sessions.list_of(session, person),
        "has_password": passwords.is_usable(person.password),
        "may_edit_users": allows(by, Permission.USERS_EDIT) and (by.is_superuser or not person.is_superuser),
    }


async def end_session(request: Request) -> Response:
    """Sign a person out of one browser, or of all."""
    by = require_somewhere(request, Permission.USERS_EDIT)
    posted = await read_form(request)
    async with resources_of(request).sessionmaker() as session:
        person = await _changeable_person(session, request.path_params["pk"], by=by)
        chosen = str(posted.get("session", ""))
        if chosen == "all":
            await services.end_sessions(session, person)
        else:
            await sessions.end_one(session, person, row_key(chosen))
        await session.commit()
    told = f"“{person}” was signed out{' everywhere' if chosen == 'all' else ' of that browser'}."
    return go_to(request, url_to("edit", identity="users", pk=person.id), saying=told)


async def set_password(request: Request) -> Response:
    """Give an account a new password; every session of the person ends."""
    by = require_somewhere(request, Permission.USERS_EDIT)
    posted = await read_form(request)
    password = str(posted.get("new_password", ""))
    async with resources_of(request).sessionmaker() as session:
        person = await _changeable_person(session, request.path_params["pk"], by=by)
        await password_changes.set_password(session, person, new=password, by=by)
        await session.commit()
    told = f"“{person}” has a new password and was signed out everywhere. Tell it to them in person."
    return go_to(request, url_to("edit", identity="users", pk=person.id), saying=told)


async def invite(request: Request) -> Response:
    """Have somebody sent a link to choose their first password."""
    by = require_somewhere(request, Permission.USERS_EDIT)
    async with resources_of(request).sessionmaker() as session:
        person = await _changeable_person(session, request.path_params["pk"], by=by)
        await password_changes.invite(session, person, by=by)
        await session.commit()
    told = f"“{person}” is sent a link to {person.email}, by which to choose a password within a week."
    return go_to(request, url_to("edit", identity="users", pk=person.id), saying=told)


async def view_as(request: Request) -> Response:
    """Show a superuser the back office as a role sees it, from now on."""
    by = user_of(request)
    async with resources_of(request).sessionmaker() as session:
        role = await session.get(Role, row_key(request.path_params["pk"]))
        if role is None:
            raise NotFound("There is no such role.")
        await viewing.start_viewing(session, session_of(request), role, by=by)
        await session.commit()
    return go_to(request, url_to("index"), saying=f"You see the back office as “{role}” sees it; nothing is changed.")


async def stop_viewing(request: Request) -> Response:
    """Give the person their own view back."""
    async with resources_of(request).sessionmaker() as session:
        await viewing.stop_viewing(session, session_of(request))
        await session.commit()
    return go_to(request, url_to("index"), saying="You see the back office as yourself again.")


async def role_matrix(request: Request) -> Response:
    """Show which role holds which permission, and how many people hold the role."""
    require_somewhere(request, Permission.ROLES_EDIT)
    async with resources_of(request).sessionmaker() as session:
        roles = (await session.scalars(queries.roles())).all()
        counted = await session.execute(select(RoleAssignment.role_id, func.count()).group_by(RoleAssignment.role_id))
        holders = {role_id: count for role_id, count in counted}  # noqa: C416 - rows are no pairs to dict()
    context = {"roles": roles, "areas": AREAS, "holders": holders, "title": "Role matrix"}
    return await render(request, "role_matrix.html", context)


async def _person(session: AsyncSession, key: str) -> User:
    person = (await session.scalars(queries.with_roles().where(User.id == row_key(key)))).one_or_none()
    if person is None:
        raise NotFound("There is no such user.")
    return person


async def _changeable_person(session: AsyncSession, key: str, *, by: User) -> User:
    person = await _person(session, key)
    await services.require_authority(session, person, by=by)
    return person


routes = [
    Route("/users/end-session/{pk}", end_session, methods=["POST"]),
    Route("/users/password/{pk}", set_password, methods=["POST"]),
    Route("/users/invite/{pk}", invite, methods=["POST"]),
    Route("/role-matrix", role_matrix),
    Route("/roles/view-as/{pk}", view_as, methods=["POST"]),
    Route("/stop-viewing", stop_viewing, methods=["POST"]),
]
