"""Fetching from other servers: what is refused, what is too much, and whom a connection is made to."""

import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cms.core import clock
from cms.core.errors import ConfigurationError
from cms.core.fetching import MOST_REDIRECTS, AddressRefused, Fetcher, FetchFailed, Limits, is_public
from cms.core.settings import Settings
from tests.local_server import LOOPBACK, Answer, LocalServer, local_server

NAME = "cycle.example"
GUARDED = Fetcher()
LOCAL = Fetcher(networks=[LOOPBACK])


@pytest.fixture
async def server() -> AsyncIterator[LocalServer]:
    async with local_server() as server:
        yield server


async def test_an_answer_comes_whole_with_its_kind_and_where_it_came_from(server: LocalServer) -> None:
    server.answers["/data"] = Answer(content=b'{"3.14": {}}', content_type="application/json; charset=utf-8")

    fetched = await LOCAL.fetch(f"{server.url}/data", content_types={"application/json"})

    assert fetched.content == b'{"3.14": {}}'
    assert (fetched.content_type, fetched.url) == ("application/json", f"{server.url}/data")


async def test_who_fetches_says_so_and_asks_for_nothing_packed(server: LocalServer) -> None:
    server.answers["/data"] = Answer(content=b"{}")
    fetcher = Fetcher(networks=[LOOPBACK], agent="python.org-cms (+https://www.python.org)")

    await fetcher.fetch(f"{server.url}/data", headers={"If-None-Match": '"1"'})

    headers = server.asked[0][1]
    assert headers["user-agent"] == "python.org-cms (+https://www.python.org)"
    assert headers["accept-encoding"] == "identity"
    assert headers["if-none-match"] == '"1"'


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://ftp.python.org/pub/",
        "gopher://example.org/",
        "//example.org/",
        "https://",
        "http:///path",
        "not an address",
        "",
        "https://example.org/" + "a" * 2000,
    ],
)
async def test_only_addresses_of_the_web_are_fetched(url: str) -> None:
    with pytest.raises(AddressRefused, match="no address that begins with https:// or http://"):
        await GUARDED.fetch(url)


async def test_an_address_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(AddressRefused) as refused:
        await GUARDED.fetch("https://somebody:secret@example.org/")

    assert "secret" not in refused.value.message


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.1",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.8.9.10",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "2606:4700::1111%1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_no_address_of_a_private_net_counts_as_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["151.101.0.223", "8.8.8.8", "2a04:4e42::223", "::ffff:151.101.0.223"])
def test_the_addresses_of_public_servers_count_as_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"])
async def test_this_machine_is_refused_under_each_of_its_names(server: LocalServer, host: str) -> None:
    server.answers["/data"] = Answer(content=b"secret")

    with pytest.raises(AddressRefused, match="no address of a public server"):
        await GUARDED.fetch(f"http://{host}:{server.port}/data")

    assert server.asked == []


async def test_a_name_that_leads_to_a_private_address_too_is_refused() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["151.101.0.223", "10.0.0.5"]

    with pytest.raises(AddressRefused, match=r"cycle\.example leads to 10\.0\.0\.5"):
        await Fetcher(resolve=resolve).fetch(f"https://{NAME}/")


async def test_the_connection_goes_to_the_address_that_was_looked_at(server: LocalServer) -> None:
    server.answers["/data"] = Answer(content=b"{}")
    asked = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    fetched = await Fetcher(networks=[LOOPBACK], resolve=resolve).fetch(f"http://{NAME}:{server.port}/data")

    assert asked == [(NAME, server.port)]
    assert server.asked[0][1]["host"] == f"{NAME}:{server.port}"
    assert fetched.url == f"http://{NAME}:{server.port}/data"


async def test_a_name_that_resolves_otherwise_at_a_redirect_is_looked_at_anew(server: LocalServer) -> None:
    server.answers["/first"] = Answer(status=302, headers={"Location": "/second"})
    server.answers["/second"] = Answer(content=b"secret")
    answers = iter([["127.0.0.1"], ["192.168.1.1"]])

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    with pytest.raises(AddressRefused, match=r"192\.168\.1\.1"):
        await Fetcher(networks=[LOOPBACK], resolve=resolve).fetch(f"http://{NAME}:{server.port}/first")

    assert [path for path, _ in server.asked] == ["/first"]


async def test_the_next_address_is_tried_where_one_cannot_be_connected_to(server: LocalServer) -> None:
    server.answers["/data"] = Answer(content=b"{}")

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["127.9.9.9", "127.0.0.1"]

    fetched = await Fetcher(networks=[LOOPBACK], resolve=resolve).fetch(f"http://{NAME}:{server.port}/data")

    assert fetched.content == b"{}"


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "ftp://x.test/"])
async def test_a_redirect_leads_nowhere_that_is_refused(server: LocalServer, target: str) -> None:
    server.answers["/data"] = Answer(status=302, headers={"Location": target})

    with pytest.raises((AddressRefused, FetchFailed)):
        await LOCAL.fetch(f"{server.url}/data")

    assert len(server.asked) == 1


async def test_redirects_are_followed_to_their_end(server: LocalServer) -> None:
    server.answers["/old"] = Answer(status=301, headers={"Location": "/new"})
    server.answers["/new"] = Answer(content=b"{}")

    fetched = await LOCAL.fetch(f"{server.url}/old")

    assert fetched.url == f"{server.url}/new"


async def test_redirects_without_end_are_given_up(server: LocalServer) -> None:
    server.answers["/round"] = Answer(status=302, headers={"Location": "/round"})

    with pytest.raises(FetchFailed, match="redirects more than"):
        await LOCAL.fetch(f"{server.url}/round")

    assert len(server.asked) == MOST_REDIRECTS + 1


@pytest.mark.parametrize("status", [204, 304, 404, 500])
async def test_another_status_is_no_answer(server: LocalServer, status: int) -> None:
    server.answers["/data"] = Answer(status=status)

    with pytest.raises(FetchFailed, match=f"answered with status {status}") as failed:
        await LOCAL.fetch(f"{server.url}/data")

    assert failed.value.status == status


async def test_another_type_is_refused(server: LocalServer) -> None:
    server.answers["/data"] = Answer(content=b"<html>", content_type="text/html; charset=utf-8")

    with pytest.raises(FetchFailed, match="is of the type “text/html”; expected was application/json"):
        await LOCAL.fetch(f"{server.url}/data", content_types={"application/json"})


async def test_an_answer_that_announces_too_much_is_not_read(server: LocalServer) -> None:
    server.answers["/data"] = Answer(content=b"x", headers={"Content-Length": "11"}, stalls=True)

    with pytest.raises(FetchFailed, match="larger than the 10 bytes"):
        await LOCAL.fetch(f"{server.url}/data", limits=Limits(size=10))


async def test_an_answer_that_becomes_too_large_is_broken_off(server: LocalServer) -> None:
    server.answers["/data"] = Answer(pieces=(b"x" * 6, b"x" * 6), stalls=True)

    with pytest.raises(FetchFailed, match="larger than the 10 bytes"):
        await LOCAL.fetch(f"{server.url}/data", limits=Limits(size=10))


async def test_a_packed_answer_is_not_unpacked(server: LocalServer) -> None:
    server.answers["/data"] = Answer(content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})

    with pytest.raises(FetchFailed, match="packed as gzip"):
        await LOCAL.fetch(f"{server.url}/data")


async def test_an_answer_that_does_not_come_in_time_is_given_up(server: LocalServer) -> None:
    server.answers["/data"] = Answer(content=b"x", headers={"Content-Length": "11"}, stalls=True)

    with pytest.raises(FetchFailed, match=r"did not answer in full within 0\.2 seconds"):
        await LOCAL.fetch(f"{server.url}/data", limits=Limits(seconds=0.2))


async def test_an_answer_that_breaks_off_is_no_answer(server: LocalServer) -> None:
    server.answers["/data"] = Answer(content=b"x", headers={"Content-Length": "11"})

    with pytest.raises(FetchFailed, match="could not be fetched"):
        await LOCAL.fetch(f"{server.url}/data")


async def test_a_server_that_is_down_or_unknown_is_told_as_a_failure(server: LocalServer) -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    with pytest.raises(FetchFailed, match="could not be fetched"):
        await LOCAL.fetch(f"http://127.9.9.9:{server.port}/data")
    with pytest.raises(FetchFailed, match=r"There is no server called cycle\.example\."):
        await Fetcher(resolve=resolve).fetch(f"https://{NAME}/")


async def test_a_large_file_is_read_bit_by_bit(server: LocalServer) -> None:
    server.answers["/file.tgz"] = Answer(pieces=(b"first", b"second"), content_type="application/gzip")

    async with LOCAL.open(f"{server.url}/file.tgz") as arriving:
        chunks = [chunk async for chunk in arriving.chunks()]

    assert b"".join(chunks) == b"firstsecond"
    assert arriving.size is None


async def test_a_certificate_is_held_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    shows, trusts = certificate_for(NAME, tmp_path)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    fetcher = Fetcher(networks=[LOOPBACK], resolve=resolve, trusts=trusts)
    async with local_server(shows=shows) as server:
        server.answers["/data"] = Answer(content=b"{}")
        fetched = await fetcher.fetch(f"https://{NAME}:{server.port}/data")
        with pytest.raises(FetchFailed, match="certificate"):
            await fetcher.fetch(f"https://other.example:{server.port}/data")

    assert fetched.content == b"{}"


async def test_a_redirect_never_leaves_the_secured_web(tmp_path: Path) -> None:
    shows, trusts = certificate_for(NAME, tmp_path)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    fetcher = Fetcher(networks=[LOOPBACK], resolve=resolve, trusts=trusts)
    async with local_server(shows=shows) as server:
        server.answers["/data"] = Answer(status=302, headers={"Location": f"http://{NAME}/data"})

        with pytest.raises(AddressRefused, match="redirects from https to http"):
            await fetcher.fetch(f"https://{NAME}:{server.port}/data")


def test_production_fetches_from_public_addresses_only() -> None:
    named = {
        "CMS_SECRET_KEY": "k",
        "CMS_DATABASE_URL": "postgresql://db/cms",
        "CMS_REDIS_URL": "redis://redis",
        "CMS_ALLOWED_HOSTS": "www.python.org",
        "CMS_FETCH_FROM_NETWORKS": "127.0.0.0/8,10.0.0.0/8",
    }

    settings = Settings.load({**named, "CMS_ENVIRONMENT": "development"})
    with pytest.raises(ConfigurationError, match="CMS_FETCH_FROM_NETWORKS is for development"):
        Settings.load({**named, "CMS_ENVIRONMENT": "production"})

    assert settings.fetch_from_networks == [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("10.0.0.0/8")]


def certificate_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a server of this name shows, and what a client has that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    shows = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows.load_cert_chain(pem, key_pem)
    return shows, ssl.create_default_context(cafile=str(pem))
