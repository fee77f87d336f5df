"""Writing through API v1 takes a key in the header, and the permissions of the back office."""

import json

import pytest
from sqlalchemy import func, select

from cms.core.permissions import Permission
from cms.downloads.models import OperatingSystem, Release
from cms.pages.models import Page
from cms.users.models import User
from tests.api.scripts import RELEASE_MANAGER, make_caller
from tests.factories.downloads import make_file, make_operating_system, make_release

RELEASES = "/api/v1/downloads/release/"
FILES = "/api/v1/downloads/release_file/"
SYSTEMS = "/api/v1/downloads/os/"
PAGES = "/api/v1/pages/page/"
ALL = (
    *RELEASE_MANAGER,
    Permission.PAGES_VIEW,
    Permission.PAGES_EDIT,
    Permission.PAGES_PUBLISH,
    Permission.PAGES_DELETE,
)
FOLDER = "https://www.python.org/ftp/python/3.14.2/"


@pytest.fixture
async def manager(session):
    return await make_caller(session, username="manager", permissions=ALL)


@pytest.fixture
async def live(session):
    """A live release with an operating system of each kind that files need."""
    await make_operating_system(session, "Windows", id=901)
    return await make_release(session, "Python 3.14.2", id=911)


def file_body(**values):
    return {
        "name": "Gzipped source tarball",
        "slug": "3142-Gzipped-source-tarball",
        "os": f"{SYSTEMS}901/",
        "release": f"{RELEASES}911/",
        "url": f"{FOLDER}Python-3.14.2.tgz",
        **values,
    }


async def test_what_is_made_is_told_by_its_address_and_found_there(client, manager):
    headers = manager.version_1

    made = await client.post(SYSTEMS, json={"name": "Plan 9", "slug": "plan-9"}, headers=headers)
    found = await client.get(made.headers["location"])
    removed = await client.delete(made.headers["location"], headers=headers)
    gone = await client.get(made.headers["location"])

    assert (made.status_code, made.text, made.headers["location"][:21]) == (201, "", SYSTEMS)
    assert found.json()["slug"] == "plan-9"
    assert [removed.status_code, removed.text, gone.status_code] == [204, "", 404]


async def test_a_release_is_made_as_a_draft_or_published_at_once(client, session, manager, live):
    page = {"title": "Old", "path": "download/old", "content": "A **page**"}
    page_uri = (await client.post(PAGES, json=page, headers=manager.version_1)).headers["location"]
    draft = {"name": "Python 3.15.0", "slug": "python-3150", "is_latest": True, "release_page": page_uri}
    other = {"name": "Python 3.15.1", "slug": "python-3151", "is_published": True}

    made = await client.post(RELEASES, json=draft, headers=manager.version_1)
    published = await client.post(RELEASES, json=other | {"release_page": page_uri}, headers=manager.version_1)
    incomplete = await client.post(RELEASES, json=other | {"slug": "other"}, headers=manager.version_1)

    seen_by_guest = await client.get(made.headers["location"])
    seen_by_manager = await client.get(made.headers["location"], headers=manager.version_1)
    assert (seen_by_guest.status_code, seen_by_manager.status_code) == (401, 200)
    assert (seen_by_manager.json()["is_latest"], seen_by_manager.json()["release_page"]) == (True, page_uri)
    assert (await client.get(published.headers["location"])).json()["is_published"] is True
    assert (incomplete.status_code, list(incomplete.json()["downloads/release"])) == (400, ["non_field_errors"])
    row = (await session.scalars(select(Release).where(Release.slug == "python-3151"))).one()
    assert row.first_published_at is not None
    assert (await client.get(page_uri)).json()["content"] == "<p>A <strong>page</strong></p>\n"


async def test_who_may_not_write_is_told_nothing(client, session, live):
    windows = await session.get_one(OperatingSystem, 901)
    file = await make_file(session, live, windows)
    reader = await make_caller(session, permissions=(Permission.DOWNLOADS_VIEW,), is_staff=True)
    editor = await make_caller(session, permissions=(Permission.DOWNLOADS_EDIT,))
    asleep = await make_caller(session, is_active=False)
    of_another_series = await make_caller(session, scope_kind="series", scope_values=("3.13",))
    callers = (
        {},
        reader.version_1,
        editor.version_1,
        asleep.version_1,
        of_another_series.version_1,
        {"Authorization": f"ApiKey {reader.user.username}"},
        {"Authorization": reader.version_1["Authorization"] + ":x"},
    )

    answers = []
    for headers in callers:
        answers.append(await client.post(FILES, json=file_body(), headers=headers))
        answers.append(await client.delete(f"{FILES}{file.id}/", headers=headers))
        answers.append(await client.delete(f"{FILES}?release={live.id}", headers=headers))
        answers.append(await client.delete(f"{RELEASES}{live.id}/", headers=headers))

    assert {(answer.status_code, answer.text, answer.headers["content-type"]) for answer in answers} == {
        (401, "", "text/html; charset=utf-8")
    }
    assert len((await client.get(FILES)).json()["objects"]) == 1


async def test_a_key_counts_in_the_header_alone(client, session, browser, superuser, manager):
    name, secret = manager.user.username, manager.secret
    key = {"username": name, "api_key": secret}
    body = {"name": "Plan 9", "slug": "plan-9"}

    answers = [
        await client.post(SYSTEMS, json=body),
        await client.post(f"{SYSTEMS}?username={name}&api_key={secret}", json=body),
        await client.get(f"{SYSTEMS}?username={name}&api_key={secret}"),
        await client.post(SYSTEMS, data=key | body, headers=manager.version_1),
        await client.post(SYSTEMS, data=key | body),
        await client.post(SYSTEMS, files={"username": (None, name)}, headers=manager.version_1),
        await client.get(SYSTEMS, headers={"Authorization": f"ApiKey {name}:wrong"}),
        await client.delete(f"{SYSTEMS}1/", headers={"Authorization": f"ApiKey {name}:wrong"}),
    ]

    assert [answer.status_code for answer in answers] == [401] * len(answers)
    assert await session.scalar(select(func.count()).select_from(OperatingSystem)) == 0


async def test_nothing_is_ever_changed_in_place(client, manager, live):
    answers = {}
    for address, allowed in (
        (SYSTEMS, "GET,POST"),
        (f"{SYSTEMS}901/", "GET,DELETE"),
        (FILES, "GET,POST,DELETE"),
        (f"{FILES}schema/", "GET"),
        (f"{FILES}set/1;2/", "GET"),
    ):
        for method in {"PUT", "PATCH", "DELETE", "POST"} - set(allowed.split(",")):
            answer = await client.request(method, address, json={"name": "x"}, headers=manager.version_1)
            answers[method, address] = (answer.status_code, answer.headers["allow"] == answer.text == allowed)
    with_key_in_query = await client.patch(f"{FILES}123/?username=admin&api_key=ANY", json={})

    assert set(answers.values()) == {(405, True)}
    assert with_key_in_query.status_code == 405


BROKEN = (
    ({"url": "http://www.python.org/x"}, {"url": ["Release file URLs must begin with 'https://www.python.org/'."]}),
    (
        {"gpg_signature_file": f"{FOLDER}other.asc"},
        {"gpg_signature_file": ["Sidecar URL must match the artifact URL plus '.asc'."]},
    ),
    ({"url": "elsewhere"}, {"url": ["Enter a valid URL."]}),
    ({"name": None}, {"name": ["This field may not be null."]}),
    ({"name": "a\0b"}, {"name": ["Null characters are not allowed."]}),
    ({"name": "\ud800"}, {"name": ["Surrogate characters are not allowed."]}),
    ({"name": "x" * 201}, {"name": ["Ensure this field has no more than 200 characters."]}),
    ({"slug": "a b"}, {"slug": ['Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.']}),
    ({"is_source": "perhaps"}, {"is_source": ["Must be a valid boolean."]}),
    ({"filesize": "many"}, {"filesize": ["A valid integer is required."]}),
    ({"filesize": 10**40}, {"filesize": ["Ensure this value is less than or equal to 9223372036854775807."]}),
    ({"description": ["x"]}, {"description": ["Not a valid string."]}),
)


async def test_a_file_that_breaks_a_rule_is_refused_and_the_field_is_named(client, manager, live):
    answers = [
        await client.post(FILES, content=json.dumps(file_body(**values)), headers=manager.version_1)
        for values, _ in BROKEN
    ]

    assert [answer.json() for answer in answers] == [{"downloads/release_file": errors} for _, errors in BROKEN]
    assert {answer.status_code for answer in answers} == {400}


async def test_what_is_there_already_is_refused_and_the_field_is_named(client, manager, live):
    headers = manager.version_1
    await client.post(FILES, json=file_body(download_button=True), headers=headers)

    same_url = await client.post(FILES, json=file_body(slug="other"), headers=headers)
    same_slug = await client.post(FILES, json=file_body(url=f"{FOLDER}x"), headers=headers)
    second_button = await client.post(
        FILES, json=file_body(slug="other", url=f"{FOLDER}x", download_button=True), headers=headers
    )
    same_system = await client.post(SYSTEMS, json={"name": "Windows", "slug": "windows"}, headers=headers)
    same_release = await client.post(RELEASES, json={"name": live.name, "slug": live.slug}, headers=headers)

    name = "downloads/release_file"
    assert same_url.json() == {name: {"url": ["Release File with this URL already exists."]}}
    assert same_slug.json() == {name: {"slug": ["Release File with this slug already exists."]}}
    assert list(second_button.json()[name]) == ["download_button"]
    assert same_system.json() == {"downloads/os": {"slug": ["Operating System with this slug already exists."]}}
    assert same_release.json() == {"downloads/release": {"slug": ["Release with this slug already exists."]}}


NOWHERE = (
    ({"os": None}, "The 'os' field has no data and doesn't allow a default or null value."),
    ({"os": f"{SYSTEMS}77/"}, f"Could not find the provided downloads/os object via resource URI '{SYSTEMS}77/'."),
    (
        {"release": f"{SYSTEMS}901/"},
        f"Could not find the provided downloads/release object via resource URI '{SYSTEMS}901/'.",
    ),
    ({"os": ""}, "Could not find the provided downloads/os object via resource URI ''."),
    (
        {"os": 901},
        (
            "The 'os' field was given data that was not a URI, not a dictionary-alike and does not have a 'pk' "
            "attribute: 901."
        ),
    ),
)


async def test_what_a_file_belongs_to_is_named_by_an_address_that_is_there(client, manager, live):
    wrong = [await client.post(FILES, json=file_body(**values), headers=manager.version_1) for values, _ in NOWHERE]
    right = await client.post(FILES, json=file_body(os={"resource_uri": f"{SYSTEMS}901/"}), headers=manager.version_1)

    assert [(answer.status_code, answer.json()["error"]) for answer in wrong] == [(400, told) for _, told in NOWHERE]
    assert right.status_code == 201


async def test_only_an_object_in_json_is_read(client, manager):
    answers = {
        (body, kind): (await client.post(SYSTEMS, content=body, headers=manager.version_1 | {"Content-Type": kind}))
        for body, kind in (
            ("{bad", "application/json"),
            ("", "application/json"),
            ("[1]", "application/json"),
            ("[" * 100_000, "application/json"),
            ("\xff", "application/json"),
            ("name=x", "application/x-www-form-urlencoded"),
            ("<x/>", "application/xml"),
        )
    }

    assert [answer.status_code for answer in answers.values()] == [400, 400, 400, 400, 400, 415, 415]
    assert answers["{bad", "application/json"].json() == {"error": "Request is not valid JSON."}


async def test_the_files_of_a_release_go_by_exactly_one_release(client, session, manager, live):
    await make_file(session, live, await session.get_one(OperatingSystem, 901))
    told = {"error": "Deleting release files requires exactly one 'release' filter."}

    refused = [
        await client.delete(f"{FILES}{query}", headers=manager.version_1)
        for query in ("", "?release=911&os=901", "?release=911&release=911", "?os=901", "?release=911&limit=1")
    ]
    malformed = await client.delete(f"{FILES}?release=abc", headers=manager.version_1)
    kept = (await client.get(FILES)).json()["meta"]["total_count"]
    gone = await client.delete(f"{FILES}?release=911", headers=manager.version_1)
    none_there = await client.delete(f"{FILES}?release=77", headers=manager.version_1)

    assert [(answer.status_code, answer.json()) for answer in refused] == [(400, told)] * 5
    assert (malformed.status_code, kept) == (400, 1)
    assert (gone.status_code, none_there.status_code) == (204, 204)
    assert (await client.get(FILES)).json()["objects"] == []


async def test_what_others_depend_on_stays_and_the_sentence_says_so(client, session, manager, live):
    await make_file(session, live, await session.get_one(OperatingSystem, 901))

    answer = await client.delete(f"{SYSTEMS}901/", headers=manager.version_1)

    assert answer.status_code == 409
    assert "cannot be deleted, because it is used by release files" in answer.json()["error_message"]


async def test_a_page_needs_what_the_back_office_needs(client, session, manager):
    editor = await make_caller(session, permissions=(Permission.PAGES_VIEW, Permission.PAGES_EDIT))
    page = {"title": "Help", "path": "/about/help/"}

    refused = await client.post(PAGES, json=page, headers=editor.version_1)
    draft = await client.post(PAGES, json=page | {"is_published": False}, headers=editor.version_1)
    removed = await client.delete(draft.headers["location"], headers=manager.version_1)
    broken = await client.post(PAGES, json=page | {"path": "Not A Path"}, headers=manager.version_1)

    assert (refused.status_code, draft.status_code, removed.status_code) == (401, 201, 204)
    assert list(broken.json()["pages/page"]) == ["path"]
    assert await session.scalar(select(func.count()).select_from(Page)) == 0


async def test_a_failure_of_ours_is_told_with_a_number_and_nothing_else(client, monkeypatch):
    async def fail(*_arguments, **_options):
        raise RuntimeError("SELECT secret FROM settings")

    monkeypatch.setattr("public_site.api.v1.reading._shown", fail)
    answer = await client.get(SYSTEMS)

    assert answer.status_code == 500
    assert answer.json() == {
        "error_message": "Sorry, this request could not be processed. Please try again later.",
        "request_id": answer.headers["x-request-id"],
    }


async def test_a_person_who_left_writes_no_more(client, session, manager):
    user = await session.get_one(User, manager.user.id)
    user.is_active = False
    await session.commit()

    answer = await client.get(SYSTEMS, headers=manager.version_1)

    assert (answer.status_code, answer.text) == (401, "")
