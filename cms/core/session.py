"""The only way to a session: importing this module installs the listeners that no write can avoid."""

from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction

from cms.core import cache, changes, revisions
from cms.core.settings import Settings

STATEMENT_TIMEOUT = "15s"
"""A statement of a web request that runs longer is ended, and its request answers 503."""

LOCK_TIMEOUT = "5s"


class CMSSession(Session):
    """The session under every AsyncSession of ours, which carries the listeners."""


def make_engine(settings: Settings, *, statement_timeout: str = STATEMENT_TIMEOUT) -> AsyncEngine:
    """Return an engine for the database of the settings; it connects when first used."""
    return create_async_engine(
        settings.database_url or "",
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={
            "timeout": 5,
            "server_settings": {
                "application_name": "cms",
                "statement_timeout": statement_timeout,
                "lock_timeout": LOCK_TIMEOUT,
                "timezone": "UTC",
            },
        },
    )


def make_sessionmaker(bind: Any, **options: Any) -> async_sessionmaker[AsyncSession]:
    """Return a maker of sessions on an engine or connection; rows stay usable after the commit."""
    return async_sessionmaker(bind, sync_session_class=CMSSession, expire_on_commit=False, **options)


async def only_read(session: AsyncSession) -> None:
    """Have the database refuse every write of this transaction, whatever its code tries."""
    await session.execute(text("SET TRANSACTION READ ONLY"))


@event.listens_for(CMSSession, "before_flush")
def _before_flush(session: Session, _context: UOWTransaction, _instances: object) -> None:
    changes.prepare(session)


@event.listens_for(CMSSession, "after_flush")
def _after_flush(session: Session, _context: UOWTransaction) -> None:
    changes.follow_up(session)


@event.listens_for(CMSSession, "before_commit")
def _before_commit(session: Session) -> None:
    revisions.write_touched(session)


@event.listens_for(CMSSession, "after_transaction_end")
def _after_transaction_end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        changes.forget(session)


@event.listens_for(CMSSession, "do_orm_execute")
def _on_execute(state: ORMExecuteState) -> None:
    changes.refuse_bulk_writes(state)
    cache.tag_read(state)
