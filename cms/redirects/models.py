"""Redirects: paths of the past, and where what was there is now."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from cms.core.audit import QUIET
from cms.core.database import Authored, Base, Identified, Timestamped, Versioned, sort_indexes, word_index

LONGEST_PATH = 510
"""Enough for the path of any page and of any release, with its slashes."""


class Redirect(Identified, Authored, Timestamped, Versioned, Base):
    """A path that no longer holds anything; an empty target says that it is gone for good."""

    __tablename__ = "redirects"
    __table_args__ = (
        CheckConstraint("old_path LIKE '/%'", name="old_path_is_absolute"),
        Index("ix_redirects_old_path_prefix", "old_path", postgresql_ops={"old_path": "text_pattern_ops"}),
    )
    searched_columns = ("old_path", "new_path")

    old_path: Mapped[str] = mapped_column(String(LONGEST_PATH), unique=True)
    new_path: Mapped[str] = mapped_column(String(LONGEST_PATH), default="", index=True)
    steps: Mapped[int] = mapped_column(Integer, default=1, server_default="1", info={"audit": QUIET})
    """How many redirects lead to the end, this one included; kept up to date by the decisions about redirects."""

    uses: Mapped[int] = mapped_column(Integer, default=0, server_default="0", info={"audit": QUIET})
    """How often it was followed, as far as visitors came to us: a CDN in front answers for a while by itself."""

    last_used_at: Mapped[datetime | None] = mapped_column(info={"audit": QUIET})

    def __str__(self) -> str:
        return self.old_path


word_index(Redirect)
sort_indexes(Redirect, "updated_at", "uses")
