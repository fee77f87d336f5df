"""`cms doctor` finds what is amiss, and finds nothing where all is well."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from redis.asyncio import Redis
from sqlalchemy import select

from cms import doctor
from cms.core import clock, outbox, search
from cms.core.outbox import MessageStatus, OutboxMessage
from tests.factories.downloads import make_release


class Site(BaseHTTPRequestHandler):
    """A site whose cache keeps showing the first edition of the stale paths."""

    stale_paths: tuple[str, ...] = ()

    def do_GET(self):
        passes_the_cache = "Cookie" in self.headers
        is_stale = self.path in self.stale_paths and not passes_the_cache
        body = b"first edition" if is_stale else b"second edition"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


@contextmanager
def site(*stale_paths):
    handler = type("SiteOfTest", (Site,), {"stale_paths": stale_paths})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _beside(resources, site_url):
    return replace(resources, settings=resources.settings.model_copy(update={"site_url": site_url}))


async def _findings(resources, *stale_paths):
    with site(*stale_paths) as url:
        return {finding.subject: finding for finding in await doctor.examine(_beside(resources, url))}


async def _do_all_work(session):
    """Empty the outbox, as a worker would."""
    for message in await session.scalars(select(OutboxMessage)):
        await session.delete(message)
    await session.commit()


async def test_nothing_is_amiss_in_a_system_that_works(resources, session):
    release = await make_release(session)
    await search.index_rows(resources, "releases", [release.id])
    await _do_all_work(session)

    findings = await _findings(resources)

    assert [finding.says for finding in findings.values() if not finding.is_good] == []
    assert set(findings) == {"Database", "Redis", "Outbox", "Tasks", "Search index", "Page caches"}


async def test_a_published_row_that_is_not_in_the_index_is_found(resources, session):
    release = await make_release(session)

    finding = (await _findings(resources))["Search index"]

    assert not finding.is_good
    assert f"lacks {release.id}" in finding.says


async def test_a_draft_that_is_still_in_the_index_is_found(resources, session):
    release = await make_release(session)
    await search.index_rows(resources, "releases", [release.id])
    release.is_published = False
    await session.commit()

    finding = (await _findings(resources))["Search index"]

    assert not finding.is_good
    assert f"should not have {release.id}" in finding.says


async def test_many_rows_are_counted_instead_of_listed(resources, session):
    releases = [await make_release(session, f"Python 3.14.{number}") for number in range(7)]

    finding = (await _findings(resources))["Search index"]

    assert f"{releases[4].id} and 2 more" in finding.says
    assert str(releases[6].id) not in finding.says


async def test_messages_that_wait_for_long_are_found(resources, session):
    outbox.enqueue(session, "purge_keys", keys=["downloads"])
    await session.flush()
    (message,) = await session.scalars(select(OutboxMessage))
    message.not_before = clock.now() - timedelta(minutes=3)
    await session.commit()

    finding = (await _findings(resources))["Outbox"]

    assert not finding.is_good
    assert finding.says.startswith("1 messages wait, the oldest for 18")


async def test_messages_that_have_just_come_are_no_fault(resources, session):
    outbox.enqueue(session, "purge_keys", keys=["downloads"])
    await session.commit()

    assert (await _findings(resources))["Outbox"].is_good


async def test_tasks_that_failed_for_good_are_found(resources, session):
    session.add(OutboxMessage(task="send_mail", arguments={}, status=MessageStatus.FAILED, error="No such mailbox."))
    await session.commit()

    finding = (await _findings(resources))["Tasks"]

    assert not finding.is_good
    assert "send_mail (1)" in finding.says


@pytest.mark.parametrize("path", ["/", "/downloads/release/python-3140/"])
async def test_a_page_that_a_cache_keeps_too_long_is_found(resources, session, path):
    await make_release(session, slug="python-3140")

    finding = (await _findings(resources, path))["Page caches"]

    assert not finding.is_good
    assert path in finding.says


async def test_a_site_that_does_not_answer_is_found(resources):
    findings = {finding.subject: finding for finding in await doctor.examine(_beside(resources, "http://127.0.0.1:9"))}

    assert not findings["Page caches"].is_good
    assert "does not answer" in findings["Page caches"].says


async def test_a_redis_that_does_not_answer_is_a_finding_and_no_error(resources, tmp_path):
    away = Redis.from_url(f"unix://{tmp_path}/nowhere.sock")

    finding = (await _findings(replace(resources, redis=away)))["Redis"]

    assert not finding.is_good
    assert finding.says.startswith("Does not answer")
    await away.aclose()


async def test_a_database_that_is_not_migrated_is_found(resources, monkeypatch):
    monkeypatch.setattr("cms.core.schema.newest", lambda: "tomorrow")

    finding = (await _findings(resources))["Database"]

    assert not finding.is_good
    assert "cms migrate" in finding.says
