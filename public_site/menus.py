"""The menus that every page shows, kept in each process: read again when they are purged, and every few seconds.

A page that shows them carries their surrogate key, so that saving a menu ends it in every cache. No page waits for a
query of its own: in a process under load there is one every few seconds.
"""

import asyncio
import time
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from litestar import Request
from litestar.datastructures import State
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from cms.core.cdn import ALL_PAGES
from cms.menus import queries
from cms.menus.models import MENUS_KEY, Visibility
from cms.menus.trees import AUDIENCES, NO_MENUS, Menus, menus_for
from cms.users.models import User
from public_site.caching.tags import surrogate_keys

LIFE = 3.0
"""Seconds after which menus are read again even if no purge was heard, as long as a page lives without Redis."""

log = structlog.get_logger(__name__)


class MenuShelf:
    """The menus of this process, for each audience."""

    def __init__(self, sessionmaker: async_sessionmaker[AsyncSession]) -> None:
        self._sessionmaker = sessionmaker
        self._menus: Mapping[Visibility, Menus] = dict.fromkeys(AUDIENCES, NO_MENUS)
        self._fresh_until = 0.0
        self._purges = 0
        self._reading = asyncio.Lock()

    def menus_for(self, audience: Visibility) -> Menus:
        """Return the menus as this audience sees them, as they were when last read."""
        return self._menus[audience]

    def has_more_for(self, audience: Visibility) -> bool:
        """Return whether this audience sees entries that guests do not see."""
        return self._menus[audience] != self._menus[Visibility.EVERYBODY]

    def purge(self, keys: Collection[str]) -> None:
        """Read the menus again before the next page is made, if they are among what is purged."""
        if MENUS_KEY in keys or ALL_PAGES in keys:
            self._purges += 1
            self._fresh_until = 0.0

    async def refresh(self) -> None:
        """Read the menus if they may have changed; where the database does not answer, the last ones stay."""
        if time.monotonic() < self._fresh_until:
            return
        async with self._reading:
            if time.monotonic() >= self._fresh_until:
                await self._read()

    async def _read(self) -> None:
        heard = self._purges
        try:
            async with self._sessionmaker() as session:
                rows: list[Any] = list(await session.execute(queries.shown()))
        except (SQLAlchemyError, OSError) as error:
            log.warning("menus_cannot_be_read", error=repr(error))
        else:
            self._menus = {audience: menus_for(audience, rows) for audience in AUDIENCES}
        if heard == self._purges:  # Otherwise they may be from before what was purged.
            self._fresh_until = time.monotonic() + LIFE


def shown_menus(request: Request[Any, Any, State]) -> Menus:
    """Return the menus as guests see them, and have the answer to this request carry their key."""
    surrogate_keys(request.scope).add(MENUS_KEY)
    shelf: MenuShelf = request.app.state.menus
    return shelf.menus_for(Visibility.EVERYBODY)


def audience_of(user: User | None) -> Visibility:
    """Return which of the audiences somebody belongs to."""
    if user is None:
        return Visibility.EVERYBODY
    return Visibility.STAFF if user.is_staff or user.is_superuser else Visibility.SIGNED_IN
