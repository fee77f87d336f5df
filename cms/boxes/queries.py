"""Which boxes there are."""

from collections.abc import Collection

from sqlalchemy import Select, select

from cms.boxes.models import Box
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
