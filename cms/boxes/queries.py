"""Which boxes there are."""

from collections.abc import Collection

from sqlalchemy import Select, select

from cms.boxes.models import Box


def labelled(labels: Collection[str]) -> Select[Box]:
    """The boxes with these labels."""
    return select(Box).where(Box.label.in_(labels))
