"""One action on more rows than a person waits for: a page that says what will happen, then a run in the background."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

import cms.bulk_actions  # noqa: F401 - registers what can be done to many rows.
from admin import formats
from admin.base import AdminView
from admin.choosing import Chosen, all_matching, asked_for
from admin.facets import chips_of
from admin.rendering import go_to, render
from admin.urls import url_to
from cms.core import bulk
from cms.core.bulk import MOST_IN_A_RUN, BulkRun
from cms.core.errors import Invalid
from cms.core.permissions import Permission
from cms.users.models import User

EXAMPLES = 10


@dataclass(frozen=True, kw_only=True)
class Intended:
    """What shall be done to all rows that match."""

    action: str
    label: str
    permission: Permission
    consequence: str
    address: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    """What the form of confirmation sends besides, so that it means the same."""

    ready: ColumnElement[bool] | None = None
    """The rows on which it can be done; None where it can be on every row."""

    tone: str = "primary"


@dataclass(frozen=True, slots=True)
class Reckoned:
    """How many rows match, how many of them the person's roles reach, and how many of these are ready."""

    matching: int
    allowed: int
    ready: int

    @property
    def not_allowed(self) -> int:
        return self.matching - self.allowed

    @property
    def not_ready(self) -> int:
        return self.allowed - self.ready


async def confirm_or_start(
    session: AsyncSession,
    request: Request,
    view: AdminView,
    user: User,
    *,
    intended: Intended,
    chosen: Chosen,
    posted: FormData | None,
) -> Response:
    """Say what will happen to how many rows; once that is confirmed and still true, start the run."""
    matching = all_matching(view, user, chosen)
    allowed = view.reach(user, intended.permission)
    ready = true() if intended.ready is None else intended.ready
    reckoned = await _reckon(session, matching, allowed, ready)
    concerned = matching.where(allowed, ready)
    asked = asked_for(view, user, chosen)
    narrowed_by = chips_of(view, request, asked)
    is_as_told = posted is not None and posted.get("expected") == str(reckoned.ready)
    if not is_as_told or not reckoned.ready:
        context = {
            "view": view,
            "intended": intended,
            "chosen": chosen,
            "reckoned": reckoned,
            "examples": await _examples(session, view, concerned),
            "narrowed_by": narrowed_by,
            "has_changed": posted is not None,
            "list_url": list_url(view, chosen),
            "title": f"{intended.label}, for all {view.name_plural.lower()} that match",
        }
        status_code = HTTPStatus.OK if posted is None else HTTPStatus.CONFLICT
        return await render(request, "bulk_confirm.html", context, status_code=status_code)
    words = "; ".join(str(chip) for chip in narrowed_by)
    run = await _start(session, view, concerned, intended=intended, words=words, query=asked.query, by=user)
    return go_to(request, url_to("run", pk=run.id))


async def _start(
    session: AsyncSession,
    view: AdminView,
    concerned: Select[Any],
    *,
    intended: Intended,
    words: str,
    query: str,
    by: User,
) -> BulkRun:
    run = await bulk.start(
        session,
        concerned,
        actions=bulk.actions_of(view.mapper.local_table.description),
        action=intended.action,
        arguments=intended.arguments,
        label=f"{intended.label} ({view.name_plural.lower()})",
        narrowed_by=words,
        list_name=view.identity,
        list_query=query,
        by=by,
    )
    await session.commit()
    return run


def list_url(view: AdminView, chosen: Chosen) -> str:
    """Return the address of the list that the rows were chosen from."""
    return url_to("list", identity=view.identity) + (f"?{chosen.query}" if chosen.query else "")


async def _reckon(
    session: AsyncSession, matching: Select[Any], allowed: ColumnElement[bool], ready: ColumnElement[bool]
) -> Reckoned:
    """Count the rows. Raises Invalid where they are more than a run takes."""
    marks = [allowed.label("is_allowed"), ready.label("is_ready")]
    shown = matching.with_only_columns(*marks, maintain_column_froms=True).limit(MOST_IN_A_RUN + 1).subquery()
    both = shown.c.is_allowed & shown.c.is_ready
    counted = select(func.count(), func.count().filter(shown.c.is_allowed), func.count().filter(both))
    total, reached, ready_ones = (await session.execute(counted.select_from(shown))).one()
    if total > MOST_IN_A_RUN:
        raise Invalid(f"More than {formats.number(MOST_IN_A_RUN)} rows match; narrow the list first.")
    return Reckoned(total, reached, ready_ones)


async def _examples(session: AsyncSession, view: AdminView, concerned: Select[Any]) -> list[Any]:
    """Return the first rows that are concerned, for people to see what they chose."""
    some = concerned.order_by(view.mapper.columns["id"]).limit(EXAMPLES).options(*view.list_options())
    return [record[0] for record in (await session.execute(some)).unique()]
