"""Uploaded files as the site itself serves them."""

import httpx
import pytest

from cms.core.resources import Resources

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
async def image(resources: Resources) -> str:
    return (await resources.storage.save("about/logo.png", PNG)).name


async def test_an_image_is_shown(client: httpx.AsyncClient, image: str) -> None:
    answer = await client.get(f"/media/{image}")

    assert answer.status_code == 200
    assert answer.content == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Disposition" not in answer.headers


@pytest.mark.parametrize(("name", "content"), [("a.svg", SVG), ("a.html", b"<p>Hello"), ("a.pdf", b"%PDF-1.7")])
async def test_what_could_run_is_saved_instead(
    client: httpx.AsyncClient, resources: Resources, name: str, content: bytes
) -> None:
    await resources.storage.save(name, content)

    answer = await client.get(f"/media/{name}")

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-7", 206, PNG[:8]),
        ("bytes=8-", 206, PNG[8:]),
        ("bytes=-10", 206, PNG[-10:]),
        ("bytes=5-2", 200, PNG),
        ("bytes=999-", 200, PNG),
        ("lines=1-2", 200, PNG),
    ],
)
async def test_a_part_of_a_file_may_be_asked_for(
    client: httpx.AsyncClient, image: str, wanted: str, status: int, part: bytes
) -> None:
    answer = await client.get(f"/media/{image}", headers={"Range": wanted})

    assert answer.status_code == status
    assert answer.content == part


async def test_a_known_file_is_not_sent_again(client: httpx.AsyncClient, image: str) -> None:
    etag = (await client.get(f"/media/{image}")).headers["ETag"]

    answer = await client.get(f"/media/{image}", headers={"If-None-Match": etag})

    assert answer.status_code == 304
    assert answer.content == b""


@pytest.mark.parametrize("name", ["nope.png", "../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "a%00.png", "a" * 3000])
async def test_what_is_not_stored_is_not_found(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/media/{name}")

    assert answer.status_code == 404


async def test_old_addresses_lead_to_the_store_and_never_out_of_it(client: httpx.AsyncClient) -> None:
    ways = [
        "photos/a b.png",
        "photos/a%20b.png/",
        "photos/a%20b.png?x=1",
        "%2e%2e/photos/%2e/a%20b.png",
        "%252e%252E/photos/a%20b.png",
        "..%2fphotos%5c..%5ca%20b.png",
        "//photos//a%20b.png",
    ]

    answers = [await client.get(f"/m/{way}") for way in ways]

    assert {answer.status_code for answer in answers} == {301}
    assert {answer.headers["Location"] for answer in answers} == {"/media/photos/a%20b.png"}


async def test_an_old_address_of_nothing_is_missing(client: httpx.AsyncClient) -> None:
    answers = [await client.get(f"/m/{name}") for name in ("", "%2e%2e/", "a%00.png", "a" * 3000)]

    assert {answer.status_code for answer in answers} == {404}


async def test_no_address_leads_out_of_its_folder(client: httpx.AsyncClient) -> None:
    ways = ("../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "..%5c..%5cetc%5cpasswd", "%252e%252e/x")
    starts = ("static", "media", "m", "box", "doc", "downloads", "getit")

    paths = [f"/{start}/{way}" for start in starts for way in ways]
    answers = [await client.get(f"http://testserver{path}", follow_redirects=True) for path in paths]

    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize(("name", "kind"), [("a.txt", "text/plain"), ("a.csv", "text/csv"), ("a.py", "text/plain")])
async def test_a_text_says_once_how_it_is_encoded(
    client: httpx.AsyncClient, resources: Resources, name: str, kind: str
) -> None:
    await resources.storage.save(name, "naïve".encode())

    answer = await client.get(f"/media/{name}")

    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
