"""API v1 answers as the old site did, byte for byte where clients depend on it, and better where it failed."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from cms.core.permissions import Permission
from tests.api.scripts import make_caller
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page

RELEASES = "/api/v1/downloads/release/"
FILES = "/api/v1/downloads/release_file/"
SYSTEMS = "/api/v1/downloads/os/"
SORRY = '{"error_message": "Sorry, this request could not be processed. Please try again later."}'


@pytest.fixture
async def downloads(session):
    """Two live releases and a draft, with a file each."""
    windows = await make_operating_system(session, "Windows", id=901)
    source = await make_operating_system(session, "Source release", slug="source", id=903)
    page = await make_page(session, path="download/releases/2.7.5", title="Old page", id=905)
    final = await make_release(
        session,
        "Python 3.14.2",
        id=911,
        is_latest=True,
        released_at=datetime(2025, 12, 5, 12, tzinfo=UTC),
        release_notes_url="https://docs.python.org/release/3.14.2/whatsnew/changelog.html",
        page_id=page.id,
    )
    early = await make_release(
        session, "Python 3.15.0a1", id=912, released_at=datetime(2026, 11, 21, 4, 23, 51, 110095, tzinfo=UTC)
    )
    draft = await make_release(session, "Python 3.15.0a2", id=913, is_published=False)
    await make_file(
        session,
        final,
        source,
        id=921,
        name="XZ compressed source tarball",
        slug="3142-XZ-compressed-source-tarball",
        description="Windows & <all>",
        is_source=True,
        url="https://www.python.org/ftp/python/3.14.2/Python-3.14.2.tar.xz",
        gpg_signature_url="https://www.python.org/ftp/python/3.14.2/Python-3.14.2.tar.xz.asc",
        sha256="ab" * 32,
        size=23456789,
        has_download_button=True,
    )
    await make_file(session, early, windows, id=922, name="Windows installer")
    await make_file(session, draft, windows, id=923, name="Secret installer")


async def test_rows_look_as_clients_know_them(client, downloads):
    system = await client.get(f"{SYSTEMS}901/")
    release = await client.get(f"{RELEASES}911/")
    early = await client.get(f"{RELEASES}912/")
    file = await client.get(f"{FILES}921/")

    assert system.text == '{"name": "Windows", "resource_uri": "/api/v1/downloads/os/901/", "slug": "windows"}'
    assert release.text == (
        '{"is_latest": true, "is_published": true, "name": "Python 3.14.2", "pre_release": false, '
        '"release_date": "2025-12-05T12:00:00", '
        '"release_notes_url": "https://docs.python.org/release/3.14.2/whatsnew/changelog.html", '
        '"release_page": "/api/v1/pages/page/905/", "resource_uri": "/api/v1/downloads/release/911/", '
        '"show_on_download_page": true, "slug": "python-3142", "version": 3}'
    )
    assert '"release_date": "2026-11-21T04:23:51.110095"' in early.text
    assert file.text == (
        '{"description": "Windows & <all>", "download_button": true, "filesize": 23456789, '
        '"gpg_signature_file": "https://www.python.org/ftp/python/3.14.2/Python-3.14.2.tar.xz.asc", '
        '"is_source": true, "md5_sum": "", "name": "XZ compressed source tarball", "os": "/api/v1/downloads/os/903/", '
        '"release": "/api/v1/downloads/release/911/", "resource_uri": "/api/v1/downloads/release_file/921/", '
        f'"sbom_spdx2_file": "", "sha256_sum": "{"ab" * 32}", "sigstore_bundle_file": "", "sigstore_cert_file": "", '
        '"sigstore_signature_file": "", "slug": "3142-XZ-compressed-source-tarball", '
        '"url": "https://www.python.org/ftp/python/3.14.2/Python-3.14.2.tar.xz"}'
    )


async def test_a_page_shows_what_its_markup_became(client, session):
    await make_page(session, path="about/help", title="Help", content="*us*", keywords="a, b", id=906)

    answer = await client.get("/api/v1/pages/page/906/")

    assert answer.json()["content"] == "<p><em>us</em></p>\n"
    assert sorted(answer.json()) == list(answer.json())


async def test_a_list_tells_what_lies_around_its_page(client, downloads):
    first = (await client.get(RELEASES, params={"limit": 1, "version": "3"})).json()
    second = (await client.get(first["meta"]["next"])).json()
    beyond = (await client.get(RELEASES, params={"offset": 1000})).json()

    assert first["meta"] == {
        "limit": 1,
        "next": "/api/v1/downloads/release/?version=3&limit=1&offset=1",
        "offset": 0,
        "previous": None,
        "total_count": 2,
    }
    assert second["meta"]["previous"] == "/api/v1/downloads/release/?version=3&limit=1&offset=0"
    assert [row["slug"] for row in first["objects"] + second["objects"]] == ["python-3142", "python-3150a1"]
    assert (beyond["objects"], beyond["meta"]["previous"]) == ([], f"{RELEASES}?limit=20&offset=980")


async def test_no_page_holds_more_than_a_thousand_rows(client):
    limits = {
        asked: (await client.get(f"{RELEASES}?limit={asked}")).json()["meta"]["limit"] for asked in (0, 2000, 999)
    }

    assert limits == {0: 1000, 2000: 1000, 999: 999}


REFUSED = (
    ("limit=abc", "Invalid limit 'abc' provided. Please provide a positive integer."),
    ("limit=-1", "Invalid limit '-1' provided. Please provide a positive integer &gt;= 0."),
    ("limit=%EF%BC%91", "Invalid limit '１' provided. Please provide a positive integer."),  # noqa: RUF001 - a digit of another script
    ("offset=abc", "Invalid offset 'abc' provided. Please provide an integer."),
    ("offset=" + "9" * 40, f"Invalid offset '{'9' * 40}' provided. Please provide a smaller integer."),
    ("order_by=-name", "The 'name' field does not allow ordering."),
    ("order_by=nosuch", "No matching 'nosuch' field for ordering on."),
    ("is_latest=true", "The 'is_latest' field does not allow filtering."),
    ("name__icontains=3", "'icontains' is not an allowed filter on the 'name' field."),
    ("release_date=2025-10-07", "'exact' is not an allowed filter on the 'release_date' field."),
    ("resource_uri=x", "The 'resource_uri' field is not a valid field name"),
    ("slug__name=x", "The 'slug' field does not support relations."),
    ("version=abc", "Invalid resource lookup data provided (mismatched type)."),
    ("version=1e3", "Invalid resource lookup data provided (mismatched type)."),
    ("pre_release=xyz", "['“xyz” value must be either True or False.']"),
    ("name=a%00b", "Null characters are not allowed."),
    ("nosuch=a%00b", "Null characters are not allowed."),
    ("&".join(f"a{number}=" for number in range(1001)), "More than 1000 fields were sent."),
)


async def test_what_cannot_be_asked_for_is_refused_with_a_sentence(client):
    answers = {query: await client.get(f"{RELEASES}?{query}") for query, _ in REFUSED}

    assert {query: answer.json()["error"] for query, answer in answers.items()} == dict(REFUSED)
    assert {answer.status_code for answer in answers.values()} == {400}


POSSIBLE = (
    ("description=windows", 400),
    ("release=abc", 400),
    ("release=0", 400),
    ("release=-1", 400),
    ("release=2147483648", 400),
    ("release=" + "1" * 40, 400),
    ("os__in=901,x", 400),
    ("os__isnull=x", 400),
    ("os__pk=901", 400),
    ("release__release_page__path=x", 400),
    ("release=999999", 200),
)


async def test_files_are_asked_for_by_rows_that_there_could_be(client, downloads):
    answers = {query: await client.get(f"{FILES}?{query}") for query, _ in POSSIBLE}

    assert {query: answer.status_code for query, answer in answers.items()} == dict(POSSIBLE)
    assert answers["release=999999"].json()["objects"] == []


FOUND = (
    (SYSTEMS, "name=Windows&slug=windows", ["Windows"]),
    (SYSTEMS, "name=Win", []),
    (SYSTEMS, "name=windows", []),
    (SYSTEMS, "nosuch=1", ["Source release", "Windows"]),
    (SYSTEMS, "name=None", []),
    (RELEASES, "pre_release=True", ["Python 3.15.0a1"]),
    (RELEASES, "pre_release=1", ["Python 3.15.0a1"]),
    (RELEASES, "version__startswith=3", ["Python 3.14.2", "Python 3.15.0a1"]),
    (RELEASES, "version__startswith=_", []),
    (RELEASES, "is_published=false", []),
    (RELEASES, "name=nothing&name=Python+3.14.2", ["Python 3.14.2"]),
    (FILES, "os__slug=windows", ["Windows installer"]),
    (FILES, "release__name=Python+3.14.2&os=903", ["XZ compressed source tarball"]),
    (FILES, "release__in=911,912", ["XZ compressed source tarball", "Windows installer"]),
    (FILES, "description__contains=Windows", ["XZ compressed source tarball"]),
    (FILES, "description__contains=windows", []),
    (FILES, "os__isnull=False", ["XZ compressed source tarball", "Windows installer"]),
)


async def test_filters_compare_as_they_did(client, downloads):
    answers = {f"{address}?{query}": (await client.get(f"{address}?{query}")).json() for address, query, _ in FOUND}

    found = {asked: [row["name"] for row in answer["objects"]] for asked, answer in answers.items()}
    assert found == {f"{address}?{query}": names for address, query, names in FOUND}


async def test_drafts_and_their_files_are_for_those_who_may_see_drafts(client, session, downloads):
    staff = await make_caller(session, permissions=(Permission.DOWNLOADS_VIEW,))
    nobody = await make_caller(session, permissions=())
    addresses = (f"{RELEASES}913/", f"{FILES}923/", f"{RELEASES}schema/")

    seen = {}
    for name, headers in (("guest", {}), ("other", nobody.version_1), ("staff", staff.version_1)):
        statuses = [(await client.get(address, headers=headers)).status_code for address in addresses]
        listed = (await client.get(FILES, headers=headers)).json()["meta"]["total_count"]
        seen[name] = (*statuses, listed)

    assert seen == {"guest": (401, 401, 401, 2), "other": (401, 401, 401, 2), "staff": (200, 200, 200, 3)}


async def test_what_guests_are_shown_is_asked_anew_and_what_a_key_shows_is_kept_by_nobody(client, session, downloads):
    staff = await make_caller(session)

    guest = await client.get(SYSTEMS)
    keyed = await client.get(SYSTEMS, headers=staff.version_1)

    assert (guest.headers["cache-control"], guest.headers["vary"]) == ("no-cache", "Accept")
    assert guest.headers["surrogate-key"].split() == ["pydotorg-app", "api", "operating_systems"]
    assert keyed.headers["cache-control"] == "private, no-store"


MISSING = (
    ("999999", 404, ""),
    ("0", 404, ""),
    ("-1", 404, ""),
    ("2147483648", 404, ""),
    ("9" * 40, 404, ""),
    ("abc", 404, SORRY),
    ("1e3", 404, SORRY),
    ("１２", 404, SORRY),  # noqa: RUF001 - digits of another script
    ("%00", 404, SORRY),
)


async def test_an_id_that_no_row_has_is_not_found(client):
    answers = {key: await client.get(f"{RELEASES}{key}/") for key, _, _ in MISSING}

    found = tuple((key, answer.status_code, answer.text) for key, answer in answers.items())
    assert found == MISSING


async def test_a_set_is_answered_in_the_order_asked_for_and_names_what_is_missing(client, downloads):
    answer = await client.get(f"{RELEASES}set/912;911;913;77/")
    wrong = await client.get(f"{RELEASES}set/912;x/")

    assert [row["slug"] for row in answer.json()["objects"]] == ["python-3150a1", "python-3142"]
    assert answer.json()["not_found"] == ["913", "77"]
    assert wrong.status_code == 400


FORMATS = (
    ("format=xml", "application/json", True),
    ("format=json", "application/xml", False),
    ("format=yaml", "*/*", False),
    ("callback=alert", "text/javascript", False),
    ("", "application/xml", True),
    ("", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
    ("", "text/html,*/*;q=0.8", False),
    ("", "text/plain", False),
    ("", "application/xml;q=0", False),
    ("", "application/xml;q=nonsense, , ;;", True),
)


async def test_json_is_the_rule_and_xml_for_those_who_ask(client, downloads):
    answers = [await client.get(f"{SYSTEMS}901/?{query}", headers={"Accept": accept}) for query, accept, _ in FORMATS]

    types = [answer.headers["content-type"] for answer in answers]
    assert types == ["application/xml; charset=utf-8" if is_xml else "application/json" for _, _, is_xml in FORMATS]
    assert {answer.text[:19] for answer in answers} == {"<?xml version='1.0'", '{"name": "Windows",'}


async def test_xml_names_the_kinds_of_values_and_escapes_them(client, downloads):
    lists = await client.get(f"{FILES}?format=xml&release=911")
    one = await client.get(f"{RELEASES}912/?format=xml")
    error = await client.get(f"{RELEASES}?format=xml&limit=-1")

    assert '<response><meta type="hash"><limit type="integer">20</limit><next type="null"/>' in lists.text
    assert '<objects type="list"><object><description>Windows &amp; &lt;all&gt;</description>' in lists.text
    assert "<md5_sum></md5_sum>" in lists.text
    assert '<is_latest type="boolean">False</is_latest>' in one.text
    assert '<release_page type="null"/>' in one.text
    assert error.text.startswith("<?xml version='1.0' encoding='utf-8'?>\n<response><error>Invalid limit")


async def test_the_index_and_the_schema_tell_how_resources_are_made(client, session):
    staff = await make_caller(session)

    index = await client.get("/api/v1/")
    schema = (await client.get(f"{RELEASES}schema/", headers=staff.version_1)).json()

    assert index.json()["pages/page"] == {
        "list_endpoint": "/api/v1/pages/page/",
        "schema": "/api/v1/pages/page/schema/",
    }
    assert schema["fields"]["release_page"]["nullable"] is True
    assert schema["fields"]["version"]["default"] == 3
    assert schema["filtering"]["release_date"] == [1]


async def test_the_number_of_statements_does_not_grow_with_the_rows(client, session, connection, downloads):
    system = await make_operating_system(session, "macOS")
    release = await make_release(session, "Python 3.13.0")

    few = await _statements(client, connection)
    for _ in range(30):
        await make_file(session, release, system)
    many = await _statements(client, connection)

    assert few == many


async def _statements(client, connection) -> int:
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        sent.append(statement)

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    answer = await client.get(f"{FILES}?limit=0")
    event.remove(connection.sync_connection, "before_cursor_execute", note)
    assert len(json.loads(answer.content)["objects"]) == answer.json()["meta"]["total_count"]
    return len([statement for statement in sent if statement.startswith("SELECT")])
