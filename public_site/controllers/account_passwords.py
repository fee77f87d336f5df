"""Changing a password, and having a forgotten one reset by mail."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.errors import CMSError, Conflict, Invalid, NotFound, TooManyAttempts, Unavailable
from cms.core.resources import Resources
from cms.users import password_changes
from cms.users.models import User
from public_site.controllers.accounts import SEE_OTHER, Visit, address_of, enter, to_sign_in, with_retry_after
from public_site.forms.fields import Form, blank, read_form
from public_site.templating import Renderer

CHANGE_PATH = "/accounts/password/change/"
CHANGED_PATH = "/accounts/password/change/done/"
RESET_PATH = "/accounts/password/reset/"
RESET_SENT_PATH = "/accounts/password/reset/done/"
LINK_PATH = "/accounts/password/reset/key/{token:str}/"
RESET_DONE_PATH = "/accounts/password/reset/key/done/"

GONE = 410
LONGEST_EMAIL = 254
REFUSALS = (Invalid, Conflict, TooManyAttempts, Unavailable)


class PasswordsController(Controller):
    @get(CHANGE_PATH, name="password-change")
    async def ask_for_change(self, request: Visit, render: NamedDependency[Renderer]) -> Response[Any]:
        if request.scope["state"]["user"] is None:
            return to_sign_in(CHANGE_PATH)
        return await render("accounts/password_change.html", form=blank())

    @post(CHANGE_PATH)
    async def change(
        self,
        request: Visit,
        session: NamedDependency[AsyncSession],
        render: NamedDependency[Renderer],
        resources: NamedDependency[Resources],
    ) -> Response[Any]:
        user: User | None = request.scope["state"]["user"]
        if user is None:
            return to_sign_in(CHANGE_PATH)
        form = await read_form(request)
        form.require("current", "Please write your current password.")
        _require_new_password(form)
        try:
            _refuse_if_wrong(form)
            await password_changes.change_password(
                session,
                user,
                current=form.exact("current"),
                new=form.exact("new"),
                address=address_of(request),
            )
        except REFUSALS as refusal:
            return await _explain(render, "accounts/password_change.html", form, refusal)
        return await enter(request, session, user, resources=resources, then=CHANGED_PATH)

    @get(CHANGED_PATH)
    async def confirm_change(self, render: NamedDependency[Renderer]) -> Response[Any]:
        return await render("accounts/password_changed.html")

    @get(RESET_PATH, name="password-reset")
    async def ask_for_address(self, render: NamedDependency[Renderer]) -> Response[Any]:
        return await render("accounts/password_reset.html", form=blank())

    @post(RESET_PATH)
    async def send_link(
        self, request: Visit, session: NamedDependency[AsyncSession], render: NamedDependency[Renderer]
    ) -> Response[Any]:
        form = await read_form(request)
        email = form.text("email")
        if not 3 <= len(email) <= LONGEST_EMAIL or "@" not in email or not email.isprintable():
            form.object_to("email", "Please write the e-mail address of your account, such as name@example.org.")
        try:
            _refuse_if_wrong(form)
            await password_changes.ask_for_reset(session, email, address=address_of(request))
        except REFUSALS as refusal:
            return await _explain(render, "accounts/password_reset.html", form, refusal)
        return Redirect(RESET_SENT_PATH, status_code=SEE_OTHER)

    @get(RESET_SENT_PATH)
    async def say_that_it_was_sent(self, render: NamedDependency[Renderer]) -> Response[Any]:
        return await render("accounts/password_reset_sent.html")

    @get(RESET_DONE_PATH)
    async def say_that_it_was_reset(self, render: NamedDependency[Renderer]) -> Response[Any]:
        return await render("accounts/password_reset_done.html")

    @get(LINK_PATH)
    async def ask_for_new_password(
        self,
        session: NamedDependency[AsyncSession],
        render: NamedDependency[Renderer],
        resources: NamedDependency[Resources],
        token: FromPath[str],
    ) -> Response[Any]:
        try:
            owner = await password_changes.owner_of(session, token, resources.settings)
        except NotFound as refusal:
            return await _link_ended(render, refusal)
        return await render("accounts/password_reset_key.html", form=blank(), owner=owner)

    @post(LINK_PATH)
    async def reset(
        self,
        request: Visit,
        session: NamedDependency[AsyncSession],
        render: NamedDependency[Renderer],
        resources: NamedDependency[Resources],
        token: FromPath[str],
    ) -> Response[Any]:
        try:
            owner = await password_changes.owner_of(session, token, resources.settings)
        except NotFound as refusal:
            return await _link_ended(render, refusal)
        form = await read_form(request)
        _require_new_password(form)
        try:
            _refuse_if_wrong(form)
            await password_changes.reset_password(session, owner, new=form.exact("new"), address=address_of(request))
        except REFUSALS as refusal:
            return await _explain(render, "accounts/password_reset_key.html", form, refusal, owner=owner)
        return Redirect(RESET_DONE_PATH, status_code=SEE_OTHER)


def _require_new_password(form: Form) -> None:
    form.require("new", "Please write a new password.")
    if form.exact("new") != form.exact("again"):
        form.object_to("again", "The two passwords are not the same.")


def _refuse_if_wrong(form: Form) -> None:
    if form.errors:
        raise Invalid.in_fields(form.errors)


async def _explain(render: Renderer, template: str, form: Form, refusal: CMSError, **context: Any) -> Response[Any]:
    """Show the form again, with each sentence beside the field that it is about."""
    form.errors = dict(refusal.errors) if isinstance(refusal, Invalid) else {"": [refusal.message]}
    answer = await render(template, form=form, status_code=refusal.status_code, **context)
    return with_retry_after(answer, refusal)


async def _link_ended(render: Renderer, refusal: NotFound) -> Response[Any]:
    """Say that a link is of no use. Gone, not missing: for what is missing, other pages are tried in its place."""
    return await render("accounts/password_reset_ended.html", message=refusal.message, status_code=GONE)
