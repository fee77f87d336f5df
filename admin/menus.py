"""The menus of the site, each a tree on one page."""

from http import HTTPStatus
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from admin import forms
from admin.authorization import require_somewhere
from admin.conflicts import last_entry
from admin.menu_sheet import Row, posted_rows, pressed, rows_of
from admin.rendering import go_to, render
from admin.requests import resources_of
from admin.urls import url_to
from cms.core.errors import CMSError, Conflict, Invalid, NotFound
from cms.core.integrity import explained
from cms.core.permissions import Permission, allows, scope_condition
from cms.menus import queries, services
from cms.menus.doubts import doubts_about
from cms.menus.models import DEEPEST, LABEL_LENGTH, URL_LENGTH, Menu, MenuName, Visibility
from cms.pages.models import Page

MOST_SUGGESTED = 12


async def show_menu(request: Request) -> Response:
    """Show a menu: to those who may edit it as a form."""
    require_somewhere(request, Permission.MENUS_VIEW)
    name = _name(request)
    async with resources_of(request).sessionmaker() as session:
        menu = await session.scalar(queries.named(name))
        rows = await _saved_rows(session, name)
        return await _show(request, session, name, rows, menu=menu)


async def save_menu(request: Request) -> Response:
    """Make the menu what was posted, or move a row where no script did."""
    user = require_somewhere(request, Permission.MENUS_EDIT)
    name = _name(request)
    posted = await forms.read_form(request)
    rows, began_from = posted_rows(posted), _version(str(posted.get("lock_version", "")))
    button = str(posted.get("press", "save"))
    async with resources_of(request).sessionmaker() as session:
        if button != "save":
            return await _show(request, session, name, pressed(rows, button), began_from=began_from, is_changed=True)
        try:
            await services.save_menu(session, name, [row.line for row in rows], began_from=began_from, by=user)
            await session.commit()
        except (CMSError, IntegrityError, StaleDataError) as error:
            await session.rollback()
            session.expunge_all()
            return await _refuse(request, session, name, rows, _refusal(error), began_from=began_from)
    sentence = f"The {name.label.lower()} was saved. Every page shows it in a moment."
    return go_to(request, url_to("menu", menu=name.value), saying=sentence, link=("See it on the site", "/"))


async def suggest_targets(request: Request) -> Response:
    """Answer what is typed as the target of an entry with the pages that it may mean."""
    user = require_somewhere(request, Permission.MENUS_EDIT)
    term = request.query_params.get("term", "").replace("\x00", "").strip()[:URL_LENGTH]
    plain = term.lstrip("/")
    matching = or_(Page.path.startswith(plain, autoescape=True), Page.title.istartswith(plain, autoescape=True))
    statement = select(Page.title, Page.path).where(matching, scope_condition(user, Permission.PAGES_VIEW, Page))
    async with resources_of(request).sessionmaker() as session:
        found = (await session.execute(statement.order_by(Page.path).limit(MOST_SUGGESTED))).all() if plain else []
    return JSONResponse({"results": [{"target": f"/{path}/", "title": title} for title, path in found]})


def _name(request: Request) -> MenuName:
    name = request.path_params.get("menu", MenuName.MAIN)
    if name not in set(MenuName):
        raise NotFound("There is no such menu.")
    return MenuName(name)


def _version(text: str) -> int:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else -1


async def _saved_rows(session: AsyncSession, name: MenuName) -> list[Row]:
    return rows_of(services.in_order(await session.scalars(queries.items_of(name))))


def _refusal(error: Exception) -> CMSError:
    if isinstance(error, IntegrityError):
        return explained(error)
    return error if isinstance(error, CMSError) else Conflict(services.CHANGED_MEANWHILE)


async def _refuse(
    request: Request, session: AsyncSession, name: MenuName, rows: list[Row], refusal: CMSError, *, began_from: int
) -> Response:
    """Show what was typed once more: beside what is saved now, where somebody else was quicker."""
    problems = [refusal.message]
    if isinstance(refusal, Invalid) and refusal.errors:
        problems = refusal.errors.pop("", [])
        for place, sentences in refusal.errors.items():
            number, _, column = place.partition(".")
            rows[int(number)].errors[column] = sentences
    if not isinstance(refusal, Conflict):
        return await _show(
            request, session, name, rows, began_from=began_from, problems=problems, status_code=refusal.status_code
        )
    menu = await session.scalar(queries.named(name))
    items = [item for item, _ in services.in_order(await session.scalars(queries.items_of(name)))]
    conflict = {"outline": services.outline(items), "entry": await last_entry(session, menu) if menu else None}
    return await _show(
        request, session, name, rows, menu=menu, conflict=conflict, problems=problems, status_code=HTTPStatus.CONFLICT
    )


async def _show(
    request: Request,
    session: AsyncSession,
    name: MenuName,
    rows: list[Row],
    *,
    menu: Menu | None = None,
    began_from: int | None = None,
    status_code: int = HTTPStatus.OK,
    **more: Any,
) -> Response:
    user = require_somewhere(request, Permission.MENUS_VIEW)
    doubts = await doubts_about(session, {row.target for row in rows})
    for row in rows:
        row.doubt = doubts.get(row.target, "") if row.target else "Its page was deleted; say where it leads now."
    context = {
        "title": name.label,
        "name": name,
        "names": list(MenuName),
        "rows": rows,
        "blank": Row(),
        "visibilities": list(Visibility),
        "lock_version": began_from if began_from is not None else (menu.lock_version if menu else 0),
        "saved_at": menu.updated_at if menu else None,
        "may_edit": allows(user, Permission.MENUS_EDIT),
        "may_see_history": allows(user, Permission.AUDIT_VIEW),
        "deepest": DEEPEST,
        "longest_label": LABEL_LENGTH,
        "longest_target": URL_LENGTH,
        "has_errors": any(row.errors for row in rows),
        **more,
    }
    return await render(request, "menu_tree.html", context, status_code=int(status_code))


routes = [
    Route("/menus", show_menu, methods=["GET"]),
    Route("/menus/targets", suggest_targets, methods=["GET"]),
    Route("/menus/{menu}", show_menu, methods=["GET"]),
    Route("/menus/{menu}", save_menu, methods=["POST"]),
]
