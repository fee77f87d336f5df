"""Which mails left and which did not, with their text but without what would let a reader in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from enum import StrEnum

import structlog
from sqlalchemy import String, Text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import audit, clock
from cms.core.database import Base, Recorded, stored_by_value, word_index
from cms.core.errors import CMSError, Unavailable
from cms.core.mail import OCCASION, MailTransport
from cms.core.redaction import without_secrets

KEPT = timedelta(days=90)
MOST_RECIPIENTS = 1000
"""Characters of the addresses that are kept."""

log = structlog.get_logger(__name__)


class MailState(StrEnum):
    """What became of a mail."""

    SENT = "sent"
    PUT_OFF = "put off"
    """The server did not take it now; the task that sends it tries again, which is another row."""

    REFUSED = "refused"


class SentMail(Recorded, Base):
    """One attempt to deliver one mail."""

    __tablename__ = "sent_mails"
    audited = False
    invalidates = ()
    searched_columns = ("recipients", "subject", "occasion")

    at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    occasion: Mapped[str] = mapped_column(String(100))
    recipients: Mapped[str] = mapped_column(String(MOST_RECIPIENTS))
    subject: Mapped[str] = mapped_column(String(250))
    body: Mapped[str] = mapped_column(Text, default="")
    """The plain text; links with a token in them have lost it."""

    state: Mapped[MailState] = mapped_column(stored_by_value(MailState), index=True)
    error: Mapped[str] = mapped_column(Text, default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")

    def __str__(self) -> str:
        return self.subject


@dataclass(frozen=True, slots=True)
class RecordedMail:
    """A way by which mail leaves, of which each use is written down in a transaction of its own."""

    transport: MailTransport
    sessionmaker: async_sessionmaker[AsyncSession]

    @property
    def sender(self) -> str:
        return self.transport.sender

    async def deliver(self, message: EmailMessage) -> None:
        try:
            await self.transport.deliver(message)
        except CMSError as error:
            state = MailState.PUT_OFF if isinstance(error, Unavailable) else MailState.REFUSED
            await self._write_down(message, state, error.message)
            raise
        await self._write_down(message, MailState.SENT)

    async def _write_down(self, message: EmailMessage, state: MailState, error: str = "") -> None:
        """Keep the mail; where that fails it has left all the same, and must not be sent again for it."""
        try:
            async with self.sessionmaker.begin() as session:
                session.add(_record_of(message, state, error))
        except (SQLAlchemyError, OSError) as failure:
            log.warning("mail_not_written_down", occasion=message[OCCASION], state=state.value, error=repr(failure))


def _record_of(message: EmailMessage, state: MailState, error: str) -> SentMail:
    text = message.get_body(("plain",))
    return SentMail(
        occasion=str(message.get(OCCASION, "")),
        recipients=str(message["To"])[:MOST_RECIPIENTS],
        subject=without_secrets(str(message["Subject"])),
        body=without_secrets(text.get_content()) if text is not None else "",
        state=state,
        error=without_secrets(error),
        request_id=audit.acting().request_id,
    )


word_index(SentMail)
