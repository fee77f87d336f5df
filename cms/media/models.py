"""The media library: images and documents under addresses that stay, whatever file lies behind them at the moment."""

from enum import StrEnum
from urllib.parse import quote

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cms.core.database import (
    Authored,
    Base,
    Identified,
    Recorded,
    Timestamped,
    Versioned,
    sort_indexes,
    stored_by_value,
    word_index,
)

ADDRESS = "/media/"
SVG_TYPE = "image/svg+xml"


def media_url(path: str) -> str:
    """Return the address of what lies at a path below /media/, in the library or not."""
    return ADDRESS + quote(path)


class MediaKind(StrEnum):
    """What an item is to a reader: something to look at, or something to take home."""

    IMAGE = "image"
    DOCUMENT = "document"


class MediaItem(Identified, Authored, Timestamped, Versioned, Base):
    """An image or a document.

    `path` is its address below /media/ and never changes; `file` is the name in the storage of what lies there now,
    another one whenever the file is replaced. The focal point is in per cent from the left and from the top.
    """

    __tablename__ = "media_items"
    __table_args__ = (
        CheckConstraint("focal_x BETWEEN 0 AND 100 AND focal_y BETWEEN 0 AND 100", name="focal_point_inside"),
    )
    searched_columns = ("title", "path", "alternative_text", "description", "credit", "tags")

    kind: Mapped[MediaKind] = mapped_column(stored_by_value(MediaKind), default=MediaKind.IMAGE, index=True)
    title: Mapped[str] = mapped_column(String(300))
    path: Mapped[str] = mapped_column(String(400), unique=True)
    alternative_text: Mapped[str] = mapped_column(String(300), default="")
    is_decorative: Mapped[bool] = mapped_column(Boolean, default=False)
    focal_x: Mapped[int] = mapped_column(Integer, default=50)
    focal_y: Mapped[int] = mapped_column(Integer, default=50)
    credit: Mapped[str] = mapped_column(String(300), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[str] = mapped_column(String(300), default="")

    file: Mapped[str] = mapped_column(String(500), index=True)
    content_type: Mapped[str] = mapped_column(String(150))
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    is_animated: Mapped[bool] = mapped_column(Boolean, default=False)

    @property
    def public_path(self) -> str:
        return media_url(self.path)

    @property
    def is_image(self) -> bool:
        return self.kind is MediaKind.IMAGE

    @property
    def has_variants(self) -> bool:
        """Whether smaller copies are made: a drawing needs none, and an animation would stop moving."""
        return self.is_image and self.content_type != SVG_TYPE and not self.is_animated and bool(self.width)

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.path.rpartition("/")[2]

    def __str__(self) -> str:
        return self.title or self.path


class MediaUse(Recorded, Base):
    """That a row's texts or columns name the address below /media/; written whenever such a row is saved."""

    __tablename__ = "media_uses"
    __table_args__ = (Index("ix_media_uses_row", "table_name", "row_id"),)
    audited = False
    invalidates = ()

    path: Mapped[str] = mapped_column(String(400), index=True)
    table_name: Mapped[str] = mapped_column(String(63))
    row_id: Mapped[int] = mapped_column(Integer)


word_index(MediaItem)
sort_indexes(MediaItem, "title", "size", "updated_at")
