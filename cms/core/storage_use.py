"""How many files lie in which folder of the storage, and how large they are: counted now and then, not on request."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import BigInteger, Integer, String, delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms.core import clock
from cms.core.changes import AS_HANDLED
from cms.core.database import Base
from cms.core.storage import Storage

NO_FOLDER = ""
LONGEST_FOLDER = 200


class StorageFolder(Base):
    """What lies in one folder at the top of the storage, and in all folders below it."""

    __tablename__ = "storage_folders"
    audited = False
    invalidates = ()

    folder: Mapped[str] = mapped_column(String(LONGEST_FOLDER), primary_key=True)
    files: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(BigInteger)
    measured_at: Mapped[datetime]

    def __str__(self) -> str:
        return self.folder or "no folder"


async def measure(session: AsyncSession, storage: Storage) -> None:
    """Count everything in the storage anew. Raises Unavailable where it does not answer."""
    files: defaultdict[str, int] = defaultdict(int)
    sizes: defaultdict[str, int] = defaultdict(int)
    async for found in storage.list():
        folder = found.name.partition("/")[0][:LONGEST_FOLDER] if "/" in found.name else NO_FOLDER
        files[folder] += 1
        sizes[folder] += found.size
    await session.execute(delete(StorageFolder), execution_options=AS_HANDLED)
    moment = clock.now()
    session.add_all(
        StorageFolder(folder=folder, files=files[folder], size=sizes[folder], measured_at=moment) for folder in files
    )
