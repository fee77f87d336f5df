"""The revisions of a row: every saved state, two of them side by side, and the way back to one."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from admin import formats, forms
from admin.authorization import require_somewhere
from admin.base import AdminView, Reached
from admin.comparing import ChildDifference, Difference, child_differences, differences
from admin.rendering import go_to, render
from admin.requests import resources_of
from admin.scheduling import publishable_view
from admin.urls import url_to
from cms.core import publishing, revisions
from cms.core.errors import CMSError, Invalid, NotFound, PermissionDenied
from cms.core.revisions import Revision
from cms.users.models import User

REVISIONS_A_PAGE = 50
LIVE = "live"
"""In an address: the state that the row is in, instead of the number of a revision."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two states of one row, and how they differ."""

    before_label: str
    after_label: str
    fields: list[Difference]
    children: list[tuple[str, list[ChildDifference]]]

    @property
    def is_empty(self) -> bool:
        return not self.fields and not any(found for _, found in self.children)


async def show_revisions(request: Request) -> Response:
    """List the saved states of a row, and show two of them side by side."""
    view = publishable_view(request)
    user = require_somewhere(request, view.permissions.view)
    async with resources_of(request).sessionmaker() as session:
        reached = await view.find(session, user, request.path_params["pk"])
        return await _show(request, session, view, reached)


async def restore(request: Request) -> Response:
    """Put the row back into the chosen state: as a draft, if it is live."""
    view = publishable_view(request)
    user = require_somewhere(request, view.permissions.edit)
    posted = await forms.read_form(request)
    async with resources_of(request).sessionmaker() as session:
        reached = await view.find(session, user, request.path_params["pk"], lock=True)
        if not reached.may_edit:
            raise PermissionDenied(f"You may read “{reached.row}”, but not change it.")
        revision = await _revision(session, reached.row, str(posted.get("revision", "")))
        try:
            await _restore(session, reached.row, revision, by=user)
        except Invalid as refusal:
            await session.rollback()
            session.expunge_all()
            reached = await view.find(session, user, request.path_params["pk"])
            return await _show(request, session, view, reached, refusal=refusal)
    what = "kept as a draft; the public still sees what is live" if reached.row.is_published else "saved"
    saying = f"The state of {formats.exact(revision.saved_at)} is {what}."
    return go_to(request, url_to("edit", identity=view.identity, pk=reached.row.id), saying=saying)


async def _restore(session: AsyncSession, row: Any, revision: Revision, *, by: User) -> None:
    await publishing.restore(session, row, revision, by=by)
    await session.commit()


async def _show(
    request: Request, session: AsyncSession, view: AdminView, reached: Reached, *, refusal: CMSError | None = None
) -> Response:
    row = reached.row
    found = list(await session.scalars(revisions.revisions_of(row).limit(REVISIONS_A_PAGE)))
    before, after = _asked(request, row, found)
    context = {
        "view": view,
        "row": row,
        "reached": reached,
        "revisions": found,
        "before": before,
        "after": after,
        "comparison": await _compare(session, view, row, before, after) if before and after else None,
        "problems": _sentences(refusal),
        "title": f"Revisions of “{row}”",
    }
    return await render(request, "revisions.html", context, status_code=refusal.status_code if refusal else 200)


def _sentences(refusal: CMSError | None) -> list[str]:
    if isinstance(refusal, Invalid) and refusal.errors:
        return [sentence for sentences in refusal.errors.values() for sentence in sentences]
    return [refusal.message] if refusal else []


def _asked(request: Request, row: Any, found: list[Revision]) -> tuple[str, str]:
    """Return the two states that the address names or, where it names none, the two that matter most."""
    before, after = (request.query_params.get(name, "") for name in ("from", "to"))
    if before and after:
        return before, after
    if row.has_draft:
        return LIVE, str(row.draft_id)
    saved = [revision for revision in found if not revision.is_draft]
    return (str(saved[1].id), str(saved[0].id)) if len(saved) > 1 else ("", "")


async def _compare(session: AsyncSession, view: AdminView, row: Any, before: str, after: str) -> Comparison:
    (old_label, old), (new_label, new) = [await _state(session, row, name) for name in (before, after)]
    words = await _Words.of(session, view, old, new)
    inlines = [inline for inline in view.inlines if inline.relation in view.model.revised_children]  # type: ignore[attr-defined]  # it is Publishable

    def compare() -> Comparison:
        return Comparison(
            old_label,
            new_label,
            differences(old, new, labels=view.label_of, shown=words.shown),
            [
                (
                    inline.label,
                    child_differences(
                        old.get(inline.relation, ()),
                        new.get(inline.relation, ()),
                        labels=lambda name, labels=inline.labels: labels.get(name, view.label_of(name)),  # type: ignore[misc]  # mypy infers no lambda with a default
                        shown=words.shown,
                    ),
                )
                for inline in inlines
            ],
        )

    return await asyncio.to_thread(compare)


async def _state(session: AsyncSession, row: Any, name: str) -> tuple[str, Mapping[str, Any]]:
    """Return a state's name for people, and its values."""
    if name == LIVE:
        return ("Live now" if row.is_published else "As it is now"), await revisions.snapshot(session, row)
    revision = await _revision(session, row, name)
    kind = "draft" if revision.is_draft else "saved"
    return f"{formats.exact(revision.saved_at)}, {kind} by {revision.saved_by_name or 'the system'}", revision.values


async def _revision(session: AsyncSession, row: Any, key: str) -> Revision:
    """Return a revision of this very row; raises NotFound for any other."""
    if not key.isdecimal() or not key.isascii() or len(key) > 18:
        raise NotFound("There is no such revision.")
    revision = await session.scalar(revisions.revisions_of(row).where(Revision.id == int(key)))
    if revision is None:
        raise NotFound("There is no such revision.")
    return revision


class _Words:
    """Values in the words of people: choices by their labels, related rows by their names."""

    def __init__(self, view: AdminView, names: Mapping[tuple[str, Any], str]) -> None:
        self._view = view
        self._names = names

    @classmethod
    async def of(cls, session: AsyncSession, view: AdminView, *states: Mapping[str, Any]) -> "_Words":
        names: dict[tuple[str, Any], str] = {}
        models = [(view.mapper, states)]
        for relation in view.model.revised_children:  # type: ignore[attr-defined]  # it is Publishable
            children = [child for state in states for child in state.get(relation, ())]
            models.append((view.mapper.relationships[relation].mapper, tuple(children)))
        for mapper, rows in models:
            names |= await _names_of_related(session, mapper, rows)
        return cls(view, names)

    def shown(self, name: str, value: Any) -> str:
        if (name, value if isinstance(value, int) else None) in self._names:
            return self._names[name, value]
        return formats.recorded(self._view._in_words(name, value))  # noqa: SLF001 - of our own base class


async def _names_of_related(
    session: AsyncSession, mapper: Mapper[Any], rows: tuple[Mapping[str, Any], ...]
) -> dict[tuple[str, Any], str]:
    """Return (foreign key, value) → the name of the row it points to, for all values of these states."""
    names: dict[tuple[str, Any], str] = {}
    for relation in mapper.relationships:
        column = next(iter(relation.local_columns))
        name = str(column.key)
        keys = {row[name] for row in rows if isinstance(row.get(name), int)} if column.foreign_keys else set()
        if keys:
            related = relation.mapper.class_
            found = await session.scalars(select(related).where(related.id.in_(keys)))
            names |= {(name, row.id): str(row) for row in found}
    return names


routes = [
    Route("/{identity}/revisions/{pk}", show_revisions),
    Route("/{identity}/revisions/{pk}/restore", restore, methods=["POST"]),
]
