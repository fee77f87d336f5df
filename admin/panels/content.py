"""Panels of what is written and published: my drafts, what goes live or expires soon, what others published.

All tables of content are asked in one statement for each panel, however many tables there are.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    String,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    text,
    union_all,
)

from admin.base import AdminView
from admin.columns import STATE_WORDS, badge
from admin.panels.panel import MOST, SHOWN, Desk, Line, Panel
from cms.core import clock
from cms.core.audit import AuditEntry
from cms.core.revisions import Revision

SOON = timedelta(days=14)
LATELY = timedelta(days=14)
SAVED = "saved"
LABELS = ("title", "name", "label")
STATE = ("is_published", "is_in_review", "publish_at", "expire_at", "draft_id")


async def my_drafts(desk: Desk) -> Panel:
    """What the person wrote last and the public does not see yet: drafts, and changes of what is live."""
    arms = []
    for view in desk.publishable:
        if not view.is_open_to(desk.user, "edit"):
            continue
        model: Any = view.model
        reach = view.reach(desk.user, view.permissions.edit)
        of_mine = exists().where(Revision.id == model.draft_id, Revision.saved_by_id == desk.user.id)
        arms.append(_arm(view, reach, model.is_published.is_(False), model.updated_by_id == desk.user.id))
        arms.append(_arm(view, reach, model.is_published.is_(True), model.draft_id.is_not(None), of_mine))
    help_text = "What you wrote last and the public does not see yet."
    return Panel("My drafts", await _lines(desk, arms), help=help_text)


async def coming_up(desk: Desk) -> Panel:
    """What goes live or expires within two weeks, the next first."""
    now = clock.now()
    arms = []
    for view in desk.publishable:
        model: Any = view.model
        reach = view.reach(desk.user, view.permissions.view)
        arms += [
            _arm(view, reach, model.publish_at.between(now, now + SOON), moment=model.publish_at, says="goes live"),
            _arm(
                view,
                reach,
                model.is_published.is_(True),
                model.expire_at.between(now, now + SOON),
                moment=model.expire_at,
                says="expires",
            ),
        ]
    return Panel("Coming up", await _lines(desk, arms, is_ascending=True), help="Within the next two weeks.")


async def published_by_others(desk: Desk) -> Panel:
    """What somebody else, or the schedule, published within two weeks, the latest first."""
    views = {str(view.mapper.local_table.description): view for view in desk.publishable}
    entries = await desk.session.execute(
        select(AuditEntry.table_name, AuditEntry.row_id, AuditEntry.row_label, AuditEntry.actor_name, AuditEntry.at)
        .where(
            AuditEntry.action == "publish",
            AuditEntry.at > clock.now() - LATELY,
            AuditEntry.actor_id.is_distinct_from(desk.user.id),
            AuditEntry.table_name.in_(views),
        )
        .order_by(AuditEntry.at.desc())
        .limit(MOST)
    )
    latest = {(entry.table_name, entry.row_id): entry for entry in reversed(entries.all())}
    live = await _live(desk, views, list(latest))
    lines = [
        Line(
            label=entry.row_label,
            url=desk.url_of_row(views[entry.table_name], entry.row_id),
            moment=entry.at,
            detail=f"by {entry.actor_name or 'the schedule'}",
        )
        for entry in sorted(latest.values(), key=lambda entry: entry.at, reverse=True)
        if (entry.table_name, entry.row_id) in live
    ]
    return Panel("Published by others", lines, help="In the last two weeks.")


async def _live(desk: Desk, views: dict[str, AdminView], keys: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return which of these rows are live still and within the person's reach."""
    arms = []
    for table in sorted({table for table, _ in keys}):
        view = views[table]
        model: Any = view.model
        ids = [row_id for name, row_id in keys if name == table]
        arms.append(
            select(literal(table), model.id).where(
                model.id.in_(ids), model.is_published, view.reach(desk.user, view.permissions.view)
            )
        )
    return {(table, row_id) for table, row_id in await desk.session.execute(union_all(*arms))} if arms else set()


def _arm(view: AdminView, *conditions: ColumnElement[bool], moment: Any = None, says: str = SAVED) -> Select[Any]:
    """Select rows of one table in the form in which those of all tables can be put together."""
    model: Any = view.model
    moment = model.updated_at if moment is None else moment
    label = next((getattr(model, name) for name in LABELS if name in view.mapper.columns), cast(null(), String))
    order = moment if says != SAVED else moment.desc()
    return (
        select(
            literal(view.identity).label("identity"),
            model.id.label("row_id"),
            cast(
                func.coalesce(func.nullif(label, ""), literal(view.name) + " " + cast(model.id, String)), String
            ).label("label"),
            *(getattr(model, name).label(name) for name in STATE),
            cast(moment, DateTime(timezone=True)).label("moment"),
            literal(says).label("says"),
        )
        .where(*conditions)
        .order_by(order)
        .limit(MOST)
    )


async def _lines(desk: Desk, arms: Sequence[Select[Any]], *, is_ascending: bool = False) -> list[Line]:
    """Return a line for each row of all tables, by their moment; of those only counted no more than the name."""
    if not arms:
        return []
    views = {view.identity: view for view in desk.views}
    order = text("moment") if is_ascending else text("moment DESC")
    rows = (await desk.session.execute(union_all(*arms).order_by(order))).all()
    complete = [_line(desk, views[row.identity], row) for row in rows[:SHOWN]]
    return [*complete, *(Line(row.label) for row in rows[SHOWN:])]


def _line(desk: Desk, view: AdminView, row: Any) -> Line:
    return Line(
        label=row.label,
        url=desk.url_of_row(view, row.row_id),
        state=_state(view, row),
        moment=row.moment,
        detail="" if row.says == SAVED else row.says,
    )


def _state(view: AdminView, row: Any) -> Markup:
    """Show the state of a row of which no more than that was fetched; its moments are told beside it."""
    fetched: Any = view.model(**{name: getattr(row, name) for name in STATE})
    marks = [badge(STATE_WORDS[fetched.state], fetched.state)]
    if fetched.has_draft:
        marks.append(badge("With draft", "draft"))
    if fetched.is_in_review:
        marks.append(badge("In review", "review"))
    return Markup(" ").join(marks)
