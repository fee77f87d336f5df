"""Carrying out decisions: a page that says what will happen to which rows, then one transaction on locked rows."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin import forms
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView, Reached
from admin.bulk import Intended, confirm_or_start, list_url
from admin.choosing import CHANGED_SINCE, Candidate, Chosen, chosen_of, few_keys, reached_rows
from admin.decisions import Decision
from admin.redirect_offers import UNPUBLISH, redirect_offer
from admin.rendering import go_to, render
from admin.requests import resources_of
from admin.urls import url_to
from cms.core import bulk
from cms.core.errors import NotFound
from cms.users.models import User

REASONS_TOLD = 3


async def decide(session: AsyncSession, view: AdminView, name: str, row: Any, *, by: User) -> str:
    """Carry out one decision on a locked row and return the sentence that tells what happened."""
    decision = decision_called(view, name)
    await decision.perform(session, row, by=by)
    await session.flush()
    return decision.outcome.format(row=row)


def decision_called(view: AdminView, name: str) -> Decision:
    for decision in view.decisions:
        if decision.name == name:
            return decision
    raise NotFound("There is no such decision.")


async def confirm_or_carry_out(request: Request) -> Response:
    """GET names the rows and those that are refused; POST decides, on more than a few rows in the background."""
    view = view_of_request(request)
    decision = decision_called(view, request.path_params["decision"])
    user = require_somewhere(request, decision.permission)
    posted = await forms.read_form(request) if request.method == "POST" else None
    chosen = chosen_of(request.query_params if posted is None else posted)
    async with resources_of(request).sessionmaker() as session:
        keys = await few_keys(session, view, user, chosen)
        if keys is None:
            intended = _intended(view, decision)
            return await confirm_or_start(session, request, view, user, intended=intended, chosen=chosen, posted=posted)
        reached = await reached_rows(session, view, user, keys, lock=posted is not None)
        candidates = [Candidate(found.row, _hindrance(decision, found, chosen)) for found in reached]
        ready = [candidate.row for candidate in candidates if not candidate.hindrance]
        if posted is None or not ready:
            return await _ask(request, view, decision, chosen, candidates, is_refused=posted is not None)
        sentences, refusals = await _carry_out(session, view, decision, ready, by=user)
        await session.commit()
    refusals = [*(f"“{found.row}”: {found.hindrance}" for found in candidates if found.hindrance), *refusals]
    told = _told(sentences, refusals)
    tone = "success" if sentences else "danger"
    link = redirect_offer(user, ready) if decision.name == UNPUBLISH else _link(view, ready)
    return go_to(request, _next_url(view, request, ready, chosen), saying=told, link=link, tone=tone)


async def _ask(
    request: Request,
    view: AdminView,
    decision: Decision,
    chosen: Chosen,
    candidates: Sequence[Candidate],
    *,
    is_refused: bool,
) -> Response:
    context = {
        "view": view,
        "decision": decision,
        "candidates": candidates,
        "ready": [candidate for candidate in candidates if not candidate.hindrance],
        "changed_since": CHANGED_SINCE,
        "list_url": list_url(view, chosen),
        "title": decision.label,
    }
    status_code = HTTPStatus.CONFLICT if is_refused else HTTPStatus.OK
    return await render(request, "decide.html", context, status_code=status_code)


async def _carry_out(
    session: AsyncSession, view: AdminView, decision: Decision, rows: Sequence[Any], *, by: User
) -> tuple[list[str], list[str]]:
    """Decide on the rows and return what happened and what was refused; of several rows none hinders the others."""
    if len(rows) == 1:
        return [await decide(session, view, decision.name, rows[0], by=by)], []
    sentences, refusals = [], []
    for row in rows:
        name = str(row)
        if refusal := await bulk.refusal_of(session, decision.perform, row, by=by):
            refusals.append(f"“{name}”: {refusal}")
        else:
            sentences.append(decision.outcome.format(row=name))
    return sentences, refusals


def _intended(view: AdminView, decision: Decision) -> Intended:
    return Intended(
        action=decision.name,
        label=decision.label,
        permission=decision.permission,
        consequence=decision.consequence,
        address=url_to("decide", identity=view.identity, decision=decision.name),
        ready=decision.ready(view.model) if decision.ready else None,
        tone=decision.tone,
    )


def _hindrance(decision: Decision, found: Reached, chosen: Chosen) -> str:
    if decision.name not in found.may_decide:
        return "Your roles do not allow it here."
    return CHANGED_SINCE if chosen.is_stale(found.row) else decision.hindrance(found.row)


def _next_url(view: AdminView, request: Request, rows: Sequence[Any], chosen: Chosen) -> str:
    if len(rows) == 1 and request.query_params.get("stay"):
        return url_to("edit", identity=view.identity, pk=rows[0].id)
    return list_url(view, chosen)


def _told(sentences: Sequence[str], refusals: Sequence[str]) -> str:
    first = sentences[0] if sentences else "Nothing was done."
    told = first if len(sentences) < 2 else f"{len(sentences)} rows: {first} …"
    if not refusals:
        return told
    more = " …" if len(refusals) > REASONS_TOLD else ""
    return f"{told} {len(refusals)} of the chosen rows were left as they are. {' '.join(refusals[:REASONS_TOLD])}{more}"


def _link(view: AdminView, rows: Sequence[Any]) -> tuple[str, str] | None:
    if len(rows) == 1 and getattr(rows[0], "is_published", False):
        return ("See it on the site", view.public_url(rows[0]))
    return None


routes = [Route("/{identity}/decide/{decision}", confirm_or_carry_out, methods=["GET", "POST"])]
