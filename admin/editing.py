"""The form of a view, from the first look to the saved row: whatever goes wrong in between, what was typed is kept."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import Form

from admin import drafting, forms, presence, reviewing
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView, Reached
from admin.conflicts import Conflicting, conflicts_of
from admin.deciding import decide
from admin.inlines import InlineWork, staying
from admin.redirect_offers import UNPUBLISH, redirect_offer
from admin.relations import fill
from admin.rendering import go_to, render
from admin.requests import resources_of
from admin.urls import url_to
from cms.core.errors import CMSError, Invalid, PermissionDenied
from cms.core.integrity import explained
from cms.core.permissions import allows, require
from cms.users.models import User

DECIDE = "decide:"
GO = "go:"
"""A button that saves and then leads to another page about the row, such as its schedule."""

WAYS_ON = frozenset({"review", "schedule"})
LONGEST_REMARK = 500
REWRITE = "rewrite:"


@dataclass
class Sheet:
    """A form on its way between a person and a row; `reached` is None while there is no row."""

    view: AdminView
    request: Request
    user: User
    session: AsyncSession
    reached: Reached | None
    form: Form
    remark: str = ""
    secret: str = ""
    """What the save made that is shown once, in the answer to it."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    conflicts: list[Conflicting] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        return self.reached is None


async def create(request: Request) -> Response:
    """Show an empty form, or make a row of what was posted."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.edit)
    if not view.can_create:
        raise PermissionDenied(f"A {view.name.lower()} is not made here.")
    async with resources_of(request).sessionmaker() as session:
        form_class = await view.form_class(user, is_new=True)
        if request.method == "GET":
            begun = {name: request.query_params[name] for name in view.begun_by if name in request.query_params}
            return await _show(Sheet(view, request, user, session, None, form_class(data=begun)))
        posted = await forms.read_form(request)
        return await _answer(Sheet(view, request, user, session, None, form_class(posted)), posted)


async def edit(request: Request) -> Response:
    """Show the form of a row, or write to the row what was posted."""
    view = view_of_request(request)
    user = require_somewhere(request, view.permissions.view)
    posted = await forms.read_form(request) if request.method == "POST" else None
    async with resources_of(request).sessionmaker() as session:
        reached = await view.find(session, user, request.path_params["pk"], lock=posted is not None)
        if not reached.may_edit:
            raise PermissionDenied(f"You may read “{reached.row}”, but not change it.")
        form_class = await view.form_class(user, is_new=False)
        if posted is None:
            await drafting.show_draft(session, reached.row)
            return await _show(
                Sheet(view, request, user, session, reached, form_class(data=_shown(view, reached.row, form_class)))
            )
        return await _answer(Sheet(view, request, user, session, reached, form_class(posted)), posted)


def _shown(view: AdminView, row: Any, form_class: type[Form]) -> dict[str, Any]:
    names = [name for name in view.get_form_columns() if name in view.mapper.attrs]
    inlines = {
        inline.relation: inline.values_of(row) for inline in view.inlines if getattr(form_class, inline.relation, None)
    }
    return {
        "lock_version": getattr(row, "lock_version", ""),
        **forms.values_of(row, names),
        **inlines,
        **view.extra_values(row),
    }


async def _answer(sheet: Sheet, posted: FormData) -> Response:
    """Do what the pressed button says."""
    pressed = str(posted.get("press", "save"))
    sheet.remark = str(posted.get("remark", "")).strip()[:LONGEST_REMARK]
    if pressed.startswith(REWRITE):
        return await _rewrite(sheet, posted, pressed.removeprefix(REWRITE))
    await fill(sheet.session, sheet.request, sheet.user, sheet.form)
    if sheet.reached and pressed != "as-new" and _is_stale(sheet):
        return await _refuse_stale(sheet)
    if not sheet.form.validate():
        return await _show(sheet, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        row, sentence = await _save(sheet, pressed)
        await sheet.session.commit()
    except StaleDataError:
        await _start_over(sheet)
        return await _refuse_stale(sheet)
    except (CMSError, IntegrityError) as error:
        refusal = explained(error) if isinstance(error, IntegrityError) else error
        await _start_over(sheet)
        _put_into_form(sheet, refusal)
        return await _show(sheet, status_code=refusal.status_code)
    return await _show_secret(sheet, row) if sheet.secret else _go_on(sheet, row, pressed, sentence)


async def _save(sheet: Sheet, pressed: str) -> tuple[Any, str]:
    """Write the row and its children, decide what was asked for, and return the row and what to say."""
    copied_from = sheet.reached.row if sheet.reached and pressed == "as-new" else None
    is_new = sheet.reached is None or copied_from is not None
    row = sheet.view.model() if is_new or sheet.reached is None else sheet.reached.row
    session, view, user = sheet.session, sheet.view, sheet.user
    if is_new and not view.can_create:
        raise PermissionDenied(f"A {view.name.lower()} is not made here.")
    for inline in view.inlines:
        if inline.take_in is not None and inline.relation in sheet.form:
            await inline.take_in(sheet.request, sheet.form, user)

    async def write() -> None:
        await _write(sheet, row, is_new=is_new, copied_from=copied_from)

    sentence = await drafting.save(session, row, write, by=user, is_new=is_new, remark=sheet.remark)
    name = pressed.removeprefix(DECIDE)
    if pressed.startswith(DECIDE):
        return row, await decide(session, view, name, row, by=user)
    return row, sentence or view.saved_sentence(row, is_new=is_new)


async def _write(sheet: Sheet, row: Any, *, is_new: bool, copied_from: Any) -> None:
    """Put the form onto the row and its children, by the rules of their domain."""
    session, view, user = sheet.session, sheet.view, sheet.user
    inlines = [inline for inline in view.inlines if inline.relation in sheet.form]
    for inline in inlines if is_new else ():
        setattr(row, inline.relation, [])  # Once the row is written, an unset collection would be read in vain.
    existing = {inline.relation: inline.keyed(row if copied_from is None else copied_from) for inline in inlines}
    with session.no_autoflush:
        forms.write(sheet.form, row)
        view.before_save(row, sheet.form, is_new=is_new)
        sheet.secret = await view.save(session, row, by=user, is_new=is_new) or ""
    for inline in inlines:
        children = existing[inline.relation]
        if copied_from is None and inline.take_out(sheet.form, row, children):
            await session.flush()
        with session.no_autoflush:
            kept = inline.write(sheet.form, row, children, are_copied=copied_from is not None)
            await inline.save(session, InlineWork(sheet.request, row, kept, user))
    await session.flush()
    await require(session, user, view.permissions.edit, row)


def _is_stale(sheet: Sheet) -> bool:
    began_from = sheet.form["lock_version"].data
    present = getattr(sheet.reached.row, "lock_version", None) if sheet.reached else None
    return present is not None and str(present) != str(began_from)


async def _refuse_stale(sheet: Sheet) -> Response:
    """Show both versions; saving once more means that the person has seen them."""
    assert sheet.reached is not None  # noqa: S101 - only a row that is there can be stale
    await drafting.show_draft(sheet.session, sheet.reached.row)
    sheet.conflicts = await conflicts_of(sheet.session, sheet.view, sheet.reached.row, sheet.form)
    sheet.form["lock_version"].data = str(sheet.reached.row.lock_version)
    sheet.problems.append("Somebody else changed this while you were writing. Nothing of yours was saved yet.")
    return await _show(sheet, status_code=HTTPStatus.CONFLICT)


async def _start_over(sheet: Sheet) -> None:
    """Forget what this request wrote and read the row as it is."""
    await sheet.session.rollback()
    sheet.session.expunge_all()
    if sheet.reached is not None:
        sheet.reached = await sheet.view.find(sheet.session, sheet.user, sheet.request.path_params["pk"])


def _put_into_form(sheet: Sheet, refusal: CMSError) -> None:
    """Show each sentence beside the field that it is about, the others above the form."""
    errors = refusal.errors if isinstance(refusal, Invalid) else {}
    homeless = [] if errors else [refusal.message]
    for name, sentences in errors.items():
        found = _field_called(sheet.form, name)
        if found is None:
            homeless.extend(sentences)
        else:
            found.errors = [*found.errors, *sentences]
    sheet.problems.extend(homeless)


def _field_called(form: Form, name: str) -> Any:
    """Find a field by its name, or by "inline.N.field", N counting the rows that stay."""
    relation, _, rest = name.partition(".")
    number, _, column = rest.partition(".")
    if not rest:
        return form[name] if name and name in form else None
    if relation not in form or not number.isdecimal():
        return None
    rows = staying(form, relation)
    return rows[int(number)][column] if int(number) < len(rows) and column in rows[int(number)] else None


async def _rewrite(sheet: Sheet, posted: FormData, name: str) -> Response:
    """Let the view fill in the form from something that was pasted; nothing is saved."""
    if name.startswith("add:"):
        posted = _with_blank_row(posted, name.removeprefix("add:"))
        sheet.form = (await sheet.view.form_class(sheet.user, is_new=sheet.is_new))(posted)
        return await _show(sheet)
    rewritten, sheet.notes, sheet.problems = await sheet.view.rewrite(sheet.session, name, posted)
    form_class = await sheet.view.form_class(sheet.user, is_new=sheet.is_new)
    sheet.form = form_class(rewritten)
    return await _show(sheet, status_code=HTTPStatus.UNPROCESSABLE_ENTITY if sheet.problems else HTTPStatus.OK)


def _with_blank_row(posted: FormData, relation: str) -> FormData:
    """Add an empty inline row, for browsers in which no script does it."""
    numbers = [key.removeprefix(f"{relation}-").partition("-")[0] for key in posted if key.startswith(f"{relation}-")]
    following = max((int(number) for number in numbers if number.isdecimal()), default=-1) + 1
    return FormData([*posted.multi_items(), (f"{relation}-{following}-row_id", "")])


async def _show(sheet: Sheet, *, status_code: int = 200) -> Response:
    view, row = sheet.view, sheet.reached.row if sheet.reached else None
    blanks = {inline.relation: inline.blank(sheet.form) for inline in view.inlines if inline.relation in sheet.form}
    await fill(sheet.session, sheet.request, sheet.user, sheet.form, *blanks.values())
    context = {
        "view": view,
        "form": sheet.form,
        "reached": sheet.reached,
        "row": row,
        "blanks": blanks,
        "title": str(row) if row is not None else f"New {view.name.lower()}",
        "problems": sheet.problems,
        "notes": sheet.notes,
        "conflicts": sheet.conflicts,
        "has_errors": any(found.errors for found in forms.every_field(sheet.form)),
        "remark": sheet.remark,
        **await drafting.about(sheet.session, view, row, sheet.user),
        **await reviewing.about(sheet.session, sheet.request, view, sheet.reached),
        "others": await presence.present(sheet.request, view.identity, row.id) if row is not None else (),
        "marked": [found for found in forms.every_field(sheet.form) if found.errors],
        "may_decide_new": lambda decision: allows(sheet.user, decision.permission),
        "may_create": view.is_open_to(sheet.user, "create"),
        "came_from": sheet.request.query_params.get("from", ""),
        **await view.form_context(sheet.session, sheet.request, sheet.reached),
    }
    return await render(sheet.request, view.form_template, context, status_code=status_code)


async def _show_secret(sheet: Sheet, row: Any) -> Response:
    """Show a secret in the answer to the form: a redirect would need a place where it is kept."""
    context = {"view": sheet.view, "row": row, "secret": sheet.secret, "title": str(row)}
    return await render(sheet.request, sheet.view.secret_template, context)


def _go_on(sheet: Sheet, row: Any, pressed: str, sentence: str) -> Response:
    """Lead to where the pressed button points, and say there what happened."""
    view = sheet.view
    came_from = sheet.request.query_params.get("from", "")
    stay = url_to("edit", identity=view.identity, pk=row.id, query={"from": came_from})
    targets = {
        **{GO + way: url_to(way, identity=view.identity, pk=row.id) for way in WAYS_ON},
        "another": url_to("create", identity=view.identity),
        "save": url_to("list", identity=view.identity, query=dict(parse_qsl(came_from))),
    }
    public = view.public_url(row) if getattr(row, "is_published", True) else ""
    link = ("See it on the site", public) if public.startswith("/") else None
    if pressed == DECIDE + UNPUBLISH:
        link = redirect_offer(sheet.user, [row])
    return go_to(sheet.request, targets.get(pressed, stay), saying=sentence, link=link)


routes = [
    Route("/{identity}/create", create, methods=["GET", "POST"]),
    Route("/{identity}/edit/{pk}", edit, methods=["GET", "POST"]),
]
