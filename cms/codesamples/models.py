"""Code samples: short programs on the home page that show what Python is like."""

from sqlalchemy import Integer, String, Text
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
from cms.core.revisions import NOT_REVISED


class CodeSample(Identified, Publishable, Authored, Timestamped, Versioned, Base):
    """A short program and what it shows; the home page has the first few that are live."""

    __tablename__ = "code_samples"
    searched_columns = ("title", "code", "copy")
    markup_fields = ("copy",)
    publish_permission = Permission.CODESAMPLES_PUBLISH
    is_seen_live_only = True

    title: Mapped[str] = mapped_column(String(200), default="")
    code: Mapped[str] = mapped_column(Text, default="")
    copy: Mapped[str] = mapped_column(Text, default="")
    """What the code shows, in words."""

    copy_kind: Mapped[MarkupKind] = mapped_column(stored_by_value(MarkupKind), default=MarkupKind.MARKDOWN)
    copy_html: Mapped[str] = mapped_column(Text, default="", info={"audit": QUIET})
    position: Mapped[int] = mapped_column(Integer, default=0, info={"audit": QUIET, **NOT_REVISED})
    """A number that is larger than those of the samples before it."""

    @property
    def public_path(self) -> str:
        return "/"

    def __str__(self) -> str:
        return self.title or f"Code sample {self.id}"


word_index(CodeSample)
sort_indexes(CodeSample, "position", "updated_at")
