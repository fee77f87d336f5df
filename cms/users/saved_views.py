"""Lists of the back office as people have named them: what to search, filter, sort and show."""

from sqlalchemy import Boolean, ForeignKey, Index, Select, String, Text, UniqueConstraint, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms.core.database import Base, Identified, Timestamped
from cms.core.errors import Invalid, NotFound
from cms.core.integrity import explain_constraint
from cms.users.models import User

LONGEST_NAME = 60
LONGEST_QUERY = 2000
MOST_VIEWS = 50
NAME_TAKEN = "You have a view of this name already; choose another one."

explain_constraint("uq_saved_views_user_id", field="name", sentence=NAME_TAKEN)


class SavedView(Identified, Timestamped, Base):
    """A list in one state, named by a person; the others see it where it is shared, and cannot change it."""

    __tablename__ = "saved_views"
    __table_args__ = (
        UniqueConstraint("user_id", "list_name", "name"),
        Index("uq_saved_views_default", "user_id", "list_name", unique=True, postgresql_where=text("is_default")),
        Index("ix_saved_views_shared", "list_name", postgresql_where=text("is_shared")),
    )
    invalidates = ()

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    list_name: Mapped[str] = mapped_column(String(60))
    """The list as its address names it, such as “pages”."""

    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    query: Mapped[str] = mapped_column(Text, default="")
    """The query of the list's address, without its pages."""

    is_shared: Mapped[bool] = mapped_column(Boolean, default=False)
    is_default: Mapped[bool] = mapped_column(Boolean, default=False)

    def __str__(self) -> str:
        return self.name


def views_of(list_name: str, user: User) -> Select[SavedView]:
    """The views of a list that the person sees: their own, then those that others share."""
    return (
        select(SavedView)
        .where(SavedView.list_name == list_name, or_(SavedView.user_id == user.id, SavedView.is_shared))
        .order_by(SavedView.user_id != user.id, SavedView.name, SavedView.id)
    )


async def own_view(session: AsyncSession, view_id: int, *, by: User) -> SavedView:
    """Return a view of the person's own, locked. Raises NotFound for anybody else's."""
    found = select(SavedView).where(SavedView.id == view_id, SavedView.user_id == by.id).with_for_update()
    view = (await session.scalars(found)).one_or_none()
    if view is None:
        message = "You have no such view; those that others share can only be read."
        raise NotFound(message)
    return view


async def save_view(
    session: AsyncSession, list_name: str, *, name: str, query: str, is_shared: bool, by: User
) -> SavedView:
    """Keep a list's present state under a name.

    Raises Invalid for a name that is empty or taken, for a query that is too long, and for one view too many.
    """
    own = (await session.scalars(select(SavedView).where(SavedView.user_id == by.id).limit(MOST_VIEWS))).all()
    if len(own) == MOST_VIEWS:
        raise Invalid(f"You have {MOST_VIEWS} views; delete one that you no longer need.")
    view = SavedView(user_id=by.id, list_name=list_name, is_shared=is_shared)
    narrow(view, query=query)
    await rename(session, view, name=name)
    session.add(view)
    await session.flush()
    return view


def narrow(view: SavedView, *, query: str) -> None:
    """Have a view show the list in another state. Raises Invalid for a query that is too long."""
    if len(query) > LONGEST_QUERY:
        raise Invalid("This narrows the list by more than a view can hold; drop a filter or shorten the search.")
    view.query = query


async def rename(session: AsyncSession, view: SavedView, *, name: str) -> None:
    """Call a view something else. Raises Invalid for a name that is empty or taken."""
    wanted = " ".join(name.split())
    if not wanted or len(wanted) > LONGEST_NAME:
        raise Invalid.in_fields({"name": [f"Give the view a name of at most {LONGEST_NAME} letters."]})
    others = select(SavedView.id).where(
        SavedView.user_id == view.user_id,
        SavedView.list_name == view.list_name,
        SavedView.name == wanted,
        SavedView.id != (view.id or 0),
    )
    if await session.scalar(others) is not None:
        raise Invalid.in_fields({"name": [NAME_TAKEN]})
    view.name = wanted


async def make_default(session: AsyncSession, view: SavedView) -> None:
    """Open the list with this view from now on, and no longer with another one."""
    same_list = select(SavedView).where(
        SavedView.user_id == view.user_id, SavedView.list_name == view.list_name, SavedView.is_default
    )
    for other in await session.scalars(same_list):
        other.is_default = False
    await session.flush()
    view.is_default = True
