"""Which boxes there are."""

from collections.abc import Collection

from sqlalchemy import Select, or_, select

from cms.boxes.models import Box
from cms.core.permissions import Actor, Permission, scope_condition
from cms.core.publishing import is_live


def labelled(labels: Collection[str]) -> Select[Box]:
    """The boxes with these labels, drafts included."""
    return select(Box).where(Box.label.in_(labels))


def labels_among(labels: Collection[str]) -> Select[str]:
    """Those of the labels of which there is a box."""
    return select(Box.label).where(Box.label.in_(labels))


def shown(labels: Collection[str]) -> Select[Box]:
    """Of the boxes with these labels, those that the public sees."""
    return labelled(labels).where(is_live(Box))


def visible_to(actor: Actor | None) -> Select[Box]:
    """Boxes that the public may see, and the drafts that this person may see."""
    if actor is None:
        return select(Box).where(is_live(Box))
    return select(Box).where(or_(is_live(Box), scope_condition(actor, Permission.BOXES_VIEW, Box)))
