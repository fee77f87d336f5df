"""Locks of the database that no transaction holds, for work that waits for somebody outside."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

HELD = text(
    "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND classid = :space "
    "AND objid = ANY(:numbers) AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
).bindparams(bindparam("space"), bindparam("numbers"))
NUMBERS = 2**31


@asynccontextmanager
async def one_of(engine: AsyncEngine, space: int, numbers: Collection[int]) -> AsyncIterator[int | None]:
    """Hold the first of these locks that is free while the block runs; give its number, or None where none is.

    A connection is kept for it, but no transaction. Whoever dies lets go of it.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        taken = None
        for number in numbers:
            if await connection.scalar(select(func.pg_try_advisory_lock(space, number % NUMBERS))):
                taken = number
                break
        is_let_go = False
        try:
            yield taken
        finally:
            try:
                await connection.execute(select(func.pg_advisory_unlock_all()))
                is_let_go = True
            finally:
                if not is_let_go:
                    await connection.invalidate()  # It must not go back to the others with the lock still on it.


async def held_ones(session: AsyncSession, space: int, numbers: Collection[int]) -> set[int]:
    """Return which of these locks somebody holds."""
    if not numbers:
        return set()
    asked = {number % NUMBERS: number for number in numbers}
    found = await session.scalars(HELD, {"space": space, "numbers": list(asked)})
    return {asked[number] for number in found}
