"""Boxes: short texts that templates and other sites show by their label."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cms.boxes import placement
from cms.boxes.placement import Place
from cms.core.audit import QUIET
from cms.core.database import (
    Authored,
    Base,
    Identified,
    Timestamped,
    Versioned,
    sort_indexes,
    stored_by_value,
    word_index,
)
from cms.core.markup import MarkupKind
from cms.core.permissions import Permission
from cms.core.publishing import Publishable


class Box(Identified, Publishable, Authored, Timestamped, Versioned, Base):
    """A text block of the site, found by its label; only what is live is shown in its places."""

    __tablename__ = "boxes"
    invalidates = ("{table}", "{table}/{id}", "/box/{label}/")
    searched_columns = ("label", "content")
    markup_fields = ("content",)
    publish_permission = Permission.BOXES_PUBLISH
    is_seen_live_only = True

    label: Mapped[str] = mapped_column(String(100), unique=True)
    content: Mapped[str] = mapped_column(Text, default="")
    content_kind: Mapped[MarkupKind] = mapped_column(stored_by_value(MarkupKind), default=MarkupKind.MARKDOWN)
    content_html: Mapped[str] = mapped_column(Text, default="", info={"audit": QUIET})

    @property
    def public_path(self) -> str:
        return f"/box/{self.label}/"

    @property
    def places(self) -> list[Place]:
        """Where templates show it."""
        return list(placement.places_of(self.label))

    def __str__(self) -> str:
        return self.label


word_index(Box)
sort_indexes(Box, "updated_at")
