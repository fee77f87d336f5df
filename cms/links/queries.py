"""Which links lead nowhere, and for whom that is work."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from cms.links.models import BrokenLink


def broken(reaches: Mapping[type[Any], ColumnElement[bool]]) -> Select[BrokenLink]:
    """The broken links in those rows of each model that its condition reaches, the newest first."""
    conditions = (
        and_(
            BrokenLink.table_name == model.__tablename__,
            select(model.id).where(model.id == BrokenLink.row_id, reach).exists(),
        )
        for model, reach in reaches.items()
    )
    return select(BrokenLink).where(or_(false(), *conditions)).order_by(BrokenLink.found_at.desc(), BrokenLink.id)
