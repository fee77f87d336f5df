"""The old paths of API v2 answer as the old site did, byte for byte where clients depend on it."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from cms.core.permissions import Permission
from cms.downloads.models import OperatingSystem, Release, ReleaseFile
from tests.api.scripts import make_caller
from tests.conftest import SITE
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page

BASE = f"{SITE}/api/v2/"
SYSTEMS, RELEASES = f"{BASE}downloads/os/", f"{BASE}downloads/release/"
FILES, PAGES = f"{BASE}downloads/release_file/", f"{BASE}pages/page/"
FOLDER = "https://www.python.org/ftp/python/3.14.2/"
REQUIRED = ["This field is required."]


@pytest.fixture
async def manager(session):
    return await make_caller(session, username="manager")


@pytest.fixture
async def downloads(session):
    """A live release with a file, and a draft with another."""
    windows = await make_operating_system(session, "Windows", id=901)
    live = await make_release(
        session, "Python 3.14.2", id=911, is_latest=True, released_at=datetime(2025, 12, 5, 12, tzinfo=UTC)
    )
    draft = await make_release(session, "Python 3.15.0a2", id=913, is_published=False)
    await make_file(
        session,
        live,
        windows,
        id=921,
        name="Windows installer (64-bit)",
        slug="3142-installer",
        description="Recommended",
        url=f"{FOLDER}python-3.14.2-amd64.exe",
        size=5,
        has_download_button=True,
    )
    await make_file(session, draft, windows, id=923, name="Secret", sha256="ab" * 32)


def file_body(**values):
    return {
        "name": "XZ tarball",
        "slug": "3142-xz",
        "os": f"{SYSTEMS}901/",
        "release": f"{RELEASES}911/",
        "url": f"{FOLDER}Python-3.14.2.tar.xz",
        **values,
    }


async def test_rows_have_their_fields_in_the_old_order(client, session, downloads):
    await make_page(session, path="about/help", title="Help", content="*us*", id=906)

    release = await client.get(f"{RELEASES}911/")
    file = await client.get(f"{FILES}921/")
    page = await client.get(f"{PAGES}906/")
    systems = await client.get(SYSTEMS)

    assert release.text == (
        '{"name":"Python 3.14.2","slug":"python-3142","version":3,"is_published":true,"is_latest":true,'
        '"release_date":"2025-12-05T12:00:00Z","pre_release":false,"release_page":null,"release_notes_url":"",'
        f'"show_on_download_page":true,"resource_uri":"{RELEASES}911/"}}'
    )
    assert file.text == (
        f'{{"name":"Windows installer (64-bit)","slug":"3142-installer","os":"{SYSTEMS}901/",'
        f'"release":"{RELEASES}911/","description":"Recommended","is_source":false,'
        f'"url":"{FOLDER}python-3.14.2-amd64.exe","gpg_signature_file":"","md5_sum":"","sha256_sum":"","filesize":5,'
        f'"download_button":true,"resource_uri":"{FILES}921/","sigstore_signature_file":"","sigstore_cert_file":"",'
        '"sigstore_bundle_file":"","sbom_spdx2_file":""}'
    )
    assert list(page.json()) == [
        "title",
        "path",
        "keywords",
        "description",
        "content",
        "is_published",
        "template_name",
        "resource_uri",
    ]
    assert page.json()["content"] == "<p><em>us</em></p>\n"
    assert systems.text == f'[{{"name":"Windows","slug":"windows","resource_uri":"{SYSTEMS}901/"}}]'


async def test_addresses_name_the_site_whatever_the_request_calls_it(client, downloads):
    answer = await client.get("/api/v2/downloads/os/901/", headers={"X-Forwarded-Host": "evil.example"})
    index = await client.get("/api/v2/")

    assert answer.json()["resource_uri"] == f"{SYSTEMS}901/"
    assert list(index.json().items()) == [
        ("pages/page", PAGES),
        ("downloads/os", SYSTEMS),
        ("downloads/release", RELEASES),
        ("downloads/release_file", FILES),
    ]


FOUND = (
    (RELEASES, "name=Python%203.14.2", ["Python 3.14.2"]),
    (RELEASES, "name=", ["Python 3.14.2"]),
    (RELEASES, "version=2", []),
    (RELEASES, "version=3&pre_release=false&is_published=true", ["Python 3.14.2"]),
    (RELEASES, "is_published=yes", ["Python 3.14.2"]),
    (RELEASES, "is_published=False", []),
    (RELEASES, "release_date=2025-12-05T12:00:00Z", ["Python 3.14.2"]),
    (RELEASES, "release_date=2025-12-05", []),
    (RELEASES, "nonsense=1&slug=python-3142", ["Python 3.14.2"]),
    (FILES, "release=911&os=901", ["Windows installer (64-bit)"]),
    (FILES, "description__contains=Recom", ["Windows installer (64-bit)"]),
    (FILES, "description__contains=recom", []),
    (FILES, "description__contains=%25", []),
    (FILES, "", ["Windows installer (64-bit)"]),
)


async def test_filters_compare_as_they_did(client, downloads):
    answers = {f"{address}?{query}": (await client.get(f"{address}?{query}")).json() for address, query, _ in FOUND}

    found = {asked: [row["name"] for row in answer] for asked, answer in answers.items()}
    assert found == {f"{address}?{query}": names for address, query, names in FOUND}


NO_ROW = ["Select a valid choice. That choice is not one of the available choices."]
REFUSED = (
    (RELEASES, "version=abc", {"version": ["Select a valid choice. abc is not one of the available choices."]}),
    (RELEASES, "version=9", {"version": ["Select a valid choice. 9 is not one of the available choices."]}),
    (RELEASES, "release_date=abc", {"release_date": ["Enter a valid date/time."]}),
    (RELEASES, "name=a%00b", {"name": ["Null characters are not allowed."]}),
    (FILES, "release=999999", {"release": NO_ROW}),
    (FILES, "release=913", {"release": NO_ROW}),
    (FILES, "release=abc&os=0", {"os": NO_ROW, "release": NO_ROW}),
    (FILES, "os=" + "9" * 40, {"os": NO_ROW}),
    (FILES, "os=1e3", {"os": NO_ROW}),
    (
        FILES,
        "foo=1&name__icontains=x&os__slug=source&a__b__c=1",
        {
            "error": [
                "'exact' is not an allowed filter on the 'foo' field.",
                "'icontains' is not an allowed filter on the 'name' field.",
                "'slug' is not an allowed filter on the 'os' field.",
                "'c' is not an allowed filter on the 'a__b' field.",
            ]
        },
    ),
    (PAGES, "content=x", {"error": ["'exact' is not an allowed filter on the 'content' field."]}),
)


async def test_what_cannot_be_asked_for_is_refused_with_a_sentence(client, downloads):
    answers = {f"{address}?{query}": await client.get(f"{address}?{query}") for address, query, _ in REFUSED}

    assert {asked: answer.json() for asked, answer in answers.items()} == {
        f"{address}?{query}": errors for address, query, errors in REFUSED
    }
    assert {answer.status_code for answer in answers.values()} == {400}


async def test_what_filters_a_list_filters_the_address_of_a_row(client, session, manager, downloads):
    address = f"{RELEASES}911/"

    answers = [
        await client.get(f"{address}?name=Python+3.14.2"),
        await client.get(f"{address}?name=Python+3.14.1"),
        await client.get(f"{address}?version=77"),
        await client.get(f"{FILES}921/?nosuch=1"),
        await client.delete(f"{address}?is_published=false", headers=manager.version_2),
    ]

    assert [answer.status_code for answer in answers] == [200, 404, 400, 400, 404]
    assert answers[1].json() == {"detail": "No Release matches the given query."}
    assert answers[2].json() == {"version": ["Select a valid choice. 77 is not one of the available choices."]}
    assert answers[3].json() == {"error": ["'exact' is not an allowed filter on the 'nosuch' field."]}
    assert await session.get(Release, 911) is not None


async def test_pages_are_found_by_their_words_and_drafts_by_who_may_see_them(client, session):
    staff = await make_caller(session, permissions=(Permission.PAGES_VIEW,))
    await make_page(session, path="one", title="One", keywords="Python, snake")
    await make_page(session, path="two", title="Two", keywords="none")
    await make_page(session, path="three", title="Three", keywords="python", is_published=False)

    counts = {}
    for query in ("", "?keywords__icontains=PYTHON", "?is_published=False", "?path=one"):
        guest = await client.get(f"{PAGES}{query}")
        keyed = await client.get(f"{PAGES}{query}", headers=staff.version_2)
        counts[query] = (len(guest.json()), len(keyed.json()))

    assert counts == {
        "": (2, 3),
        "?keywords__icontains=PYTHON": (1, 2),
        "?is_published=False": (0, 1),
        "?path=one": (1, 1),
    }


async def test_drafts_and_their_files_are_for_those_who_may_see_drafts(client, session, downloads):
    reader = await make_caller(session, permissions=(Permission.DOWNLOADS_VIEW,))

    guest = [await client.get(f"{RELEASES}913/"), await client.get(f"{FILES}923/")]
    keyed = [await client.get(address, headers=reader.version_2) for address in (f"{RELEASES}913/", f"{FILES}923/")]

    assert [(answer.status_code, answer.json()["detail"]) for answer in guest] == [
        (404, "No Release matches the given query."),
        (404, "No ReleaseFile matches the given query."),
    ]
    assert [answer.status_code for answer in keyed] == [200, 200]
    assert len((await client.get(FILES, headers=reader.version_2)).json()) == 2


async def test_an_id_that_no_row_has_is_not_found(client):
    keys = ("999999", "0", "-1", "2147483648", "9" * 40, "abc", "1e3", "１２", "%00")  # noqa: RUF001 - digits of another script

    answers = {key: await client.get(f"{RELEASES}{key}/") for key in keys}

    assert {answer.status_code for answer in answers.values()} == {404}
    told = [answer.json()["detail"] for answer in answers.values()]
    assert told == ["No Release matches the given query."] * 5 + ["Not found."] * 4


async def test_each_address_names_its_methods(client, session, manager, downloads):
    allowed = {
        SYSTEMS: "GET, POST, HEAD, OPTIONS",
        f"{SYSTEMS}901/": "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
        PAGES: "GET, HEAD, OPTIONS",
        f"{FILES}delete_by_release/": "DELETE, OPTIONS",
    }
    described = {address: await client.options(address) for address in allowed}
    refused = {}
    for address, methods in allowed.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(methods.split(", ")):
            answer = await client.request(method, address, headers=manager.version_2)
            refused[method, address] = (answer.status_code, answer.headers["allow"] == methods, answer.text)
    guest = await client.post(PAGES, json={})

    assert {address: answer.headers["allow"] for address, answer in described.items()} == allowed
    assert described[SYSTEMS].json()["name"] == "OS List"
    assert refused == {
        (method, address): (405, True, f'{{"detail":"Method \\"{method}\\" not allowed."}}')
        for method, address in refused
    }
    assert len(refused) == 12
    assert guest.status_code == 401


async def test_only_json_is_spoken(client, downloads):
    answers = [
        await client.get(f"{SYSTEMS}?format=xml"),
        await client.get(f"{SYSTEMS}?format=json"),
        await client.get(SYSTEMS, headers={"Accept": "application/xml"}),
        await client.get(SYSTEMS, headers={"Accept": "text/html, */*;q=0.1"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 200, 406, 200]
    assert answers[0].json() == {"detail": "Not found."}
    assert answers[2].json() == {"detail": "Could not satisfy the request Accept header."}


async def test_writing_takes_a_key_and_the_permissions_of_the_back_office(client, session, downloads):
    reader = await make_caller(session, permissions=(Permission.DOWNLOADS_VIEW,), is_staff=True)
    editor = await make_caller(session, permissions=(Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT))
    of_another_series = await make_caller(session, scope_kind="series", scope_values=("3.13",))
    forbidden = (403, {"detail": "You do not have permission to perform this action."})
    requests = [
        ("POST", FILES, file_body()),
        ("PATCH", f"{RELEASES}911/", {"name": "x"}),
        ("DELETE", f"{FILES}921/", None),
        ("DELETE", f"{FILES}delete_by_release/?release=911", None),
    ]

    answers = {}
    for name, headers in (
        ("guest", {}),
        ("wrong", {"Authorization": "Token wrong"}),
        ("reader", reader.version_2),
        ("editor of drafts", editor.version_2),
        ("other series", of_another_series.version_2),
    ):
        for method, address, body in requests:
            answer = await client.request(method, address, json=body, headers=headers)
            answers.setdefault(name, []).append((answer.status_code, answer.json()))

    assert answers["guest"] == [(401, {"detail": "Authentication credentials were not provided."})] * 4
    assert answers["wrong"] == [(401, {"detail": "Invalid token."})] * 4
    assert answers["reader"] == answers["editor of drafts"] == answers["other series"] == [forbidden] * 4


async def test_a_row_is_made_changed_and_deleted(client, session, manager):
    headers = manager.version_2

    made = await client.post(RELEASES, json={"name": "Python 3.98.2", "slug": "python-3982"}, headers=headers)
    address = made.headers["location"]
    patched = await client.patch(address, json={"show_on_download_page": False}, headers=headers)
    put = await client.put(address, json={"name": "Python 3.98.2 final", "slug": "python-3982"}, headers=headers)
    too_little = await client.put(address, json={"is_latest": False}, headers=headers)
    removed = await client.delete(address, headers=headers)

    assert (made.status_code, made.json()["resource_uri"]) == (201, address)
    assert patched.json() == made.json() | {"show_on_download_page": False}
    assert put.json() == patched.json() | {"name": "Python 3.98.2 final"}
    assert (too_little.status_code, too_little.json()) == (400, {"name": REQUIRED, "slug": REQUIRED})
    assert (removed.status_code, removed.text) == (204, "")
    assert (await client.get(address, headers=headers)).status_code == 404


async def test_is_published_publishes_and_takes_down(client, session, manager, downloads):
    headers, address = manager.version_2, f"{RELEASES}913/"

    published = await client.patch(address, json={"is_published": True, "is_latest": True}, headers=headers)
    live = await client.get(address)
    predecessor = await client.get(f"{RELEASES}911/")
    await client.patch(address, json={"is_published": False, "name": "Python 3.15.0a3"}, headers=headers)
    down = await client.get(address)

    assert published.json() == live.json()
    assert (live.json()["is_latest"], predecessor.json()["is_latest"], down.status_code) == (True, False, 404)
    row = await session.get_one(Release, 913, populate_existing=True)
    assert (row.name, row.first_published_at is not None) == ("Python 3.15.0a3", True)


async def test_a_release_goes_live_when_it_is_complete(client, session, manager, downloads):
    body = {"name": "Python 3.16.0", "slug": "python-3160", "is_published": True}

    answer = await client.post(RELEASES, json=body, headers=manager.version_2)

    assert answer.status_code == 400
    assert answer.json() == {"non_field_errors": ["“Python 3.16.0” is not complete.", "It has no files."]}
    assert await session.scalar(select(func.count()).select_from(Release)) == 2


async def test_a_live_release_is_written_by_who_may_publish_it(client, session, downloads):
    editor = await make_caller(session, permissions=(Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT))

    live = await client.patch(f"{RELEASES}911/", json={"name": "x"}, headers=editor.version_2)
    draft = await client.patch(f"{RELEASES}913/", json={"name": "Python 3.15.0a4"}, headers=editor.version_2)
    published = await client.patch(f"{RELEASES}913/", json={"is_published": True}, headers=editor.version_2)

    assert [live.status_code, draft.status_code, published.status_code] == [403, 200, 403]


async def test_a_form_says_what_json_says_but_for_boxes_that_are_not_ticked(client, session, manager, downloads):
    headers = manager.version_2
    form = {"name": "Python 3.98.3", "slug": "python-3983", "release_page": "", "version": ""}

    made = await client.post(RELEASES, data=form, headers=headers)
    parts = await client.post(SYSTEMS, files={"name": (None, "Plan 9"), "slug": (None, "plan-9")}, headers=headers)
    patched = await client.patch(made.headers["location"], data={"pre_release": "on"}, headers=headers)

    assert (made.status_code, made.json()["show_on_download_page"], made.json()["version"]) == (201, False, 3)
    assert (parts.status_code, parts.json()["slug"]) == (201, "plan-9")
    assert patched.json()["pre_release"] is True


PART = '--x\r\nContent-Disposition: form-data; name="name"\r\nContent-Type: text/plain{}\r\n\r\n{}\r\n--x--\r\n'

UNREADABLE = (
    ("{bad", "application/json", 400, "JSON parse error - "),
    ("\xff", "application/json", 400, "JSON parse error - "),
    ("[" * 100_000, "application/json", 400, "JSON parse error - "),
    ('{"filesize": NaN}', "application/json", 400, "JSON parse error - Out of range float values"),
    ("<x/>", "application/xml", 415, 'Unsupported media type "application/xml" in request.'),
    ("x", "", 415, 'Unsupported media type "" in request.'),
    (PART.format("", "\xff"), "multipart/form-data; boundary=x", 400, "Multipart form parse error - "),
    (PART.format("; charset=no", "a"), "multipart/form-data; boundary=x", 400, "Multipart form parse error - "),
)


async def test_a_body_that_cannot_be_read_is_refused(client, manager):
    answers = [
        await client.post(
            RELEASES, content=content.encode("latin-1"), headers=manager.version_2 | {"Content-Type": kind}
        )
        for content, kind, _, _ in UNREADABLE
    ]
    no_object = await client.post(RELEASES, json=[1], headers=manager.version_2)
    empty = await client.post(RELEASES, headers=manager.version_2)

    wanted = [(status, sentence) for _, _, status, sentence in UNREADABLE]
    lengths = [len(sentence) for _, sentence in wanted]
    found = [
        (answer.status_code, answer.json()["detail"][:length]) for answer, length in zip(answers, lengths, strict=True)
    ]
    assert found == wanted
    assert no_object.json() == {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}
    assert empty.json() == {"name": REQUIRED, "slug": REQUIRED}


BROKEN = (
    ({"url": "http://www.python.org/x"}, {"url": ["Release file URLs must begin with 'https://www.python.org/'."]}),
    (
        {"gpg_signature_file": f"{FOLDER}other.asc"},
        {"gpg_signature_file": ["Sidecar URL must match the artifact URL plus '.asc'."]},
    ),
    ({"slug": "3142-installer"}, {"slug": ["Release File with this slug already exists."]}),
    ({"url": f"{FOLDER}python-3.14.2-amd64.exe"}, {"url": ["Release File with this URL already exists."]}),
    ({"download_button": True}, {"non_field_errors": ["The fields os, release must make a unique set."]}),
    (
        {"os": "/api/v2/downloads/os/999/", "release": "/api/v1/downloads/release/911/"},
        {
            "os": ["Invalid hyperlink - Object does not exist."],
            "release": ["Invalid hyperlink - Incorrect URL match."],
        },
    ),
    (
        {"os": "nowhere", "release": 911},
        {
            "os": ["Invalid hyperlink - No URL match."],
            "release": ["Incorrect type. Expected URL string, received int."],
        },
    ),
    ({"os": None}, {"os": ["This field may not be null."]}),
    (
        {"name": " ", "slug": "a b", "filesize": -1, "is_source": None},
        {
            "name": ["This field may not be blank."],
            "slug": ['Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.'],
            "is_source": ["This field may not be null."],
            "filesize": ["Ensure this value is greater than or equal to 0."],
        },
    ),
    ({"description": "a\0b"}, {"description": ["Null characters are not allowed."]}),
)


async def test_what_breaks_a_rule_is_refused_and_each_field_named(client, session, manager, downloads):
    answers = [
        await client.post(
            FILES,
            content=json.dumps(file_body(**values)),
            headers=manager.version_2 | {"Content-Type": "application/json"},
        )
        for values, _ in BROKEN
    ]
    release = {"name": "Python 3", "slug": "python-3", "version": 9, "release_date": "soon"}
    of_release = await client.post(RELEASES, json=release, headers=manager.version_2)
    changed = await client.put(f"{FILES}921/", json=file_body(url="http://www.python.org/x"), headers=manager.version_2)

    assert [answer.json() for answer in answers] == [errors for _, errors in BROKEN]
    assert {answer.status_code for answer in answers} == {400}
    assert of_release.json()["version"] == ['"9" is not a valid choice.']
    assert of_release.json()["release_date"][0].startswith("Datetime has wrong format.")
    assert (changed.status_code, list(changed.json())) == (400, ["url"])


async def test_the_files_of_one_release_go_and_those_of_others_stay(client, session, manager, downloads):
    address = f"{FILES}delete_by_release/"
    headers = manager.version_2

    malformed = [
        await client.delete(f"{address}{query}", headers=headers) for query in ("", "?release=", "?release=abc")
    ]
    none_there = await client.delete(f"{address}?release=77", headers=headers)
    gone = await client.delete(f"{address}?release=911&os=1", headers=headers)

    assert [(answer.status_code, answer.text) for answer in malformed] == [(400, "")] * 3
    assert (none_there.status_code, gone.status_code, gone.text) == (204, 204, "")
    assert (await session.scalars(select(ReleaseFile.id))).all() == [923]


async def test_a_legacy_address_stays_as_it_is_until_somebody_changes_it(client, session, manager, downloads):
    file = await session.get_one(ReleaseFile, 921)
    file.url = "http://www.python.org/ftp/old.exe"
    await session.commit()

    answer = await client.patch(f"{FILES}921/", json={"description": "Old"}, headers=manager.version_2)

    assert (answer.status_code, answer.json()["description"]) == (200, "Old")


async def test_a_failure_of_ours_is_told_with_a_number_and_nothing_else(client, monkeypatch):
    async def fail(*_arguments, **_options):
        raise RuntimeError("SELECT secret FROM settings")

    monkeypatch.setattr("public_site.api.v2.legacy.views.Place.shown", fail)
    answer = await client.get(SYSTEMS)

    assert answer.status_code == 500
    assert answer.json() == {"detail": "A server error occurred.", "request_id": answer.headers["x-request-id"]}


async def test_text_of_other_scripts_is_sent_as_it_is(client, session, manager):
    made = await client.post(SYSTEMS, json={"name": "Plan \u2028 ñ", "slug": "plan"}, headers=manager.version_2)

    assert '"name":"Plan \\u2028 ñ"' in made.text
    assert await session.scalar(select(func.count()).select_from(OperatingSystem)) == 1
