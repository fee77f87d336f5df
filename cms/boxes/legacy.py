"""Boxes of the old site."""

from cms.boxes.models import Box
from cms.boxes.placement import MADE_BY_THE_SITE
from cms.core.legacy import Known, LegacyRow, LegacyTable, Refused, Values


def _box(row: LegacyRow, values: Values, known: Known) -> None:
    label = row.strip(values, "label")
    if not label:
        raise Refused("It has no label, so nothing could show it.")
    known.claim_alone(row, "label", label)
    if label in MADE_BY_THE_SITE:
        known.remark(
            row.table,
            "Boxes about the newest release are kept, but not shown: the site now makes them from the releases.",
        )
    values["is_published"], values["first_published_at"] = True, values["created_at"]


BOXES = LegacyTable(
    source="boxes_box",
    model=Box,
    columns={
        "id": "id",
        "label": "label",
        "created_at": "created",
        "updated_at": "updated",
        "created_by_id": "creator_id",
        "updated_by_id": "last_modified_by_id",
    },
    markup="content",
    derived=frozenset({"is_published", "first_published_at"}),
    convert=_box,
)
