"""Boxes of the old site."""

from cms.boxes.models import Box
from cms.core.legacy import Known, LegacyRow, LegacyTable, Refused, Values

GENERATED = frozenset({"supernav-python-downloads", "homepage-downloads", "download-sources"})
"""The old site wrote these itself at each release; ours are templates that read the releases."""


def _box(row: LegacyRow, values: Values, known: Known) -> None:
    label = row.strip(values, "label")
    if not label:
        raise Refused("It has no label, so nothing could show it.")
    known.claim_alone(row, "label", label)
    if label in GENERATED:
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
