"""Browsers are told what to refuse, and only the site's own names are answered."""

import pytest

from cms.core.settings import Settings
from public_site.middleware.security_headers import SecurityHeaders
from public_site.page_cache import PageCache
from tests.asgi import ask

PRODUCTION = Settings(
    environment="production",
    site_url="https://www.python.org",
    allowed_hosts=["www.python.org", "python.org", ".preview.python.org"],
)


class Site:
    def __init__(self, headers=()):
        self.scopes = []
        self.headers = [*headers]

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"page"})


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def production(site):
    return SecurityHeaders(site, settings=PRODUCTION)


@pytest.fixture
def development(site):
    return SecurityHeaders(site, settings=Settings())


def policy(answer):
    return dict(directive.split(" ", 1) for directive in answer["Content-Security-Policy"].split("; "))


async def test_pages_of_the_site_may_load_from_the_site_alone(development):
    found = policy(await ask(development, headers={"Host": "localhost"}))

    assert found["default-src"] == found["script-src"] == found["style-src"] == "'self'"
    assert found["object-src"] == found["base-uri"] == "'none'"
    assert found["form-action"] == found["frame-ancestors"] == "'self'"


async def test_the_back_office_gets_a_nonce_for_each_request(site, development):
    answers = [await ask(development, "/admin/", headers={"Host": "localhost"}) for _ in range(2)]

    nonces = [scope["state"]["csp_nonce"] for scope in site.scopes]
    assert len(set(nonces)) == 2
    for answer, nonce in zip(answers, nonces, strict=True):
        assert policy(answer)["script-src"] == policy(answer)["style-src"] == f"'self' 'nonce-{nonce}'"
        assert "unsafe" not in answer["Content-Security-Policy"]


async def test_media_in_a_bucket_may_be_shown(site):
    app = SecurityHeaders(site, settings=Settings(s3_public_url="https://media.python.org/files"))

    for path in ("/", "/admin/"):
        answer = await ask(app, path, headers={"Host": "localhost"})
        assert "https://media.python.org" in policy(answer)["img-src"].split()


async def test_a_response_keeps_a_policy_of_its_own(development, site):
    site.headers = [(b"content-security-policy", b"sandbox")]

    answer = await ask(development, headers={"Host": "localhost"})

    assert answer["Content-Security-Policy"] == "sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"


async def test_every_response_carries_the_other_headers(development):
    answer = await ask(development, headers={"Host": "localhost"})

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


async def test_only_production_asks_browsers_to_insist_on_tls(development, production):
    assert "Strict-Transport-Security" not in await ask(development, headers={"Host": "localhost"})
    answer = await ask(production, headers={"Host": "www.python.org"}, scheme="https")
    assert answer["Strict-Transport-Security"].startswith("max-age=63072000")


async def test_no_page_of_a_foreign_host_gets_into_the_page_cache(site, production):
    cache = PageCache(production, max_bytes=1_000_000)
    for host in ("evil.example", "python.org", "www.python.org"):
        for _ in range(2):
            await ask(cache, headers={"Host": host}, scheme="https")

    assert len(site.scopes) == 1
    assert len(cache._store) == 1
    assert (await ask(cache, headers={"Host": "evil.example"}, scheme="https")).status == 400
    cached = await ask(cache, headers={"Host": "www.python.org"}, scheme="https")
    assert cached["X-Content-Type-Options"] == "nosniff"


async def test_a_message_of_the_application_is_not_changed(development, site):
    await ask(development, headers={"Host": "localhost"})

    assert site.headers == []


@pytest.mark.parametrize("host", ["www.python.org", "WWW.Python.ORG:443", "a.preview.python.org", "preview.python.org"])
async def test_the_sites_own_names_are_answered(production, host):
    assert (await ask(production, headers={"Host": host}, scheme="https")).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "www.python.org.evil.example",
        "evilpython.org",
        "xpreview.python.org",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "",
        "www.python.org:80@evil.example",
        "www.python.org:evil",
    ],
)
async def test_any_other_name_is_refused(production, site, host):
    answer = await ask(production, headers={"Host": host})

    assert answer.status == 400
    assert host == "" or host not in answer.text
    assert site.scopes == []


async def test_two_names_are_none(production):
    headers = [("Host", "www.python.org"), ("Host", "www.python.org")]

    assert (await ask(production, headers=headers)).status == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "[::1]"])
async def test_while_developing_this_machine_is_answered(development, host):
    assert (await ask(development, headers={"Host": host})).status == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/_health/"])
async def test_a_load_balancer_may_ask_after_health_by_address(production, path):
    answer = await ask(production, path, headers={"Host": "10.1.2.3:8000"}, state={"is_scheme_known": True})

    assert answer.status == 200


async def test_the_domain_without_www_leads_to_the_site(production):
    answer = await ask(production, "/about/", query="a=b", headers={"Host": "python.org"}, scheme="https")

    assert answer.status == 301
    assert answer["Location"] == "https://www.python.org/about/?a=b"


async def test_without_tls_visitors_are_led_to_tls(production):
    answer = await ask(
        production, "//evil.example", headers={"Host": "www.python.org"}, state={"is_scheme_known": True}
    )

    assert answer.status == 301
    assert answer["Location"] == "https://www.python.org/evil.example"


async def test_a_form_is_led_on_as_a_form(production):
    answer = await ask(production, method="POST", headers={"Host": "python.org"}, scheme="https")

    assert answer.status == 308


async def test_a_proxy_that_does_not_name_the_scheme_sends_nobody_in_circles(production):
    assert (await ask(production, headers={"Host": "www.python.org"}, scheme="http")).status == 200


async def test_while_developing_nobody_is_led_anywhere(site):
    app = SecurityHeaders(site, settings=Settings(site_url="https://www.python.org", allowed_hosts=["python.org"]))

    answer = await ask(app, headers={"Host": "python.org"}, state={"is_scheme_known": True})

    assert answer.status == 200


async def test_other_protocols_pass_through():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    await SecurityHeaders(app, settings=Settings())({"type": "lifespan"}, None, None)

    assert seen == ["lifespan"]
