"""Signing in and out, and the list of where one is signed in."""

from typing import Any, Final

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.errors import CMSError, Invalid, TooManyAttempts, Unavailable
from cms.core.resources import Resources
from cms.users import sessions
from cms.users.models import User
from cms.users.sign_in import AccountInactive, sign_in
from public_site.dependencies import SLASHLESS
from public_site.forms.fields import Form, blank, read_form
from public_site.forms.next_page import HOME, next_page, sign_in_page
from public_site.menus import MenuShelf, audience_of
from public_site.middleware.session import ended_cookie, session_cookie, token_of
from public_site.templating import Renderer

INACTIVE_PATH = "/accounts/inactive/"
SESSIONS_PATH = "/accounts/sessions/"
SEE_OTHER: Final = 303

Visit = Request[Any, Any, State]


class AccountsController(Controller):
    @get("/accounts/login/", name="sign-in")
    async def ask_to_sign_in(self, request: Visit, render: NamedDependency[Renderer]) -> Response[Any]:
        then = next_page(request.query_params.get("next"))
        if request.scope["state"]["user"] is not None:
            return Redirect(then, status_code=SEE_OTHER)
        return await _sign_in_form(render, blank(), then=then)

    @post("/accounts/login/")
    async def sign_in(
        self,
        request: Visit,
        session: NamedDependency[AsyncSession],
        render: NamedDependency[Renderer],
        resources: NamedDependency[Resources],
    ) -> Response[Any]:
        form = await read_form(request)
        then = next_page(form.text("next") or request.query_params.get("next"))
        form.require("username", "Please write your user name or your e-mail address.")
        form.require("password", "Please write your password.")
        if form.errors:
            return await _sign_in_form(render, form, then=then, status_code=Invalid.status_code)
        try:
            user = await sign_in(session, form.text("username"), form.exact("password"), address=address_of(request))
        except AccountInactive:
            return Redirect(INACTIVE_PATH, status_code=SEE_OTHER)
        except (Invalid, TooManyAttempts, Unavailable) as refusal:
            form.object_to("", refusal.message)
            answer = await _sign_in_form(render, form, then=then, status_code=refusal.status_code)
            return with_retry_after(answer, refusal)
        return await enter(request, session, user, resources=resources, then=then)

    @get(INACTIVE_PATH)
    async def explain_inactive(self, render: NamedDependency[Renderer]) -> Response[Any]:
        return await render("accounts/inactive.html")

    @get("/accounts/logout/", name="sign-out")
    async def ask_to_sign_out(self, request: Visit, render: NamedDependency[Renderer]) -> Response[Any]:
        if request.scope["state"]["user"] is None:
            return Redirect(HOME, status_code=SEE_OTHER)
        return await render("accounts/sign_out.html")

    @post("/accounts/logout/")
    async def sign_out(
        self, request: Visit, session: NamedDependency[AsyncSession], resources: NamedDependency[Resources]
    ) -> Response[Any]:
        if token := token_of(request.scope, resources.settings):
            await sessions.end(session, token)
        return Redirect(HOME, status_code=SEE_OTHER, cookies=[ended_cookie(resources.settings)])

    @get(SESSIONS_PATH, name="sessions")
    async def list_sessions(
        self, request: Visit, session: NamedDependency[AsyncSession], render: NamedDependency[Renderer]
    ) -> Response[Any]:
        user = request.scope["state"]["user"]
        if user is None:
            return to_sign_in(SESSIONS_PATH)
        found = await sessions.list_of(session, user)
        current = request.scope["state"]["user_session"]
        return await render("accounts/sessions.html", sessions=found, current_id=current.id)

    @post(f"{SESSIONS_PATH}{{session_id:int}}/end/")
    async def end_session(
        self, request: Visit, session: NamedDependency[AsyncSession], session_id: FromPath[int]
    ) -> Response[Any]:
        if (user := request.scope["state"]["user"]) is not None:
            await sessions.end_one(session, user, session_id)
        return Redirect(SESSIONS_PATH, status_code=SEE_OTHER)

    @post(f"{SESSIONS_PATH}end-others/")
    async def end_other_sessions(self, request: Visit, session: NamedDependency[AsyncSession]) -> Response[Any]:
        if (user := request.scope["state"]["user"]) is not None:
            await sessions.end_all(session, user, except_=request.scope["state"]["user_session"])
        return Redirect(SESSIONS_PATH, status_code=SEE_OTHER)

    @get("/authenticated", name="authenticated", opt=SLASHLESS)
    async def show_account_menu(self, request: Visit, render: NamedDependency[Renderer]) -> Response[Any]:
        user = request.scope["state"]["user"]
        shelf: MenuShelf = request.app.state.menus
        audience = audience_of(user)
        more = shelf.menus_for(audience) if shelf.has_more_for(audience) else None
        return await render("accounts/menu.html", user=user, menus_for_user=more)


async def enter(request: Visit, session: AsyncSession, user: User, *, resources: Resources, then: str) -> Response[Any]:
    """Begin a new session in this browser and go on; the one from before is dead, whoever planted it."""
    if token := token_of(request.scope, resources.settings):
        await sessions.end(session, token)
    token = await sessions.start_session(
        session, user, address=address_of(request), user_agent=request.headers.get("User-Agent", "")
    )
    cookie = session_cookie(token, user, resources.settings)
    return Redirect(then, status_code=SEE_OTHER, cookies=[cookie])


def to_sign_in(then: str) -> Response[Any]:
    return Redirect(sign_in_page(then), status_code=SEE_OTHER)


def address_of(request: Visit) -> str:
    """Return the visitor's address, as it was found behind the proxies that are trusted."""
    return request.client.host if request.client else ""


def with_retry_after(answer: Response[Any], refusal: CMSError) -> Response[Any]:
    """Say to programs, too, when to try again."""
    if isinstance(refusal, TooManyAttempts):
        answer.headers["Retry-After"] = str(refusal.retry_after)
    return answer


async def _sign_in_form(render: Renderer, form: Form, *, then: str, status_code: int = 200) -> Response[Any]:
    return await render("accounts/sign_in.html", form=form, next=then, status_code=status_code)
