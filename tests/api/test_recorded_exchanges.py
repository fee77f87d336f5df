"""What the old site answered over its whole dump is answered the same here, but where we are better on purpose."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from rich.console import Console
from sqlalchemy import text

from cms.downloads.models import OperatingSystem, Release, ReleaseFile
from cms.import_django import runner
from public_site.asgi import build
from tests.api import recordings
from tests.asgi import ask
from tests.import_django.databases import filled_database

SITE = "https://www.python.org"
THE_MOMENT = datetime(2026, 11, 21, 5, 43, 14, 396226, tzinfo=UTC)
"""When the recorder made the one release whose date is that of its making."""

COMPARED = ("content-type", "allow", "location", "www-authenticate", "vary", "cache-control", "surrogate-key")
"""Headers that clients and caches act upon, where the old site sent them. The others are ours."""

COUNTED = {"v1-throttle-429": "api_v1_rate", "v2-throttle-429": "api_v2_guest_rate"}
"""Recordings of callers who called too often, with the setting that is lowered to replay them."""

LATER = {
    "v2-logo-placement-guest": "Sponsors come with a domain of their own.",
    "v2-logo-placement-nonstaff-403": "Sponsors come with a domain of their own.",
    "v2-logo-placement-year": "Sponsors come with a domain of their own.",
    "v2-assets-filter": "Sponsors come with a domain of their own.",
}


@dataclass(frozen=True)
class Difference:
    """What is answered otherwise than recorded, and why."""

    reason: str
    status: int | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """"" stands for a header that is not sent."""


NOT_KEPT = Difference(
    "A redirect has no body, so its type says nothing; cookies never count under /api/, so nothing varies by them.",
    headers={"content-type": "text/plain; charset=utf-8", "vary": ""},
)

DIFFERENCES = {
    "v1-head": Difference(
        "HEAD is GET without the body, for the whole site.",
        status=200,
        body=b"",
        headers={"content-type": "application/json", "allow": ""},
    ),
    "v1-releasefile-post-dup-url": Difference(
        "What is there already is a mistake of the client, and the field is named; it was a failure of the server.",
        status=400,
        body=b'{"downloads/release_file": {"url": ["Release File with this URL already exists."]}}',
    ),
    "v1-release-no-slash": NOT_KEPT,
    "v2-release-no-slash": NOT_KEPT,
    "v2-head": Difference("The recording shows the body that the server did not send.", body=b""),
    "v2-release-format-unknown": Difference("Cookies never count under /api/.", headers={"vary": ""}),
}


@pytest.fixture
async def old_site_taken_over(resources, database_url, shared, tmp_path, clock):
    """The content of the old site's dump, imported; the clock stands still at the moment of the recording."""
    dump = shared / "reference" / "data" / "old-site.sql.gz"
    if not dump.is_file():
        pytest.skip("The dump of the old site is absent.")
    with (tmp_path / "console.txt").open("w") as output:
        async with filled_database(database_url, gzip.decompress(dump.read_bytes()).decode()) as url:
            await runner.run(resources, url, report_to=tmp_path / "report.json", console=Console(file=output))
    clock.moment = THE_MOMENT


async def test_recorded_exchanges_replay_equal(resources, old_site_taken_over, session, shared):
    app = build(replace(resources, settings=_as_recorded(resources.settings)))
    exchanges = _exchanges(shared)
    names = {exchange.name for exchange in exchanges}

    told = {}
    for exchange in exchanges:
        if exchange.name in BEFORE:
            await BEFORE[exchange.name](session)
        if exchange.name not in {*LATER, *COUNTED}:
            told[exchange.name] = _unlike(exchange, await _replayed(app, exchange))

    assert {name: unlike for name, unlike in told.items() if unlike} == {}
    assert len(told) >= 80
    assert set(DIFFERENCES) | set(LATER) | set(BEFORE) | set(COUNTED) <= names


@pytest.mark.parametrize(("name", "setting"), COUNTED.items())
async def test_who_calls_too_often_is_answered_as_recorded(resources, shared, name, setting):
    exchange = next(found for found in _exchanges(shared) if found.name == name)
    rate = {"api_v1_rate": "1/hour", "api_v2_guest_rate": "1/day"}[setting]
    app = build(replace(resources, settings=_as_recorded(resources.settings, **{setting: rate})))
    client = (f"203.0.113.{len(setting) + 100}", 1)

    await _replayed(app, exchange, client=client)
    answer = await _replayed(app, exchange, client=client)

    assert answer.status == 429
    assert int(answer["retry-after"]) > 0
    assert answer["content-type"] == exchange.answered_headers["content-type"]
    assert answer.body == exchange.body.replace(b"86400", answer["retry-after"].encode())


def _as_recorded(settings, **rates):
    return settings.model_copy(
        update={"site_url": SITE, "page_cache_bytes": 0, "trusted_proxies": ["127.0.0.1"], **rates}
    )


def _exchanges(shared):
    folder = shared / "reference" / "api-samples"
    lines = (folder / "INDEX.tsv").read_text().splitlines()[1:]
    return [recordings.read(folder / f"{line.split()[0]}.http") for line in lines]


async def _replayed(app, exchange, **options):
    return await ask(
        app,
        exchange.path,
        method=exchange.method,
        query=exchange.query,
        headers=exchange.headers,
        body=exchange.content,
        **options,
    )


def _unlike(exchange, answer):
    """Return what differs from the recording, and from what is meant to differ."""
    meant = DIFFERENCES.get(exchange.name, Difference(""))
    expected = {name: exchange.answered_headers[name] for name in COMPARED if name in exchange.answered_headers}
    expected |= meant.headers
    found = {name: answer[name] for name in expected}
    found["surrogate-key"] = " ".join(found.get("surrogate-key", "").split()[:2])
    pairs = {
        "status": (meant.status or exchange.status, answer.status),
        "body": (exchange.body if meant.body is None else meant.body, answer.body),
        **{name: (expected[name], found[name]) for name in expected},
    }
    return {name: (wanted, given) for name, (wanted, given) in pairs.items() if wanted != given}


async def _begin_with_a_draft(session):
    """Write the draft that the recorder found; the dump was drawn before it was made."""
    await _put(
        session,
        Release,
        452,
        name="Python 3.99.0a41",
        slug="python-3990a41",
        is_pre_release=True,
        released_at=datetime(2026, 11, 21, 5, 35, 19, 596840, tzinfo=UTC),
    )


async def _go_on_with_a_release_and_its_file(session):
    """Write what earlier requests of the recorder made by API v1, which are not among the recordings."""
    await _put(session, OperatingSystem, 6, name="Plan 9", slug="plan-9")
    await _put(session, Release, 454, name="Python 3.98.1", slug="python-3981")
    url = "https://www.python.org/ftp/python/3.98.1/Python-3.98.1.tgz"
    await _put(
        session,
        ReleaseFile,
        3354,
        name="Gzipped source tarball",
        slug="x1",
        url=url,
        release_id=454,
        operating_system_id=3,
    )
    await _continue_ids(session, operating_systems=6, releases=454, release_files=3354)


async def _go_on_where_ids_were(session):
    """Have the next ids be those that the recorder was given."""
    await _continue_ids(session, releases=455, release_files=3355)


async def _continue_ids(session, **last):
    for table, row_id in last.items():
        await session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {row_id})"))
    await session.commit()


async def _put(session, model, row_id, **values):
    row = await session.get(model, row_id)
    if row is None:
        row = model(id=row_id)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    await session.commit()


BEFORE = {
    "v1-os-list": _begin_with_a_draft,
    "v1-release-post-guest-401": _go_on_with_a_release_and_its_file,
    "v2-os-detail": _go_on_where_ids_were,
}
"""What was written before a recording, and is not among the recordings itself."""
