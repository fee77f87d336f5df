"""What the tests of the public site share: statements counted, people signed in, pages taken apart."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import httpx
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from cms.core.settings import Settings
from cms.users import sessions
from cms.users.models import User
from public_site.middleware.session import cookie_name

BOOKKEEPING = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


@contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """The SQL statements of the block, without bookkeeping and without the menus, which are read now and then."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().startswith(BOOKKEEPING) and "FROM menu_items" not in statement:
            seen.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def sign_in(client: httpx.AsyncClient, session: AsyncSession, user: User, settings: Settings) -> None:
    """Give the client the cookie of somebody who has signed in."""
    token = await sessions.start_session(session, user, address="127.0.0.1", user_agent="tests")
    await session.commit()
    client.cookies.set(cookie_name(settings), token)


def texts_of(html: str, selector: str) -> list[str]:
    """The texts of all `tag.class` elements, without the tags inside them."""
    tag, _, name = selector.partition(".")
    found = re.findall(rf'<{tag}\b[^>]*class="(?:[^"]*\s)?{name}(?:\s[^"]*)?"[^>]*>(.*?)</{tag}>', html, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", "", text)).split(" ")).strip() for text in found]
