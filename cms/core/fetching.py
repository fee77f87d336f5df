"""Fetching from other servers, guarded: public addresses only, within limits of time, size, redirects and kind.

An address that somebody typed, or that a fetched document names, must not lead into our own network. A name is
therefore resolved once, every address it has is looked at, and the connection is made to the very address that was
looked at, so that a name that resolves otherwise a moment later gains nothing. Each redirect goes through the same.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Self

import httpx

from cms.core.errors import Invalid, Unavailable
from cms.core.settings import MEBIBYTE, Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

MOST_REDIRECTS = 5
LONGEST_URL = 2000
UNICAST = ipaddress.ip_network("2000::/3")
"""The only addresses of version 6 that have been given out to the public."""

CONNECT_SECONDS = 4.0
"""After which the next address of a host is tried; the whole has a limit of its own."""


class AddressRefused(Invalid):
    """An address that is never fetched: of another scheme, with a password in it, or leading to no public server."""


class FetchFailed(Unavailable):
    """What was asked for did not come, or not within the limits; `status` is what the server answered, if it did."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is accepted: `seconds` for all of it, redirects and body included, and `size` in bytes."""

    seconds: float = 10.0
    size: int = 2 * MEBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole answer; `url` is where the redirects ended, `content_type` has no parameters."""

    url: str
    content: bytes
    content_type: str
    headers: Mapping[str, str]


class Arriving:
    """An answer whose body is still on its way: ask for its `chunks` once."""

    def __init__(self, response: httpx.Response, limits: Limits) -> None:
        self._response = response
        self._limits = limits
        self.url = str(response.url)
        self.headers: Mapping[str, str] = response.headers
        self.content_type = _kind_of(response)
        announced = response.headers.get("Content-Length", "")
        self.size = int(announced) if announced.isascii() and announced.isdigit() else None
        """In bytes, as the server announces it."""

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the body bit by bit. Raises FetchFailed as soon as it is longer than allowed."""
        if (self.size or 0) > self._limits.size:
            raise FetchFailed(self._too_large())
        received = 0
        async for chunk in self._response.aiter_raw():
            received += len(chunk)
            if received > self._limits.size:
                raise FetchFailed(self._too_large())
            yield chunk

    def _too_large(self) -> str:
        return f"{self.url} is larger than the {self._limits.size} bytes that are accepted."


class Fetcher:
    """Fetches by GET. Only development and tests name `networks` that may be reached although they are not public."""

    def __init__(
        self,
        *,
        networks: Iterable[Network] = (),
        resolve: Resolve | None = None,
        trusts: ssl.SSLContext | None = None,
        agent: str = "python.org-cms",
    ) -> None:
        self._networks = tuple(networks)
        self._resolve = resolve or _resolve
        self._trusts = trusts
        self._agent = agent

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the fetcher that the settings allow; in production it reaches public addresses only."""
        return cls(networks=settings.fetch_from_networks, agent=f"python.org-cms (+{settings.site_url})")

    async def fetch(
        self,
        url: str,
        *,
        limits: Limits = Limits(),
        content_types: Collection[str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched:
        """Return the whole answer.

        `content_types` are those that are accepted, such as "application/json". Raises AddressRefused for an address
        that is never fetched, and FetchFailed for everything that is not an answer with status 200 within the limits.
        """
        async with self.open(url, limits=limits, content_types=content_types, headers=headers) as arriving:
            content = b"".join([chunk async for chunk in arriving.chunks()])
        return Fetched(url=arriving.url, content=content, content_type=arriving.content_type, headers=arriving.headers)

    @asynccontextmanager
    async def open(
        self,
        url: str,
        *,
        limits: Limits = Limits(),
        content_types: Collection[str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Arriving]:
        """Give an answer before its body has come, to read it bit by bit: for files too large to be held.

        The body is given as it was sent, never unpacked. Raises as `fetch` does; the limit of time counts until the
        block ends.
        """
        try:
            async with asyncio.timeout(limits.seconds), self._client() as client:
                response = await self._follow(client, url, headers or {})
                try:
                    _check(response, content_types)
                    yield Arriving(response, limits)
                finally:
                    await response.aclose()
        except TimeoutError:
            message = f"{url} did not answer in full within {limits.seconds:g} seconds."
            raise FetchFailed(message) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            message = f"{url} could not be fetched: {str(error) or type(error).__name__}."
            raise FetchFailed(message) from error

    def _client(self) -> httpx.AsyncClient:
        """Return a client that takes no proxy from the environment: a proxy would resolve the name once more."""
        return httpx.AsyncClient(
            transport=GuardedTransport(self._addresses_of, trusts=self._trusts),
            headers={"User-Agent": self._agent, "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
            trust_env=False,
        )

    async def _follow(self, client: httpx.AsyncClient, url: str, headers: Mapping[str, str]) -> httpx.Response:
        request = client.build_request("GET", _parsed(url), headers=headers)
        for _ in range(MOST_REDIRECTS + 1):
            response = await client.send(request, stream=True)
            following = response.next_request
            if following is None:
                return response
            await response.aclose()
            target = _parsed(str(following.url))
            if request.url.scheme == "https" and target.scheme != "https":
                message = f"{url} redirects from https to {target}, which anybody on the way could change."
                raise AddressRefused(message)
            request = following
        message = f"{url} redirects more than {MOST_REDIRECTS} times."
        raise FetchFailed(message)

    async def _addresses_of(self, url: httpx.URL) -> list[str]:
        """Return the addresses of a host; raises AddressRefused if only one of them is not public."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await self._resolve(url.host, port)
        except (OSError, UnicodeError) as error:
            message = f"There is no server called {url.host}."
            raise FetchFailed(message) from error
        for text in found:
            if not self._may_reach(ipaddress.ip_address(text)):
                message = f"{url.host} leads to {text}, which is no address of a public server."
                raise AddressRefused(message)
        return list(found)

    def _may_reach(self, address: Address) -> bool:
        return is_public(address) or any(
            address.version == network.version and address in network for network in self._networks
        )


class GuardedTransport(httpx.AsyncBaseTransport):
    """Connects to the addresses that were looked at, and speaks to them under the name that was asked for."""

    def __init__(
        self, addresses_of: Callable[[httpx.URL], Awaitable[list[str]]], *, trusts: ssl.SSLContext | None
    ) -> None:
        self._addresses_of = addresses_of
        # Kept connections would be found by their address, whichever name the certificate was shown for.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._transport = httpx.AsyncHTTPTransport(verify=trusts or _authorities(), limits=limits, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask one address after the other until one can be connected to."""
        addresses = await self._addresses_of(request.url)
        refusal: httpx.TransportError = httpx.ConnectError(f"{request.url.host} has no address")
        for address in addresses:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                extensions={**request.extensions, "sni_hostname": request.url.host},
            )
            try:
                return await self._transport.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                refusal = error
        raise refusal

    async def aclose(self) -> None:
        await self._transport.aclose()


def is_public(address: Address) -> bool:
    """Return whether an address is one of the public internet; a tunnel into another net is none."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        tunnelled = address.sixtofour or address.teredo
        if address not in UNICAST or tunnelled is not None:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _parsed(url: str) -> httpx.URL:
    """Return an address that may be asked for at all. Raises AddressRefused."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if len(url) > LONGEST_URL or parsed.scheme not in {"http", "https"} or not parsed.host:
        message = f"“{url[:LONGEST_URL]}” is no address that begins with https:// or http://."
        raise AddressRefused(message)
    if parsed.userinfo:
        message = f"The address at {parsed.host} has a name or password in it; it is not sent anywhere."
        raise AddressRefused(message)
    return parsed


def _check(response: httpx.Response, content_types: Collection[str] | None) -> None:
    """Raise FetchFailed for an answer that is not what was asked for."""
    if response.status_code != httpx.codes.OK:
        message = f"{response.url} answered with status {response.status_code}."
        raise FetchFailed(message, status=response.status_code)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        message = f"{response.url} sent its answer packed as {encoding[:40]}, which nobody asked for."
        raise FetchFailed(message, status=response.status_code)
    kind = _kind_of(response)
    if content_types is not None and kind not in content_types:
        message = f"{response.url} is of the type “{kind[:80]}”; expected was {' or '.join(sorted(content_types))}."
        raise FetchFailed(message, status=response.status_code)


def _kind_of(response: httpx.Response) -> str:
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


@cache
def _authorities() -> ssl.SSLContext:
    """Return whom everybody trusts to certify names; read once, because it takes its time."""
    return httpx.create_ssl_context(trust_env=False)


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
