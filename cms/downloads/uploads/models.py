"""Uploads of release files: how far each has come, and in which pieces it waits until it is whole."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cms.core.audit import QUIET
from cms.core.database import Base, Identified, Timestamped, Versioned, stored_by_value
from cms.downloads.models import Release

LONGEST_NAME = 120


class UploadStatus(StrEnum):
    """An upload that is given up, expires or is refused at its end leaves no row."""

    OPEN = "open"
    COMPLETE = "complete"


class ReleaseUpload(Identified, Timestamped, Versioned, Base):
    """A file on its way to its place; until it is complete, nobody sees anything of it."""

    __tablename__ = "release_uploads"
    __table_args__ = (
        Index(
            "uq_release_uploads_open",
            "release_id",
            "name",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        CheckConstraint("received <= size", name="no_more_than_announced"),
    )
    invalidates = ()

    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0, info={"audit": QUIET})
    pieces: Mapped[list[str]] = mapped_column(default=list, server_default="[]", info={"audit": QUIET})
    """What has been received: the names of the stored pieces, in their order."""

    sha256: Mapped[str] = mapped_column(String(64), default="")
    """While it is open, what the sender has announced, if anything; then what the whole file has."""

    may_replace: Mapped[bool] = mapped_column(default=False)
    """Whether a file of a live release may get another content."""

    may_be_ahead: Mapped[bool] = mapped_column(default=False, server_default="false", info={"audit": QUIET})
    """Of what vouches for a file: whether it may be about content that is yet to come.

    So it is where the file was not there when it arrived, or had one of this kind already.
    """

    remark: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What else has followed from it, for people."""

    status: Mapped[UploadStatus] = mapped_column(stored_by_value(UploadStatus), default=UploadStatus.OPEN)
    expires_at: Mapped[datetime] = mapped_column(index=True, info={"audit": QUIET})
    completed_at: Mapped[datetime | None]

    release: Mapped[Release] = relationship(lazy="raise")

    @property
    def is_whole(self) -> bool:
        """Whether all of it has been received."""
        return self.received == self.size

    def __str__(self) -> str:
        return self.name
