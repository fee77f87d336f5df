"""Links by which people without an account look at what is not public yet; each ends by itself, or when told to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, Select, String, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import audit, clock, publishing, tokens
from cms.core.database import Base, Recorded
from cms.core.errors import Invalid, NotFound
from cms.core.permissions import Actor, require
from cms.core.settings import Settings

PURPOSE = "preview"
DAYS: Sequence[int] = (1, 7, 30)
"""How long a link may be good for."""

ENDED = "This link has ended, or was never one of ours."
"""The one answer to every link that shows nothing, so that nobody learns which of them ever did."""


class PreviewLink(Recorded, Base):
    """A link that was given out; its token names this row, so that ending it here ends the link."""

    __tablename__ = "preview_links"
    __table_args__ = (Index("ix_preview_links_row", "table_name", "row_id", postgresql_where=text("ended_at IS NULL")),)
    audited = False
    invalidates = ()

    table_name: Mapped[str] = mapped_column(String(63))
    row_id: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def open_links(row: Any) -> Select[PreviewLink]:
    """Select the links that show this row at present, the newest first."""
    return (
        select(PreviewLink)
        .where(PreviewLink.table_name == row.__tablename__, PreviewLink.row_id == row.id, *_is_open())
        .order_by(PreviewLink.id.desc())
    )


async def make_link(session: AsyncSession, row: Any, *, days: int, by: Actor, settings: Settings) -> str:
    """Return the token of a new link that shows the newest state of the row.

    Raises PermissionDenied unless `by` may edit the row, and Invalid for a time that is not offered.
    """
    await require(session, by, row.publish_permission.beside("edit"), row)
    if days not in DAYS:
        raise Invalid.in_fields({"days": [f"A link can be good for {', '.join(map(str, DAYS))} days."]})
    expires_at = clock.now() + timedelta(days=days)
    link = PreviewLink(table_name=row.__tablename__, row_id=row.id, made_by_id=by.id, expires_at=expires_at)
    session.add(link)
    await session.flush()
    audit.record(session, row, action="make preview link", remark=f"Until {expires_at:%Y-%m-%d %H:%M} UTC.")
    return tokens.sign({"link": link.id}, purpose=PURPOSE, settings=settings)


async def end_links(session: AsyncSession, row: Any, *, by: Actor) -> int:
    """End every link that shows the row, and return how many there were. Raises PermissionDenied."""
    await require(session, by, row.publish_permission.beside("edit"), row)
    links = (await session.scalars(open_links(row).with_for_update())).all()
    for link in links:
        link.ended_at = clock.now()
    if links:
        audit.record(session, row, action="end preview links", remark=f"{len(links)} in all.")
    return len(links)


async def shown_by(session: AsyncSession, token: str, *, settings: Settings) -> tuple[Any, datetime]:
    """Return the row that a link shows, with its unpublished changes and in no session, and when the link ends.

    Raises NotFound, in the same words whatever is wrong with the link.
    """
    try:
        payload = tokens.read(token, purpose=PURPOSE, max_age=timedelta(days=max(DAYS)), settings=settings)
    except Invalid:
        raise NotFound(ENDED) from None
    link = await session.scalar(select(PreviewLink).where(PreviewLink.id == payload.get("link"), *_is_open()))
    models = {model.__tablename__: model for model in publishing.publishable_models()}
    row = await session.get(models[link.table_name], link.row_id) if link and link.table_name in models else None
    if link is None or row is None:
        raise NotFound(ENDED)
    return await as_shown(session, row), link.expires_at


async def as_shown(session: AsyncSession, row: Any) -> Any:
    """Return the row as it would be with its unpublished changes and its children, in no session."""
    for relation in row.revised_children:  # Nothing can be loaded any more once the row is in no session.
        await session.refresh(row, [relation])
    return await publishing.as_drafted(session, row)


def _is_open() -> tuple[Any, Any]:
    return PreviewLink.ended_at.is_(None), PreviewLink.expires_at > clock.now()
