"""Where paths that nothing answers, and redirects that are followed, are counted."""

from dataclasses import replace

import httpx
from redis.exceptions import ConnectionError as RedisGone

from cms.core import tallies
from cms.missed_paths.services import MISSED_PATHS
from cms.redirects.models import Redirect
from cms.redirects.uses import REDIRECT_USES
from public_site.answer_counts import LONGEST, MOST_WAITING, AnswerCounts
from public_site.asgi import build
from tests.factories.pages import make_page


class Watched:
    """The application that ships, and the counts of its process."""

    def __init__(self, resources, monkeypatch, *, page_cache_bytes=0):
        settings = resources.settings.model_copy(update={"page_cache_bytes": page_cache_bytes})
        made = []
        monkeypatch.setattr("public_site.asgi.AnswerCounts", lambda redis: made.append(AnswerCounts(redis)) or made[-1])
        application = build(replace(resources, settings=settings))
        self.redis = resources.redis
        self.counts = made[0]
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://testserver")

    async def counted(self, kind):
        await self.counts.flush()
        found = {one.name: (one.count, one.remark) for one in await tallies.taken(self.redis, kind)}
        await tallies.forget(self.redis, kind)
        return found


async def test_what_visitors_miss_is_counted_with_the_page_that_led_there(resources, session, monkeypatch):
    site = Watched(resources, monkeypatch)
    await make_page(session, path="there")

    await site.client.get("/there/")
    for path in ("/nothing", "/nothing/?q=secret"):
        await site.client.get(path, headers={"Referer": "http://testserver/there/?q=secret"})
    await site.client.get("/wp-login.php", headers={"Referer": "https://example.org/x"})
    await site.client.get("/static/nothing.css")
    await site.client.post("/nothing/")

    assert await site.counted(MISSED_PATHS) == {"/nothing/": (2, "/there/"), "*.php": (1, "example.org")}


async def test_what_the_page_cache_answers_is_counted_as_well(resources, session, monkeypatch):
    site = Watched(resources, monkeypatch, page_cache_bytes=10_000_000)

    for _ in range(3):
        await site.client.get("/nothing/")

    assert await site.counted(MISSED_PATHS) == {"/nothing/": (3, "")}


async def test_redirects_of_editors_are_counted_and_those_of_the_program_are_not(resources, session, monkeypatch):
    site = Watched(resources, monkeypatch, page_cache_bytes=10_000_000)
    await make_page(session, path="there")
    moved, gone = Redirect(old_path="/old/", new_path="/there/"), Redirect(old_path="/gone/", new_path="")
    session.add_all([moved, gone])
    await session.commit()

    answers = [await site.client.get(path) for path in ("/old/", "/old/", "/gone/", "/there", "/downloads")]

    assert [answer.status_code for answer in answers] == [301, 301, 410, 301, 301]
    assert await site.counted(REDIRECT_USES) == {str(moved.id): (2, ""), str(gone.id): (1, "")}


async def test_invented_paths_beyond_a_bound_are_not_counted(resources):
    counts = AnswerCounts(resources.redis)
    scope = {"method": "GET", "headers": []}

    for number in range(MOST_WAITING + 10):
        counts.note(scope, f"/{number}/", {"status": 404, "headers": []})

    assert len(counts._missed) == MOST_WAITING


async def test_what_is_remembered_of_a_visit_is_short(resources):
    counts = AnswerCounts(resources.redis)
    long = b"https://example.org/" + b"x" * 50_000
    scope = {"method": "GET", "headers": [(b"referer", long), (b"host", long)]}

    for path in ("/missed/", "/" + "x" * 50_000):
        counts.note(scope, path, {"status": 404, "headers": []})

    assert list(counts._missed) == ["/missed/"]
    assert len(counts._missed["/missed/"].referrer) == LONGEST


async def test_the_site_answers_while_redis_is_away(resources, session, monkeypatch):
    site = Watched(resources, monkeypatch)

    async def gone(*_):
        raise RedisGone

    monkeypatch.setattr(site.counts._missed_paths, "flush", gone)
    async with site.counts.flushing():
        answer = await site.client.get("/nothing/")

    assert answer.status_code == 404
