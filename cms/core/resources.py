"""What a process holds open outside of itself: database, Redis, storage, search engine, CDN and mail."""

from dataclasses import dataclass
from typing import Self

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from cms.core import cdn, mail, storage
from cms.core.cdn import CDN
from cms.core.errors import ConfigurationError
from cms.core.mail import MailTransport
from cms.core.mail_log import RecordedMail
from cms.core.purge_log import PurgeLog
from cms.core.search import SearchEngine
from cms.core.search_engines.selection import engine_from_settings
from cms.core.session import make_engine, make_sessionmaker
from cms.core.settings import Settings
from cms.core.storage import Storage

REDIS_TIMEOUT = 1
"""Seconds until a Redis that hangs counts as away; whoever asks both APIs meanwhile is answered within two."""


@dataclass(frozen=True, slots=True)
class Resources:
    """The outside world of one process; nothing here connects before it is used."""

    settings: Settings
    engine: AsyncEngine
    sessionmaker: async_sessionmaker[AsyncSession]
    redis: Redis
    storage: Storage
    search: SearchEngine
    cdn: CDN
    mail: MailTransport

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the resources that the settings name.

        Raises ConfigurationError where the database or Redis is not named.
        """
        if not settings.database_url or not settings.redis_url:
            message = "CMS_DATABASE_URL and CMS_REDIS_URL are missing; `make run` sets both for you."
            raise ConfigurationError(message)
        engine = make_engine(settings)
        sessionmaker = make_sessionmaker(engine)
        redis = Redis.from_url(
            settings.redis_url,
            socket_connect_timeout=REDIS_TIMEOUT,
            socket_timeout=REDIS_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
        return cls(
            settings=settings,
            engine=engine,
            sessionmaker=sessionmaker,
            redis=redis,
            storage=storage.from_settings(settings),
            search=engine_from_settings(settings, engine),
            cdn=cdn.from_settings(settings, redis, witness=PurgeLog(sessionmaker)),
            mail=RecordedMail(mail.from_settings(settings), sessionmaker),
        )

    async def aclose(self) -> None:
        """Let go of everything."""
        await self.search.aclose()
        await self.redis.aclose()
        await self.engine.dispose()
