"""Pages at paths that editors choose, with their images and documents."""

from collections.abc import Mapping
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

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
from cms.media.uses import names_media

DEFAULT_TEMPLATE = "pages/default.html"
TEMPLATES = {
    DEFAULT_TEMPLATE: "Page with section menu",
    "pages/full_width.html": "Full width, without menu",
    "pages/raw.html": "The content alone, without the site around it",
}
"""Templates that an editor may choose; the key is stored."""


class Page(Identified, Publishable, Authored, Timestamped, Versioned, Base):
    """A page of the site. Its path has no slash at either end; the home of the site is no page."""

    __tablename__ = "pages"
    __table_args__ = (
        CheckConstraint(r"path ~ '^[a-z0-9.-]+(/[a-z0-9.-]+)*$'", name="path_of_plain_segments"),
        Index("ix_pages_path_prefix", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )
    invalidates_when: ClassVar[Mapping[str, tuple[str, ...]]] = {"menus": ("path", "is_published")}
    search_index = "pages"
    searched_columns = ("title", "path", "keywords")
    markup_fields = ("content",)
    publish_permission = Permission.PAGES_PUBLISH
    revised_children = ("images", "documents")

    title: Mapped[str] = mapped_column(String(500))
    path: Mapped[str] = mapped_column(String(500), unique=True)
    keywords: Mapped[str] = mapped_column(String(1000), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    content: Mapped[str] = mapped_column(Text, default="")
    content_kind: Mapped[MarkupKind] = mapped_column(stored_by_value(MarkupKind), default=MarkupKind.MARKDOWN)
    content_html: Mapped[str] = mapped_column(Text, default="", info={"audit": QUIET})
    content_type: Mapped[str] = mapped_column(String(150), default="text/html")
    template_name: Mapped[str] = mapped_column(String(100), default="", index=True)

    images: Mapped[list["PageImage"]] = relationship(
        back_populates="page",
        lazy="raise",
        cascade="all, delete-orphan",
        order_by="PageImage.position, PageImage.id",
    )
    documents: Mapped[list["PageDocument"]] = relationship(
        back_populates="page",
        lazy="raise",
        cascade="all, delete-orphan",
        order_by="PageDocument.position, PageDocument.id",
    )

    @property
    def public_path(self) -> str:
        return f"/{self.path}/"

    def __str__(self) -> str:
        return self.title or f"/{self.path}/"


class PageImage(Identified, Timestamped, Base):
    """An image that belongs to a page; `file` is its name in the storage."""

    __tablename__ = "page_images"
    invalidates = ("pages/{page_id}",)

    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), index=True)
    file: Mapped[str] = mapped_column(String(400))
    alternative_text: Mapped[str] = mapped_column(String(300), default="")
    position: Mapped[int] = mapped_column(Integer, default=0)

    page: Mapped[Page] = relationship(back_populates="images", lazy="raise")

    def __str__(self) -> str:
        return self.file


class PageDocument(Identified, Timestamped, Base):
    """A document that belongs to a page; `file` is its name in the storage."""

    __tablename__ = "page_documents"
    invalidates = ("pages/{page_id}",)

    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), index=True)
    file: Mapped[str] = mapped_column(String(500))
    title: Mapped[str] = mapped_column(String(300), default="")
    position: Mapped[int] = mapped_column(Integer, default=0)

    page: Mapped[Page] = relationship(back_populates="documents", lazy="raise")

    def __str__(self) -> str:
        return self.title or self.file


names_media(PageImage, "file", owner="page", alternative_text="alternative_text")
names_media(PageDocument, "file", owner="page", title="title")
word_index(Page)
sort_indexes(Page, "title", "updated_at")
