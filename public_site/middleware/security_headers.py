"""What browsers are told to refuse, and which hosts we answer to at all."""

import secrets
from urllib.parse import urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from cms.core.settings import Settings
from public_site.middleware import short_answers
from public_site.urls import has_scripts_with_nonce

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
HEALTH = ("/health/", "/_health")
"""Paths that a load balancer asks for by address, without our name and without TLS."""

HSTS = (b"strict-transport-security", b"max-age=63072000; includeSubDomains; preload")
EVERYWHERE = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
CSP = b"content-security-policy"
REFUSAL = b"This address is not one of ours."


class SecurityHeaders:
    """ASGI middleware, inside the page cache: refuses foreign hosts, redirects to the site's own, adds the headers.

    The cache keeps pages with their headers, by host, and no refusal; so only hosts that were accepted here have
    pages there.
    A page of the site runs no inline script at all, so that one policy fits every copy in every cache. The back
    office and the documentation of the API get a policy with a nonce for each request, in
    `scope["state"]["csp_nonce"]`. A response that brings
    a header of its own, such as the policy of an uploaded file, keeps it.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        site = urlsplit(settings.site_url)
        self._site_url = settings.site_url
        self._hosts = _allowed_hosts(settings, site.hostname or "")
        self._domains = tuple(host for host in settings.allowed_hosts if host.startswith("."))
        self._redirects = settings.is_production
        self._is_https = site.scheme == "https"
        self._apex = (site.hostname or "").removeprefix("www.") if site.netloc.startswith("www.") else None
        always = [*EVERYWHERE, HSTS] if settings.is_production and self._is_https else [*EVERYWHERE]
        media = _origin(settings.s3_public_url)
        self._site_headers = [*always, (CSP, _site_policy(media))]
        self._always = always
        self._media = media

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        extra = self._headers_with_nonce(scope) if has_scripts_with_nonce(path) else self._site_headers
        send_securely = short_answers.adding(extra, send)
        if not path.startswith(HEALTH):
            host = _host_of(scope)
            if not self._is_ours(host):
                await short_answers.answer(send_securely, 400, REFUSAL)
                return
            if self._redirects and self._is_elsewhere(scope, host):
                await self._redirect(scope, send_securely)
                return
        await self._app(scope, receive, send_securely)

    def _is_ours(self, host: str | None) -> bool:
        """Tell whether a name, without its port, is one that the settings allow; two names are never one."""
        if host is None:
            return False
        return host in self._hosts or (bool(self._domains) and host.endswith(self._domains))

    def _is_elsewhere(self, scope: HTTPScope, host: str | None) -> bool:
        """Tell whether the visitor came without TLS or to the domain without www.

        The scheme counts only if a proxy named it: one that says nothing must not send visitors in circles.
        """
        came_without_tls = scope["scheme"] == "http" and scope["state"].get("is_scheme_known", False)
        return (self._is_https and came_without_tls) or (self._apex is not None and host == self._apex)

    async def _redirect(self, scope: HTTPScope, send: Send) -> None:
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        path = b"/" + scope["raw_path"].partition(b"?")[0].lstrip(b"/")
        location = self._site_url.encode() + path + query
        # 308 repeats a POST as a POST.
        status = 301 if scope["method"] in {"GET", "HEAD"} else 308
        # Whether to redirect rests on what a proxy said of this one request, so that no cache may keep it.
        await short_answers.answer(send, status, b"", headers=[(b"location", location)])

    def _headers_with_nonce(self, scope: HTTPScope) -> list[tuple[bytes, bytes]]:
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["csp_nonce"] = nonce
        return [*self._always, (CSP, _policy_with_nonce(nonce.encode(), self._media))]


def _allowed_hosts(settings: Settings, own: str) -> frozenset[str]:
    hosts = {host for host in settings.allowed_hosts if not host.startswith(".")} | {own}
    hosts |= {host.removeprefix(".") for host in settings.allowed_hosts}
    return frozenset(hosts if settings.is_production else hosts | LOCAL_HOSTS)


def _host_of(scope: HTTPScope) -> str | None:
    """Return the Host header in lower case and without its port; None if there is not exactly one."""
    found = [value for name, value in scope["headers"] if name == b"host"]
    if len(found) != 1:
        return None
    host = found[0].decode("latin-1").lower()
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        return host
    return name if port.isdecimal() else None


def _site_policy(media: bytes) -> bytes:
    return (
        b"default-src 'self'; img-src 'self' data:%b; script-src 'self'; style-src 'self'; object-src 'none'; "
        b"base-uri 'none'; form-action 'self'; frame-ancestors 'self'" % media
    )


def _policy_with_nonce(nonce: bytes, media: bytes) -> bytes:
    return (
        b"default-src 'self'; img-src 'self' data: blob:%b; script-src 'self' 'nonce-%b'; "
        b"style-src 'self' 'nonce-%b'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        b"frame-ancestors 'self'" % (media, nonce, nonce)
    )


def _origin(url: str | None) -> bytes:
    """Return the origin of the media with a space before it, or nothing if they are on the site itself."""
    if url is None:
        return b""
    parts = urlsplit(url)
    return f" {parts.scheme}://{parts.netloc}".encode()
