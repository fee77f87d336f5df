"""The look at every live text for links of our own that lead nowhere; nobody outside is asked."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from cms.core.changes import AS_HANDLED
from cms.core.publishing import is_live, publishable_models
from cms.links.answered import Answered
from cms.links.models import LONGEST_ADDRESS, BrokenLink

OWN_HOSTS = frozenset({"www.python.org", "python.org"})
"""Under which editors write addresses of this site out in full, wherever it runs."""

BATCH = 500
MOST_KEPT = 5_000
"""Broken links that are kept; who has more does not read the list but mends what they have in common."""

NAMES = ("title", "name", "label", "path", "slug")
LABEL_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Text:
    """The HTML of a live row, and where it is read."""

    table_name: str
    row_id: int
    label: str
    path: str
    html: str


async def check_links(session: AsyncSession, *, site_host: str) -> int:
    """Write down every link that leads nowhere, forget those that no longer do, and return how many there are."""
    answered = await Answered.now(session)
    hosts = OWN_HOSTS | {site_host}
    found: dict[tuple[str, int, str], BrokenLink] = {}
    async for texts in _texts(session):
        for link in await asyncio.to_thread(_broken_in, texts, answered, hosts):
            if len(found) < MOST_KEPT:
                found[_key(link)] = link
    await _keep(session, found)
    return len(found)


def addresses_in(html: str) -> list[str]:
    """Return what the links of a text point at, in order, each once."""
    reader = _LinkReader()
    reader.feed(html)
    reader.close()
    return list(dict.fromkeys(reader.addresses))


def own_path(address: str, *, base: str, hosts: frozenset[str]) -> str | None:
    """Return the path on this site that a link in a text at `base` leads to; None where it leads elsewhere."""
    try:
        parts = urlsplit(urljoin(f"https://www.python.org{base}", address.strip()))
        host = parts.hostname
    except ValueError:
        return None
    return unquote(parts.path) if parts.scheme in {"http", "https"} and host in hosts else None


class _LinkReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in {"a", "area"}:
            self.addresses += [value for name, value in attributes if name == "href" and value]


def _broken_in(texts: Sequence[Text], answered: Answered, hosts: frozenset[str]) -> list[BrokenLink]:
    return [
        BrokenLink(
            table_name=text.table_name,
            row_id=text.row_id,
            row_label=text.label,
            row_path=text.path,
            address=address[:LONGEST_ADDRESS],
        )
        for text in texts
        for address in addresses_in(text.html)
        if (path := own_path(address, base=text.path, hosts=hosts)) is not None and not answered.knows(path)
    ]


async def _texts(session: AsyncSession) -> AsyncIterator[Sequence[Text]]:
    """Yield the texts of everything that is live, some hundred at a time."""
    for model in publishable_models():
        last = 0
        while rows := (await session.scalars(_batch(model, after=last))).all():
            last = rows[-1].id
            yield list(_texts_of(rows))
            session.expunge_all()


def _batch(model: Any, *, after: int) -> Any:
    columns = [f"{name}_html" for name in model.markup_fields]
    names = [name for name in ("id", "paths", *NAMES, *columns) if name in model.__mapper__.columns]
    options = load_only(*(getattr(model, name) for name in names))
    return select(model).where(is_live(model), model.id > after).order_by(model.id).limit(BATCH).options(options)


def _texts_of(rows: Sequence[Any]) -> Iterator[Text]:
    for row in rows:
        html = "\n".join(getattr(row, f"{name}_html") for name in row.markup_fields)
        path = str(row.public_path)[:LONGEST_ADDRESS]
        yield Text(row.__tablename__, row.id, str(row)[:LABEL_LENGTH], path, html)


async def _keep(session: AsyncSession, found: dict[tuple[str, int, str], BrokenLink]) -> None:
    known = {_key(link): link.id for link in await session.scalars(select(BrokenLink))}
    mended = [number for key, number in known.items() if key not in found]
    session.expunge_all()
    if mended:
        await session.execute(delete(BrokenLink).where(BrokenLink.id.in_(mended)), execution_options=AS_HANDLED)
    session.add_all(link for key, link in found.items() if key not in known)
    await session.flush()


def _key(link: BrokenLink) -> tuple[str, int, str]:
    return link.table_name, link.row_id, link.address
