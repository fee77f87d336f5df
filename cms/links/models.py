"""Links within the site that lead nowhere, as the last look at all texts found them."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import clock
from cms.core.database import Base, Identified

LONGEST_ADDRESS = 500


class BrokenLink(Identified, Base):
    """An address of our own that a live text names and nobody answers; made anew by each look, nobody edits it."""

    __tablename__ = "broken_links"
    __table_args__ = (
        UniqueConstraint("table_name", "row_id", "address"),
        Index("ix_broken_links_found_at", "found_at"),
    )
    audited = False
    invalidates = ()

    table_name: Mapped[str] = mapped_column(String(63))
    row_id: Mapped[int] = mapped_column(Integer)
    row_label: Mapped[str] = mapped_column(String(200))
    row_path: Mapped[str] = mapped_column(String(LONGEST_ADDRESS))
    """Where the public reads the text."""

    address: Mapped[str] = mapped_column(String(LONGEST_ADDRESS))
    """As the text writes it."""

    found_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When it was found broken for the first time."""

    def __str__(self) -> str:
        return self.address
