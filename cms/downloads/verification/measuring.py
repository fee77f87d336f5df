"""Measuring a file while it arrives: size and digests, bit by bit, never more of it in memory than one block."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from cms.core.fetching import Fetcher, Limits
from cms.core.settings import MEBIBYTE

BLOCK = MEBIBYTE
"""How much is gathered before a thread digests it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a file turned out to be; the digests are hexadecimal, in small letters."""

    size: int
    sha256: str
    md5: str


class _Meter:
    def __init__(self, keep: BinaryIO | None) -> None:
        self.size = 0
        self.sha256 = hashlib.sha256()
        self.md5 = hashlib.md5(usedforsecurity=False)
        self._keep = keep

    def take(self, block: bytes) -> None:
        self.size += len(block)
        self.sha256.update(block)
        self.md5.update(block)
        if self._keep is not None:
            self._keep.write(block)


async def measure(fetcher: Fetcher, url: str, *, limits: Limits, keep: BinaryIO | None = None) -> Measured:
    """Fetch a file and return what it is; with `keep` its content is written there. Raises as `Fetcher.open` does."""
    meter, block = _Meter(keep), bytearray()
    async with fetcher.open(url, limits=limits) as arriving:
        async for chunk in arriving.chunks():
            block += chunk
            if len(block) >= BLOCK:
                await asyncio.to_thread(meter.take, bytes(block))
                block.clear()
    await asyncio.to_thread(meter.take, bytes(block))
    return Measured(meter.size, meter.sha256.hexdigest(), meter.md5.hexdigest())
