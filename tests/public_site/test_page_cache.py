"""The page cache gives anonymous visitors finished pages, and nobody a page that is old or another person's."""

import asyncio
import gzip
from dataclasses import dataclass, field

import brotli
import pytest

from public_site.caching.policy import FOR_ANY_QUERY
from public_site.page_cache import PageCache
from tests.asgi import ask

PAGE = "<p>Python is a programming language.</p>" * 100


@dataclass
class Site:
    """An application that counts what it is asked and answers as the test wishes."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = PAGE
    asked: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None
    chunks: int = 1
    is_for_any_query: bool = False

    async def __call__(self, scope, receive, send):
        self.asked.append(f"{scope['method']} {scope['path']}")
        scope["state"][FOR_ANY_QUERY] = self.is_for_any_query
        headers = {"content-type": "text/html; charset=utf-8", "surrogate-key": "pydotorg-app pages"} | self.headers
        body = self.body.encode()
        if self.gate is not None:
            await self.gate.wait()
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            }
        )
        size = -(-len(body) // self.chunks)
        for start in range(0, len(body), size):
            more = start + size < len(body)
            await send({"type": "http.response.body", "body": body[start : start + size], "more_body": more})


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def cache(site):
    return PageCache(site, max_bytes=1_000_000)


async def test_a_page_is_rendered_once_and_then_answered_from_the_cache(site, cache):
    first = await ask(cache, "/about/")
    second = await ask(cache, "/about/")

    assert site.asked == ["GET /about/"]
    assert first.text == second.text == PAGE
    assert first.headers == second.headers
    assert first.status == second.status == 200


async def test_a_response_in_several_chunks_is_stored_whole(site, cache):
    site.chunks = 7

    await ask(cache)

    assert (await ask(cache)).text == PAGE
    assert len(site.asked) == 1


async def test_a_page_says_how_long_browsers_and_the_cdn_may_keep_it(cache):
    answer = await ask(cache)

    assert answer["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert answer["Surrogate-Control"] == "max-age=3600, stale-while-revalidate=300, stale-if-error=86400"
    assert answer["Surrogate-Key"] == "pydotorg-app pages"


async def test_what_the_application_says_about_caching_is_kept(site, cache):
    site.headers = {"cache-control": "public, max-age=604800", "surrogate-control": "max-age=604800"}

    answer = await ask(cache)

    assert answer["Cache-Control"] == "public, max-age=604800"
    assert answer["Surrogate-Control"] == "max-age=604800"


# Validators


async def test_a_browser_that_has_the_page_is_told_so(site, cache):
    etag = (await ask(cache))["ETag"]

    answer = await ask(cache, headers={"If-None-Match": etag})

    assert answer.status == 304
    assert answer.body == b""
    assert answer["ETag"] == etag
    assert "Content-Length" not in answer
    assert "Content-Type" not in answer
    assert answer["Surrogate-Key"] == "pydotorg-app pages"


@pytest.mark.parametrize("known", ['"other", {etag}', "W/{etag}", '"a",W/{etag} , "b"', "*"])
async def test_entity_tags_are_compared_weakly_and_in_lists(cache, known):
    etag = (await ask(cache))["ETag"]

    assert (await ask(cache, headers={"If-None-Match": known.format(etag=etag)})).status == 304


@pytest.mark.parametrize("known", ['"other"', "", "{bare}", '"{bare}x"'])
async def test_an_unknown_entity_tag_gets_the_page(cache, known):
    bare = (await ask(cache))["ETag"].strip('"')

    assert (await ask(cache, headers={"If-None-Match": known.format(bare=bare)})).status == 200


async def test_the_first_answer_can_be_a_304_too(cache, site):
    etag = (await ask(PageCache(site, max_bytes=1_000_000)))["ETag"]

    assert (await ask(cache, headers={"If-None-Match": etag})).status == 304


async def test_each_encoding_has_its_own_strong_entity_tag(cache):
    tags = [(await ask(cache, headers={"Accept-Encoding": accepted}))["ETag"] for accepted in ("", "gzip", "gzip, br")]

    assert len(set(tags)) == 3
    assert not any(tag.startswith("W/") for tag in tags)
    assert (await ask(cache, headers={"If-None-Match": tags[1]})).status == 200
    assert (await ask(cache, headers={"If-None-Match": tags[1], "Accept-Encoding": "gzip"})).status == 304


async def test_a_missing_page_is_never_said_to_be_unmodified(site, cache):
    site.status = 404

    answer = await ask(cache, headers={"If-None-Match": "*"})

    assert answer.status == 404
    assert "ETag" not in answer


# Encodings


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5, br;q=0", "gzip"),
        ("*", "br"),
        ("*;q=0", ""),
        ("br;q=nonsense, gzip", "gzip"),
        ("identity", ""),
        ("", ""),
    ],
)
async def test_a_page_comes_in_the_best_encoding_that_the_browser_reads(cache, accepted, encoding):
    answer = await ask(cache, headers={"Accept-Encoding": accepted})

    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[encoding]
    assert answer["Content-Encoding"] == encoding
    assert unpack(answer.body).decode() == PAGE
    assert answer["Content-Length"] == str(len(answer.body))
    assert answer["Vary"] == "Accept-Encoding"


async def test_an_image_is_sent_as_it_is(site, cache):
    site.headers = {"content-type": "image/png"}

    answer = await ask(cache, headers={"Accept-Encoding": "br"})

    assert "Content-Encoding" not in answer
    assert "Vary" not in answer


async def test_a_large_page_is_compressed_as_well(site, cache):
    site.body = PAGE * 20

    answer = await ask(cache, headers={"Accept-Encoding": "br"})

    assert brotli.decompress(answer.body).decode() == site.body


# HEAD and other methods


async def test_head_is_answered_like_get_without_the_body(site, cache):
    head = await ask(cache, method="HEAD")
    get = await ask(cache)

    assert head.headers == get.headers
    assert head.body == b""
    assert site.asked == ["GET /"]


async def test_head_of_a_page_that_is_not_cached_has_no_body_either(site, cache):
    site.headers = {"cache-control": "no-store"}
    site.chunks = 3

    for headers in ({}, {"Cookie": "session=abc"}):
        answer = await ask(cache, method="HEAD", headers=headers)

        assert answer.status == 200
        assert answer.body == b""


async def test_a_post_is_neither_answered_from_the_cache_nor_stored(site, cache):
    await ask(cache)
    answer = await ask(cache, method="POST", body=b"x")
    await ask(cache)

    assert site.asked == ["GET /", "POST /"]
    assert answer["Cache-Control"] == "private, no-store"


# What belongs to a person


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "session=abc"},
        {"Cookie": "theme=dark; session=abc"},
        {"Authorization": "Token abc"},
        [("Cookie", "session=abc"), ("Cookie", "theme=dark")],
    ],
)
async def test_a_request_with_a_session_or_credentials_neither_fills_the_cache_nor_reads_it(site, cache, headers):
    site.body = "yours"
    personal = await ask(cache, headers=headers)
    site.body = "everybody's"
    public = await ask(cache)
    site.body = "yours again"
    personal_again = await ask(cache, headers=headers)

    assert [personal.text, public.text, personal_again.text] == ["yours", "everybody's", "yours again"]
    assert personal["Cache-Control"] == "private, no-store"
    assert "Surrogate-Control" not in personal


async def test_a_style_sheet_stays_public_for_somebody_signed_in(site, cache):
    site.headers = {"cache-control": "public, max-age=604800"}

    answer = await ask(cache, headers={"Cookie": "session=abc"})

    assert answer["Cache-Control"] == "public, max-age=604800"


async def test_a_cookie_makes_every_response_private(site, cache):
    site.headers = {"set-cookie": "a=b", "cache-control": "public, max-age=60", "surrogate-control": "max-age=60"}

    answers = [await ask(cache), await ask(cache)]

    assert len(site.asked) == 2
    assert {answer["Cache-Control"] for answer in answers} == {"private, no-store"}
    assert not any("Surrogate-Control" in answer for answer in answers)


async def test_other_cookies_make_nobody_a_person(site, cache):
    await ask(cache, headers={"Cookie": "theme=dark"})
    await ask(cache)

    assert len(site.asked) == 1


# What is not stored


@pytest.mark.parametrize(
    "headers",
    [
        {"cache-control": "no-store"},
        {"cache-control": "Private"},
        {"surrogate-control": "max-age=0"},
        {"surrogate-control": "no-store"},
        {"vary": "Accept"},
        {"vary": "Accept-Encoding, Cookie"},
        {"content-encoding": "gzip"},
    ],
)
async def test_a_response_that_is_not_the_same_for_everyone_is_not_stored(site, cache, headers):
    site.headers = headers

    await ask(cache)
    await ask(cache)

    assert len(site.asked) == 2


@pytest.mark.parametrize("status", [201, 206, 303, 307, 400, 403, 500, 503])
async def test_other_statuses_are_not_stored(site, cache, status):
    site.status = status

    answers = [await ask(cache), await ask(cache)]

    assert len(site.asked) == 2
    assert [answer["Cache-Control"] for answer in answers] == ["private, no-store"] * 2


@pytest.mark.parametrize("status", [301, 302, 308, 404, 410])
async def test_redirects_and_missing_pages_are_stored(site, cache, status):
    site.status = status
    site.headers = {"location": "/elsewhere/"}

    await ask(cache)
    answer = await ask(cache)

    assert len(site.asked) == 1
    assert (answer.status, answer["Location"]) == (status, "/elsewhere/")


async def test_a_request_for_a_part_gets_what_the_application_says(site, cache):
    await ask(cache, headers={"Range": "bytes=0-10"})
    await ask(cache, headers={"Range": "bytes=0-10"})

    assert len(site.asked) == 2


async def test_a_get_with_a_body_does_not_fill_the_cache(site, cache):
    await ask(cache, headers={"Content-Length": "3"}, body=b"a=b")
    await ask(cache)

    assert len(site.asked) == 2


async def test_a_page_larger_than_its_share_is_streamed_and_not_stored(site, cache):
    site.body = "x" * 300_000
    site.chunks = 10

    answers = [await ask(cache), await ask(cache)]

    assert len(site.asked) == 2
    assert {answer.text for answer in answers} == {site.body}
    assert answers[0].messages > 2


async def test_a_page_larger_than_its_share_in_one_piece_ends_properly(site, cache):
    site.body = "x" * 300_000

    assert (await ask(cache)).text == site.body


# Keys


async def test_host_path_and_query_distinguish_pages(site, cache):
    for path, query, host in [("/a/", "", "a"), ("/a/", "", "b"), ("/b/", "", "a"), ("/a/", "page=2", "a")]:
        await ask(cache, path, query=query, headers={"Host": host})

    assert len(site.asked) == 4


async def test_invented_queries_neither_miss_the_cache_nor_fill_it(site, cache):
    site.is_for_any_query = True

    for number in range(50):
        await ask(cache, "/about/", query=f"invented={number}")

    assert site.asked == ["GET /about/"]


async def test_a_page_stored_without_a_query_says_nothing_about_one_with_a_query(site, cache):
    await ask(cache, "/search/")
    site.body = "Found"

    assert (await ask(cache, "/search/", query="q=python")).text == "Found"


async def test_the_order_of_different_names_in_a_query_makes_no_difference(site, cache):
    await ask(cache, query="page=2&q=python")
    await ask(cache, query="q=python&&page=2")
    await ask(cache, query="page=1&page=2")
    await ask(cache, query="page=2&page=1")

    assert len(site.asked) == 3


async def test_a_flood_of_invented_addresses_leaves_the_real_pages_alone(site):
    cache = PageCache(site, max_bytes=200_000)
    await ask(cache, "/downloads/")

    for number in range(300):
        await ask(cache, "/downloads/", query=f"x={number}")
    site.asked.clear()
    await ask(cache, "/downloads/")

    assert site.asked == []


# Purges


async def test_a_purged_page_is_rendered_again_and_others_are_not(site, cache):
    site.headers = {"surrogate-key": "pydotorg-app releases releases/42"}
    await ask(cache, "/release/")
    site.headers = {"surrogate-key": "pydotorg-app pages"}
    await ask(cache, "/about/")
    site.asked.clear()

    cache.purge(frozenset({"releases/42", "unknown"}))
    await ask(cache, "/about/")
    await ask(cache, "/release/")

    assert site.asked == ["GET /release/"]


async def test_a_path_can_be_purged(site, cache):
    await ask(cache, "/about/")
    await ask(cache, "/about/", query="x=1")
    await ask(cache, "/")

    cache.purge(frozenset({"/about/"}))
    site.asked.clear()
    for path, query in [("/about/", ""), ("/about/", "x=1"), ("/", "")]:
        await ask(cache, path, query=query)

    assert site.asked == ["GET /about/", "GET /about/"]


async def test_one_key_purges_everything(site, cache):
    site.headers = {"surrogate-key": ""}
    await ask(cache)

    cache.purge(frozenset({"pydotorg-app"}))
    await ask(cache)

    assert len(site.asked) == 2


@pytest.mark.parametrize("key", ["pages", "pydotorg-app"])
async def test_a_page_that_was_purged_while_it_was_made_is_not_stored(site, cache, key):
    site.gate = asyncio.Event()
    late = asyncio.create_task(ask(cache))
    await asyncio.sleep(0)

    cache.purge(frozenset({key}))
    site.gate.set()
    await late
    await ask(cache)

    assert len(site.asked) == 2


async def test_a_purge_of_something_else_does_not_keep_a_page_out(site, cache):
    site.gate = asyncio.Event()
    rendering = asyncio.create_task(ask(cache))
    await asyncio.sleep(0)

    cache.purge(frozenset({"boxes"}))
    site.gate.set()
    await rendering
    await ask(cache)

    assert len(site.asked) == 1


# Many at once


async def test_simultaneous_requests_for_a_page_render_it_once(site, cache):
    site.gate = asyncio.Event()
    visitors = [asyncio.create_task(ask(cache)) for _ in range(20)]
    await asyncio.sleep(0)

    site.gate.set()
    answers = await asyncio.gather(*visitors)

    assert len(site.asked) == 1
    assert {answer.text for answer in answers} == {PAGE}


async def test_nobody_who_comes_after_a_purge_waits_for_a_page_begun_before_it(site, cache):
    site.gate = asyncio.Event()
    before = asyncio.create_task(ask(cache))
    await asyncio.sleep(0)

    cache.purge(frozenset({"boxes"}))
    after = [asyncio.create_task(ask(cache)) for _ in range(3)]
    await asyncio.sleep(0)
    site.gate.set()
    await asyncio.gather(before, *after)

    assert len(site.asked) == 2


async def test_simultaneous_requests_for_a_page_that_is_not_shared_are_each_answered(site, cache):
    site.headers = {"cache-control": "no-store"}
    site.gate = asyncio.Event()
    visitors = [asyncio.create_task(ask(cache)) for _ in range(5)]
    await asyncio.sleep(0)

    site.gate.set()
    answers = await asyncio.gather(*visitors)

    assert len(site.asked) == 5
    assert {answer.text for answer in answers} == {PAGE}


async def test_nobody_waits_for_a_page_that_is_known_not_to_be_shared(site, cache):
    site.headers = {"cache-control": "no-store"}
    await ask(cache)
    site.gate = asyncio.Event()

    visitors = [asyncio.create_task(ask(cache)) for _ in range(5)]
    await asyncio.sleep(0)

    assert len(site.asked) == 6
    site.gate.set()
    await asyncio.gather(*visitors)


async def test_the_failure_of_one_visitor_does_not_reach_the_others():
    asked = []

    async def fails_once(scope, receive, send):
        asked.append(scope["path"])
        await asyncio.sleep(0)
        if len(asked) == 1:
            raise RuntimeError
        await Site()(scope, receive, send)

    cache = PageCache(fails_once, max_bytes=1_000_000)
    visitors = [asyncio.create_task(ask(cache)) for _ in range(3)]

    first, *others = await asyncio.gather(*visitors, return_exceptions=True)

    assert isinstance(first, RuntimeError)
    assert [answer.text for answer in others] == [PAGE, PAGE]


async def test_a_visitor_who_gives_up_does_not_take_the_page_from_the_others(site, cache):
    site.gate = asyncio.Event()
    leaving, staying = asyncio.create_task(ask(cache)), asyncio.create_task(ask(cache))
    impatient = asyncio.create_task(ask(cache))
    await asyncio.sleep(0)

    impatient.cancel()
    leaving.cancel()
    await asyncio.sleep(0)
    site.gate.set()

    assert (await staying).text == PAGE


async def test_other_protocols_pass_through():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    await PageCache(app, max_bytes=1000)({"type": "lifespan"}, None, None)

    assert seen == ["lifespan"]


@pytest.mark.parametrize("size", [100, 1_000_000])
async def test_an_application_that_waits_for_the_visitor_to_have_it_all_is_not_waited_for(size):
    sent = asyncio.Event()

    async def stream(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * size, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        while (await receive())["type"] != "http.disconnect":
            pass

    async def receive():
        await sent.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.body" and not message["more_body"]:
            sent.set()

    scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "query_string": b"", "headers": []}
    async with asyncio.timeout(5):
        await PageCache(stream, max_bytes=1_000_000)(scope, receive, send)

    assert sent.is_set()
