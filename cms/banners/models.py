"""Banners: short announcements above the pages of the site, for a while and in the parts that they are meant for."""

from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Boolean, CheckConstraint, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

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

EVERYWHERE = "/"
"""The address under which every page lies."""


class Tone(StrEnum):
    """How loudly a banner speaks."""

    INFORMATION = "information"
    CAMPAIGN = "campaign"
    WARNING = "warning"


class Banner(Identified, Publishable, Authored, Timestamped, Versioned, Base):
    """An announcement; the public sees it on the pages under its paths while it is live."""

    __tablename__ = "banners"
    __table_args__ = (CheckConstraint("jsonb_typeof(paths) = 'array'", name="paths_are_a_list"),)
    searched_columns = ("title", "message", "link")
    markup_fields = ("message",)
    publish_permission = Permission.BANNERS_PUBLISH
    is_seen_live_only = True

    title: Mapped[str] = mapped_column(String(1024))
    message: Mapped[str] = mapped_column(String(2048), default="")
    message_kind: Mapped[MarkupKind] = mapped_column(stored_by_value(MarkupKind), default=MarkupKind.MARKDOWN)
    message_html: Mapped[str] = mapped_column(String, default="", info={"audit": QUIET})
    link: Mapped[str] = mapped_column(String(1024), default="")
    paths: Mapped[list[str]] = mapped_column(default=lambda: [EVERYWHERE])
    """Addresses such as “/psf/”; each means the page there and all below it."""

    priority: Mapped[int] = mapped_column(Integer, default=0)
    """Where several banners match a page, the one with the largest is shown."""

    tone: Mapped[Tone] = mapped_column(stored_by_value(Tone), default=Tone.INFORMATION)
    is_dismissible: Mapped[bool] = mapped_column(Boolean, default=True)

    @property
    def public_path(self) -> str:
        return self.paths[0] if self.paths else EVERYWHERE

    @property
    def mark(self) -> str:
        """What tells this banner from others and from itself with other words: who closed it sees those."""
        said = f"{self.title}\n{self.message_html}\n{self.link}\n{self.tone}"
        return f"{self.id}-{sha256(said.encode()).hexdigest()[:8]}"

    def __str__(self) -> str:
        return self.title or f"Banner {self.id}"


word_index(Banner)
sort_indexes(Banner, "title", "updated_at")
