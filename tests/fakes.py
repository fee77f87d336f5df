"""Stand-ins for what lies outside of the program: the CDN, the mail, the clock."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from obstore.store import MemoryStore

from cms.core.errors import Unavailable
from cms.core.storage import ObjectStorage, Storage


class FrozenClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, moment: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def move(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


class RecordingCDN:
    """A CDN that remembers which keys it was told to forget."""

    def __init__(self) -> None:
        self.purged: list[set[str]] = []
        self.is_down = False

    async def purge(self, keys: Collection[str]) -> None:
        if self.is_down:
            message = "The CDN does not answer."
            raise Unavailable(message)
        self.purged.append(set(keys))


class MemoryMail:
    """A post office that keeps what it was given."""

    sender = "python.org <noreply@python.org>"

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []

    async def deliver(self, message: EmailMessage) -> None:
        self.sent.append(message)


def memory_storage() -> Storage:
    """Return a storage that forgets everything with the test."""
    return ObjectStorage(MemoryStore(), address="/media/")


async def read(storage: Storage, name: str) -> bytes:
    """Return the content of a stored file."""
    return b"".join([chunk async for chunk in (await storage.open(name)).chunks])
