"""Paths that visitors ask for and nothing answers."""

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import clock
from cms.core.audit import QUIET
from cms.core.database import Base, Identified, sort_indexes, word_index

PATH_LENGTH = 300
REFERRER_LENGTH = 300


class MissedPath(Identified, Base):
    """A path that was missed, how often, and whence visitors came; of a visitor nothing is kept."""

    __tablename__ = "missed_paths"
    invalidates = ()
    searched_columns = ("path", "last_referrer")

    path: Mapped[str] = mapped_column(String(PATH_LENGTH), unique=True)
    """With a slash at its end unless it looks like a file; a group such as “*.php” stands for programs that probe."""

    count: Mapped[int] = mapped_column(Integer, default=0, info={"audit": QUIET})
    first_missed_at: Mapped[datetime] = mapped_column(default=clock.now, info={"audit": QUIET})
    last_missed_at: Mapped[datetime] = mapped_column(default=clock.now, info={"audit": QUIET})
    last_referrer: Mapped[str] = mapped_column(String(REFERRER_LENGTH), default="", info={"audit": QUIET})
    """A path of this site, or the name of another site; never a whole address."""

    is_ignored: Mapped[bool] = mapped_column(default=False)

    @property
    def is_group(self) -> bool:
        """Whether this stands for many paths, so that no redirect can be made from it."""
        return not self.path.startswith("/")

    def __str__(self) -> str:
        return self.path


word_index(MissedPath)
sort_indexes(MissedPath, "count", "last_missed_at")
