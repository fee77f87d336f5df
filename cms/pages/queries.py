"""Which pages there are for whom."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import selectinload

from cms.core.permissions import Actor, Permission, allows, row_rule, row_scope
from cms.core.publishing import is_live
from cms.pages.models import Page


def live() -> Select[tuple[Page]]:
    """Pages that the public may see, by title."""
    return select(Page).where(is_live(Page)).order_by(Page.title, Page.path)


def at_path(path: str) -> Select[tuple[Page]]:
    """The page at a path, drafts included; slashes at either end do not matter."""
    return select(Page).where(Page.path == path.strip("/"))


def with_files() -> Select[tuple[Page]]:
    """Pages together with their images and documents."""
    return select(Page).options(selectinload(Page.images), selectinload(Page.documents))


@row_scope("path", Page)
def under(paths: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a page lies at one of the paths or below it."""
    plain = [path.strip("/") for path in paths]
    return or_(false(), *(or_(Page.path == path, Page.path.startswith(f"{path}/", autoescape=True)) for path in plain))


@row_rule(Permission.PAGES_EDIT, Page)
def editable_state(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that a page is a draft, unless the person may publish and so change what is live."""
    return or_(Page.is_published.is_(False), allows(actor, Permission.PAGES_PUBLISH))  # type: ignore[arg-type]  # a bool is a constant condition


@row_rule(Permission.PAGES_DELETE, Page)
def deletable_state(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that a page is a draft, unless the person may take down what is live."""
    return editable_state(actor)
