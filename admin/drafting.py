"""Drafts on the form: what a save means for a live row, and what the form's page tells of unpublished changes."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from admin.base import AdminView
from cms.core import audit, publishing
from cms.core.permissions import allows
from cms.core.publishing import Publishable
from cms.core.revisions import Revision
from cms.users.models import User


async def show_draft(session: AsyncSession, row: Any) -> None:
    """Put the unpublished changes onto the row, to be shown; the session is for nothing but showing from here on."""
    if isinstance(row, Publishable) and row.has_draft:
        session.sync_session.autoflush = False
        await publishing.put_draft_onto(session, row, is_written=False)


async def save(
    session: AsyncSession, row: Any, write: Callable[[], Awaitable[None]], *, by: User, is_new: bool, remark: str
) -> str:
    """Have `write` change the row or, where that is live, keep a draft of it; return what to say of a draft."""
    if not isinstance(row, Publishable):
        await write()
        return ""
    had_draft = row.has_draft

    async def write_on() -> None:
        await publishing.put_draft_onto(session, row)
        await write()

    if row.is_published and not is_new:
        draft = await publishing.keep_draft(session, row, write_on, by=by, remark=remark)
        return _told_of(row, draft, had_draft=had_draft)
    if remark:
        audit.remark(session, row, remark)
    await write_on()
    row.draft_id = None
    return ""


def _told_of(row: Any, draft: Revision | None, *, had_draft: bool) -> str:
    if draft is not None:
        return f"Your changes of “{row}” are kept as a draft. The public still sees what is live."
    return f"“{row}” is again as it is live; there is no draft any more." if had_draft else "Nothing has changed."


async def about(session: AsyncSession, view: AdminView, row: Any, user: User) -> dict[str, Any]:
    """Return what the form's page shows of drafts: whether there is one, whose, and what may be done with it."""
    model: type[Any] = view.model
    is_publishable = issubclass(model, Publishable)
    may_publish = is_publishable and allows(user, model.publish_permission)
    draft = await session.get(Revision, row.draft_id) if is_publishable and row is not None and row.has_draft else None
    return {"is_publishable": is_publishable, "may_publish": may_publish, "draft": draft}
