"""The media library in the back office."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, not_
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from admin.base import AdminView, Fieldset, Reached
from admin.columns import in_bytes
from admin.filters import ChoiceFilter, Filter, SinceFilter
from admin.media_shown import facts_of, uses_of
from admin.requests import user_of
from cms.core.permissions import Permission, allows
from cms.media import queries, services
from cms.media.models import MediaItem, MediaKind
from cms.media.variants import address_of, thumbnail_of


@dataclass(frozen=True)
class UseFilter(Filter):
    """Whether anything that is saved names the item."""

    @property
    def name(self) -> str:
        return "use"

    def choices(self) -> Sequence[tuple[str, str]]:
        return [("used", "Used somewhere"), ("unused", "Used nowhere")]

    def condition(self, value: str) -> ColumnElement[bool] | None:
        return {"used": queries.is_used(), "unused": not_(queries.is_used())}.get(value)


@dataclass(frozen=True)
class DescriptionFilter(Filter):
    """Whether an image says what it shows."""

    def choices(self) -> Sequence[tuple[str, str]]:
        return [("missing", "Missing"), ("decorative", "Decoration, needs none")]

    def condition(self, value: str) -> ColumnElement[bool] | None:
        conditions = {
            "missing": queries.lacks_alternative_text(),
            "decorative": MediaItem.is_decorative.is_(True),
        }
        return conditions.get(value)


class MediaAdmin(AdminView, model=MediaItem):
    identity = "media"
    name = "Image or document"
    name_plural = "Media"
    category = "Content"
    permission_area = "media"
    saving = staticmethod(services.save_item)
    removing = staticmethod(services.delete_item)
    list_help = "Images and documents that pages show and offer. A replaced file keeps its address."
    list_template = "media_list.html"
    form_template = "media_form.html"
    can_create = False

    column_list = (MediaItem.title, MediaItem.path, MediaItem.kind, MediaItem.size, MediaItem.created_at)
    column_sortable_list = (MediaItem.title, MediaItem.size, MediaItem.updated_at)
    column_default_sort = (MediaItem.id, True)
    column_labels = {
        MediaItem.path: "Address",
        MediaItem.created_at: "Uploaded",
        MediaItem.updated_at: "Last saved",
        "is_decorative": "Only decoration",
        "focal_x": "From the left, in per cent",
        "focal_y": "From the top, in per cent",
    }
    column_formatters = {MediaItem.size: in_bytes}
    list_filters = (
        ChoiceFilter(MediaItem.kind, "Kind", labels=((MediaKind.IMAGE, "Images"), (MediaKind.DOCUMENT, "Documents"))),
        UseFilter(MediaItem.path, "Use"),
        DescriptionFilter(MediaItem.alternative_text, "Alternative text"),
        SinceFilter(MediaItem.created_at, "Uploaded"),
    )
    date_hierarchy = "created_at"
    found_by = ("title", "path")
    found_detail = "path"

    fieldsets = (
        Fieldset("", ("title", "alternative_text", "is_decorative")),
        Fieldset(
            "What matters in the image",
            ("focal_x", "focal_y"),
            help="Click on the image above, or write numbers. Squares are cut out around this point.",
        ),
        Fieldset("About it", ("credit", "description", "tags")),
    )
    form_args = {
        "title": {"description": "By which others find it; readers do not see it."},
        "alternative_text": {
            "description": "What the image shows, for those who do not see it. Not “image of …”, just what is there.",
            "is_optional": True,
        },
        "is_decorative": {"description": "Nothing is lost to those who do not see it."},
        "focal_x": {
            "least": 0,
            "description": "What matters lies so far from the left, in per cent: smaller copies are cut around it.",
            "render_kw": {"class": "form-control", "type": "number", "min": 0, "max": 100},
        },
        "focal_y": {
            "least": 0,
            "description": "The same from the top.",
            "render_kw": {"class": "form-control", "type": "number", "min": 0, "max": 100},
        },
        "credit": {"description": "Who made it, and under which licence."},
        "description": {
            "description": "For colleagues: what it is for, and where it may be used.",
            "render_kw": {"class": "form-control", "rows": 3},
        },
        "tags": {"description": "Words to find it by, separated by commas."},
    }

    def list_extra_columns(self) -> Sequence[str]:
        return [attribute.key for attribute in self.mapper.column_attrs]

    def thumbnail(self, item: MediaItem) -> str:
        return thumbnail_of(item)

    async def form_context(self, session: AsyncSession, request: Request, reached: Reached | None) -> dict[str, Any]:
        if reached is None:
            return {}
        item = reached.row
        return {
            "facts": facts_of(item),
            "uses": await uses_of(session, request, item),
            "shown_at": address_of(item),
            "may_replace": allows(user_of(request), Permission.MEDIA_REPLACE),
        }
