"""Which pages there are for whom."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import load_only, selectinload

from cms.core.permissions import Actor, Permission, allows, row_rule, row_scope, scope_condition
from cms.core.publishing import is_live
from cms.pages.models import Page


def live() -> Select[Page]:
    """Pages that the public may see, by title."""
    return select(Page).where(is_live(Page)).order_by(Page.title, Page.path)


def at_path(path: str) -> Select[Page]:
    """The page at a path, drafts included; slashes at either end do not matter."""
    return select(Page).where(is_at(path))


def is_at(path: str) -> ColumnElement[bool]:
    """Return the condition that a page is the one at a path; slashes at either end do not matter."""
    return Page.path == path.strip("/")


def visible_to(actor: Actor | None) -> Select[Page]:
    """Pages that the public may see, and the drafts that this person may see."""
    return select(Page).where(is_visible_to(actor))


def is_visible_to(actor: Actor | None) -> ColumnElement[bool]:
    """Return the condition under which this person, or the public, may see a page."""
    if actor is None:
        return is_live(Page)
    return or_(is_live(Page), scope_condition(actor, Permission.PAGES_VIEW, Page))


def briefly(pages: Select[Page]) -> Select[Page]:
    """The same pages with what lists show of them, without their texts."""
    return pages.options(load_only(Page.title, Page.path, Page.updated_at, raiseload=True))


def around(path: str) -> Select[Page]:
    """The live pages above this path, beside it and right below it, by title and without their texts."""
    parent = path.rpartition("/")[0]
    above = [path[:slash] for slash, character in enumerate(path) if character == "/"]
    return briefly(live()).where(
        or_(Page.path.in_([*above, path]), _right_below(path), _right_below(parent) if parent else false())
    )


def with_files() -> Select[Page]:
    """Pages together with their images and documents."""
    return select(Page).options(selectinload(Page.images), selectinload(Page.documents))


@row_scope("path", Page)
def under(paths: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a page lies at one of the paths or below it."""
    plain = [path.strip("/") for path in paths]
    return or_(false(), *(or_(Page.path == path, Page.path.startswith(f"{path}/", autoescape=True)) for path in plain))


def _right_below(path: str) -> ColumnElement[bool]:
    inside = Page.path.startswith(f"{path}/", autoescape=True)
    return and_(inside, ~func.substr(Page.path, len(path) + 2).contains("/"))


@row_rule(Permission.PAGES_DELETE, Page)
def deletable_state(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that a page is a draft, unless the person may take down what is live."""
    return or_(Page.is_published.is_(False), allows(actor, Permission.PAGES_PUBLISH))  # type: ignore[arg-type]  # a bool is a constant condition
