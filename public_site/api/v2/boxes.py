"""Boxes of the site in the API."""

from cms.boxes import queries, services
from cms.boxes.models import Box
from cms.core.permissions import Permission
from public_site.api.v2.fields import FILTER, LONG, ORDER, REQUIRED, WRITTEN, stored
from public_site.api.v2.resources import Resource, Writing, publishing_decisions

MOMENT = "2025-12-05T12:00:00Z"

BOXES = Resource(
    path="boxes",
    one="box",
    model=Box,
    key="label",
    seen_by=queries.visible_to,
    order=("label",),
    fields=(
        stored(Box.id, "Its number.", example=3),
        stored(Box.label, "The name by which templates call it.", REQUIRED | FILTER | ORDER, example="download-pgp"),
        stored(Box.is_published, "Whether the public sees it.", FILTER, example=True),
        stored(Box.content, "Its text.", WRITTEN | LONG, example="Releases are *signed*."),
        stored(Box.content_kind, "What `content` is written in.", WRITTEN, example="markdown"),
        stored(Box.content_html, "What becomes of `content`.", LONG, example="<p>Releases are <em>signed</em>.</p>"),
        stored(Box.created_at, "When it was made.", example=MOMENT),
        stored(Box.updated_at, "When it was saved last.", FILTER | ORDER, example=MOMENT),
    ),
    writing=Writing(
        save=services.save_box,
        remove=services.delete_box,
        edit=Permission.BOXES_EDIT,
        delete=Permission.BOXES_DELETE,
        decisions=publishing_decisions(Box),
    ),
)
