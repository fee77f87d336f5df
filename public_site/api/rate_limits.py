"""How many requests one caller of the API may make: counted in Redis for all processes, here where Redis is away."""

import math
import time
from dataclasses import dataclass
from typing import Any

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError

ALONE_FOR = 15.0
"""Seconds during which Redis is not asked again after it did not answer: nobody should wait for it each time."""

ANY_ADDRESS = "async+redis://"
"""The connections are those of the process; the library wants an address beside them."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left after a request; `reset` is in seconds."""

    is_exceeded: bool
    limit: int
    window: int
    remaining: int
    reset: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the RateLimit fields, and Retry-After where there is nothing left."""
        found = [
            (b"ratelimit-policy", b"%d;w=%d" % (self.limit, self.window)),
            (b"ratelimit-limit", b"%d" % self.limit),
            (b"ratelimit-remaining", b"%d" % self.remaining),
            (b"ratelimit-reset", b"%d" % self.reset),
        ]
        return [*found, (b"retry-after", b"%d" % self.reset)] if self.is_exceeded else found


class RateLimits:
    """Counts requests within a moving window."""

    def __init__(self, redis: Redis) -> None:
        pool: Any = redis.connection_pool  # Its options are typed as plain values.
        together = RedisStorage(ANY_ADDRESS, implementation="redispy", key_prefix="rate-limits", connection_pool=pool)
        self._together = MovingWindowRateLimiter(together)
        self._alone = MovingWindowRateLimiter(MemoryStorage())
        self._alone_until = 0.0

    async def take(self, rate: RateLimitItem, *identity: str) -> Allowance:
        """Count a request, and return what the caller has left."""
        return await self._asking(rate, identity, cost=1)

    async def look(self, rate: RateLimitItem, *identity: str) -> Allowance:
        """Return what the caller has left, without counting anything."""
        return await self._asking(rate, identity, cost=0)

    async def _asking(self, rate: RateLimitItem, identity: tuple[str, ...], *, cost: int) -> Allowance:
        if time.monotonic() >= self._alone_until:
            try:
                return await _allowance(self._together, rate, identity, cost=cost)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("rate_limits_counted_alone", error=repr(error))
                self._alone_until = time.monotonic() + ALONE_FOR
        return await _allowance(self._alone, rate, identity, cost=cost)


def rate(text: str) -> RateLimitItem:
    """Return the rate that a setting such as "600/hour" stands for."""
    return parse(text)


async def _allowance(
    limiter: MovingWindowRateLimiter, item: RateLimitItem, identity: tuple[str, ...], *, cost: int
) -> Allowance:
    was_counted = await limiter.hit(item, *identity) if cost else True
    stats = await limiter.get_window_stats(item, *identity)
    remaining = max(0, stats.remaining)
    window = item.get_expiry()
    reset = max(1, min(window, math.ceil(stats.reset_time - time.time())))
    return Allowance(
        is_exceeded=not was_counted or (not cost and not remaining),
        limit=item.amount,
        window=window,
        remaining=remaining,
        reset=reset,
    )
