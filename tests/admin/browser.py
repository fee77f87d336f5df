"""A browser of the tests: somebody signed in, who sends forms as a browser does, with everything that is in them."""

import re
from html import unescape
from typing import Any

import httpx
from lxml import html
from sqlalchemy.ext.asyncio import AsyncSession

from cms.users.models import User
from cms.users.sessions import start_session

FROM_HERE = {"Sec-Fetch-Site": "same-origin"}


class Browser:
    """A person at the back office."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def sign_in(self, session: AsyncSession, user: User) -> "Browser":
        token = await start_session(session, user, address="127.0.0.1", user_agent="Tests")
        await session.commit()
        self.client.cookies.clear()
        self.client.cookies.set("session", token)
        return self

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query or None, headers=FROM_HERE)

    async def post(
        self, path: str, data: dict[str, Any], *, token: str | None = None, **options: Any
    ) -> httpx.Response:
        """Send a form with the token of this session, as every page of the back office carries it."""
        csrf_token = await self.token() if token is None else token
        return await self.client.post(path, data={"csrf_token": csrf_token, **data}, headers=FROM_HERE, **options)

    async def token(self) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', (await self.get("/admin/")).text)
        return unescape(found.group(1)) if found else ""

    async def form(self, path: str) -> dict[str, Any]:
        """Return what a browser would send if the main form of the page were sent as it is."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text[:500]
        return values_of(answer.text)

    async def save(self, path: str, /, *, press: str = "save", **changes: Any) -> httpx.Response:
        """Open a form, change some of its fields, and press one of its buttons."""
        values = await self.form(path)
        values.update({name: value for name, value in changes.items() if value is not None})
        for name in [name for name, value in changes.items() if value is None]:
            values.pop(name, None)
        return await self.post(path, {**values, "press": press})


def values_of(page: str) -> dict[str, Any]:
    form = html.fromstring(page).xpath("//form[@data-sheet]")[0]
    for template in form.xpath(".//template"):
        template.getparent().remove(template)
    return {name: value.removeprefix("\n") for name, value in form.form_values() if name != "csrf_token"}


def text_of(page: str) -> str:
    """Return what a reader sees of a page."""
    tree = html.fromstring(page)
    for hidden in tree.xpath("//script | //style | //template"):
        hidden.getparent().remove(hidden)
    return " ".join(tree.text_content().split())
