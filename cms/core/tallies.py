"""Counts of what happens too often for the database: kept in the process, added up in Redis, written once an hour.

While Redis is away the process goes on counting, up to a bound; what is lost is a number and nobody's work.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

MOST_IN_PROCESS = 2_000
"""How many different things one process counts between two visits to Redis; further ones are dropped."""

LIFE = 3 * 24 * 3600
"""Seconds that counts wait in Redis for somebody to write them down."""

ADD_UP = """
for place = 3, #ARGV, 4 do
  local name = ARGV[place]
  if redis.call('HEXISTS', KEYS[1], name) == 1 or redis.call('HLEN', KEYS[1]) < tonumber(ARGV[1]) then
    redis.call('HINCRBY', KEYS[1], name, ARGV[place + 1])
    redis.call('HSET', KEYS[2], name, ARGV[place + 2])
    if ARGV[place + 3] ~= '' then redis.call('HSET', KEYS[3], name, ARGV[place + 3]) end
  end
end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[2]) end
"""

TAKE = """
if redis.call('EXISTS', KEYS[4]) == 0 then
  for place = 1, 3 do
    if redis.call('EXISTS', KEYS[place]) == 1 then redis.call('RENAME', KEYS[place], KEYS[place + 3]) end
  end
end
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something happened, when it did last, and the latest remark about it."""

    name: str
    count: int
    last_at: datetime
    remark: str


class Tally:
    """One kind of things that a process counts; of `most` different ones are kept in Redis at a time."""

    def __init__(self, redis: Redis, kind: str, *, most: int) -> None:
        self._redis = redis
        self._keys = _keys(kind)
        self._most = most
        self._waiting: dict[str, tuple[int, float, str]] = {}

    def add(self, name: str, *, remark: str = "", times: int = 1) -> None:
        """Count something once more. Takes no time worth mentioning and never fails."""
        known = self._waiting.get(name)
        if known is not None:
            self._waiting[name] = (known[0] + times, time.time(), remark or known[2])
        elif len(self._waiting) < MOST_IN_PROCESS:
            self._waiting[name] = (times, time.time(), remark)

    async def flush(self) -> None:
        """Add what was counted up in Redis. Raises RedisError or OSError while it is away; the counts wait then."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        values = [part for name, (count, at, remark) in waiting.items() for part in (name, count, at, remark)]
        try:
            await self._redis.eval(ADD_UP, 3, *self._keys[:3], self._most, LIFE, *values)
        except (RedisError, OSError, asyncio.CancelledError):
            for name, (count, _, remark) in waiting.items():
                self.add(name, remark=remark, times=count)
            raise


async def taken(redis: Redis, kind: str) -> list[Counted]:
    """Return all that was counted and is not forgotten yet; what is counted from now on waits for the next time."""
    keys = _keys(kind)
    await redis.eval(TAKE, 6, *keys)
    counts, moments, remarks = [_as_text(await redis.hgetall(key)) for key in keys[3:]]
    return [
        Counted(
            name=name,
            count=int(count),
            last_at=datetime.fromtimestamp(float(moments[name]), UTC),
            remark=remarks.get(name, ""),
        )
        for name, count in counts.items()
    ]


async def forget(redis: Redis, kind: str) -> None:
    """Forget what `taken` returned."""
    await redis.delete(*_keys(kind)[3:])


def _keys(kind: str) -> list[str]:
    """Return the keys of the counts, moments and remarks that are added up, and of those that have been taken."""
    parts = ("counts", "moments", "remarks")
    return [f"cms:tally:{kind}:{part}" for part in parts] + [f"cms:tally:{kind}:taken:{part}" for part in parts]


def _as_text(values: Mapping[Any, Any]) -> dict[str, str]:
    return {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in values.items()}
