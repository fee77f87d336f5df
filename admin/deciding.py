"""Carrying out decisions: a page that says what will happen to which rows, then one transaction on locked rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin import forms
from admin.authorization import require_somewhere
from admin.back_office import view_of_request
from admin.base import AdminView, Reached, row_key
from admin.decisions import Decision
from admin.rendering import go_to, render
from admin.requests import resources_of
from admin.urls import url_to
from cms.core.errors import Invalid, NotFound
from cms.users.models import User

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chosen row, and why the decision cannot be taken on it; "" if it can."""

    row: Any
    hindrance: str


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
    """GET names the rows and those that are refused; POST decides."""
    view = view_of_request(request)
    decision = decision_called(view, request.path_params["decision"])
    user = require_somewhere(request, decision.permission)
    posted = await forms.read_form(request) if request.method == "POST" else None
    keys = keys_of(posted.getlist("pks") if posted is not None else request.query_params.getlist("pks"))
    async with resources_of(request).sessionmaker() as session:
        chosen = await reached_rows(session, view, user, keys, lock=posted is not None)
        candidates = [Candidate(found.row, _hindrance(decision, found)) for found in chosen]
        ready = [candidate.row for candidate in candidates if not candidate.hindrance]
        if posted is None or not ready:
            context = {
                "view": view,
                "decision": decision,
                "candidates": candidates,
                "ready": ready,
                "title": decision.label,
            }
            return await render(request, "decide.html", context, status_code=200 if posted is None else 409)
        sentences = [await decide(session, view, decision.name, row, by=user) for row in ready]
        await session.commit()
    refused = len(candidates) - len(ready)
    return go_to(request, _next_url(view, request, ready), saying=_told(sentences, refused), link=_link(view, ready))


async def reached_rows(
    session: AsyncSession, view: AdminView, user: User, keys: Sequence[int], *, lock: bool
) -> list[Reached]:
    """Return the chosen rows within reach, locked in the order of their keys so that two people never wait crosswise.

    Raises NotFound where none is left.
    """
    statement = view.reachable(user).where(view.model.id.in_(keys)).order_by(view.model.id)  # type: ignore[attr-defined]  # every table of ours has an id
    if lock:
        statement = statement.with_for_update(of=view.model)
    found = [view.reached(record) for record in (await session.execute(statement)).unique()]
    if not found:
        raise NotFound("None of the chosen rows is there any more.")
    return found


def keys_of(values: Sequence[Any]) -> list[int]:
    """Read keys from an address or a form, where they come one by one or joined with commas.

    Raises Invalid where none or too many were chosen.
    """
    keys = [row_key(part) for value in values for part in str(value).split(",") if part]
    if not keys:
        raise Invalid("Choose at least one row.")
    if len(keys) > MOST_AT_ONCE:
        raise Invalid(f"At most {MOST_AT_ONCE} rows can be decided at once.")
    return keys


def _hindrance(decision: Decision, found: Reached) -> str:
    if decision.name not in found.may_decide:
        return "Your roles do not allow it here."
    return decision.hindrance(found.row)


def _next_url(view: AdminView, request: Request, rows: Sequence[Any]) -> str:
    if len(rows) == 1 and request.query_params.get("stay"):
        return url_to("edit", identity=view.identity, pk=rows[0].id)
    return url_to("list", identity=view.identity)


def _told(sentences: Sequence[str], refused: int) -> str:
    told = sentences[0] if len(sentences) == 1 else f"{len(sentences)} rows: {sentences[0]} …"
    return f"{told} {refused} of the chosen rows were left as they are." if refused else told


def _link(view: AdminView, rows: Sequence[Any]) -> tuple[str, str] | None:
    if len(rows) == 1 and getattr(rows[0], "is_published", False):
        return ("See it on the site", view.public_url(rows[0]))
    return None


routes = [Route("/{identity}/decide/{decision}", confirm_or_carry_out, methods=["GET", "POST"])]
