"""Programs that call the API in somebody's name."""

from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.permissions import SHIPPED_ROLES, SYSTEM
from cms.users import api_keys
from cms.users.models import User
from tests.factories.users import make_user

RELEASE_MANAGER = tuple(SHIPPED_ROLES["release-manager"].permissions)
WEB_EDITOR = tuple(SHIPPED_ROLES["web-editor"].permissions)


class Program:
    """Somebody's program: sends their key with each request."""

    def __init__(self, client: httpx.AsyncClient, secret: str) -> None:
        self._client = client
        self.headers = {"Authorization": f"Token {secret}"}

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return await self._client.request(method, f"/api/v2{path}", headers=headers, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.send("GET", path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return await self.send("POST", path, json=json, **options)

    async def change(self, path: str, json: Any, *, etag: str = "*", method: str = "PATCH") -> httpx.Response:
        return await self.send(method, path, json=json, headers={"If-Match": etag})

    async def delete(self, path: str, *, etag: str = "*") -> httpx.Response:
        return await self.send("DELETE", path, headers={"If-Match": etag})


async def program_of(
    client: httpx.AsyncClient, session: AsyncSession, owner: User, *, scopes: tuple[str, ...] = ()
) -> Program:
    """Return a program with a new key of its owner's, limited to `scopes`."""
    _, secret = await api_keys.create(session, owner, name="program", scopes=scopes, by=SYSTEM)
    await session.commit()
    return Program(client, secret)


async def release_manager(client: httpx.AsyncClient, session: AsyncSession, **options: Any) -> Program:
    """Return the program of a release manager."""
    return await program_of(client, session, await make_user(session, permissions=RELEASE_MANAGER, **options))


async def web_editor(client: httpx.AsyncClient, session: AsyncSession) -> Program:
    """Return the program of a web editor."""
    return await program_of(client, session, await make_user(session, permissions=WEB_EDITOR))
