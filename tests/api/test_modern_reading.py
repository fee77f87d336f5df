"""Reading by the modern API: what one sees, in which pages, which part of it, and only what is new."""

from datetime import datetime

import pytest

from cms.core.permissions import Permission
from tests.api.callers import program_of, release_manager
from tests.conftest import SITE
from tests.factories.boxes import make_box
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user
from tests.site_visits import statements


async def test_a_list_has_its_rows_and_where_in_the_list_they_are(client, session):
    for patch in range(3):
        await make_release(session, f"Python 3.13.{patch}")

    answer = await client.get("/api/v2/releases?page=2&page_size=1&sort=name")

    assert answer.status_code == 200
    assert [row["name"] for row in answer.json()["data"]] == ["Python 3.13.1"]
    assert answer.json()["meta"] == {"total": 3, "page": 2, "page_size": 1, "has_next": True, "has_previous": True}


async def test_a_page_after_the_last_one_is_empty(client, session):
    await make_release(session)

    answer = await client.get("/api/v2/releases?page=10000000")

    assert answer.json() == {
        "data": [],
        "meta": {"total": 1, "page": 10_000_000, "page_size": 50, "has_next": False, "has_previous": True},
    }


async def test_a_row_tells_of_all_that_the_site_shows(client, session):
    page = await make_page(session, path="download/releases/2.0")
    release = await make_release(session, "Python 2.0.1", page_id=page.id, content="Old *but* good.")

    answer = await client.get("/api/v2/releases/python-201")

    row = answer.json()
    assert row["id"] == release.id
    assert row["page"] == "download/releases/2.0"
    assert row["content_html"] == "<p>Old <em>but</em> good.</p>\n"
    assert (row["version"], row["version_number"], row["series"]) == (2, "2.0.1", "2.0")
    assert (row["released_at"], row["path"]) == ("2025-10-07T00:00:00Z", "/downloads/release/python-201/")


NARROWED = [
    ("is_pre_release=true", ["Python 3.15.0a1"]),
    ("version=2", ["Python 2.7.18"]),
    ("series=3.15", ["Python 3.15.0a1"]),
    ("name=Python+2.7.18", ["Python 2.7.18"]),
    ("name__contains=15.0A", ["Python 3.15.0a1"]),
    ("name__contains=%25", []),
    ("search=2.7", ["Python 2.7.18"]),
    ("search=%26", ["Python 2.7.18", "Python 3.15.0a1"]),
    ("released_at__from=2025-01-01T00:00:00Z", ["Python 3.15.0a1"]),
    ("released_at__before=2025-01-01T00:00:00%2B02:00", ["Python 2.7.18"]),
]


async def test_a_list_is_narrowed_by_its_fields(client, session):
    await make_release(session, "Python 2.7.18", released_at=datetime.fromisoformat("2020-04-20T00:00:00+00:00"))
    await make_release(session, "Python 3.15.0a1")

    answers = {query: await client.get(f"/api/v2/releases?sort=name&{query}") for query, _ in NARROWED}

    assert {query: [row["name"] for row in answer.json()["data"]] for query, answer in answers.items()} == dict(
        NARROWED
    )


NOT_UNDERSTOOD = [
    ("nam=x", "nam"),
    ("cursor=0", "cursor"),
    ("page=0", "page"),
    ("page=1e3", "page"),
    ("page=%EF%BC%91%EF%BC%92", "page"),
    ("page=99999999999999999999", "page"),
    ("page_size=201", "page_size"),
    ("page=1&page=2", "page"),
    ("version=9", "version"),
    ("version=9999999999999999999999999999999999999999", "version"),
    ("is_latest=yes", "is_latest"),
    ("name=%00", "name"),
    ("search=", "search"),
    ("released_at=2025-10-07", "released_at"),
    ("released_at__from=12345", "released_at__from"),
    ("page=download/releases/2.0", "page"),
    ("sort=content", "sort"),
    ("sort=", "sort"),
    ("fields=name,secret", "fields"),
]


async def test_a_query_that_cannot_be_understood_is_refused_by_the_name_of_its_parameter(client):
    answers = {query: await client.get(f"/api/v2/releases?{query}") for query, _ in NOT_UNDERSTOOD}

    assert {answer.status_code for answer in answers.values()} == {400}
    assert {query: [*answer.json()["extra"]] for query, answer in answers.items()} == {
        query: [name] for query, name in NOT_UNDERSTOOD
    }
    assert answers["nam=x"].json() == {
        "detail": "There is no such parameter here.",
        "status_code": 400,
        "extra": {"nam": ["There is no such parameter here."]},
    }
    assert answers["page=download/releases/2.0"].json()["detail"] == "Write a number, or true or false."
    assert answers["released_at__from=12345"].json()["detail"] == "Write the moment like 2025-12-05T12:00:00Z."


async def test_a_query_that_is_no_text_is_refused(client):
    queries = ["name=%ff", "name=%ed%a0%80", "&".join(f"a{number}=" for number in range(60))]

    answers = [await client.get(f"/api/v2/releases?{query}") for query in queries]

    assert [(answer.status_code, answer.json()["extra"]) for answer in answers] == [(400, {})] * 3


NOWHERE = [
    "releases/%00",
    "releases/nothing",
    "releases/nothing/files",
    "releases/%F0%9F%90%8D",
    "pages/0",
    "pages/-1",
    "pages/2147483648",
    "pages/1e3",
    "pages/%EF%BC%91",
    f"pages/{10**40}",
    "boxes/a%2Fb",
    "nothing",
]


async def test_an_address_of_nothing_answers_404_in_the_form_of_the_api(client):
    answers = [await client.get(f"/api/v2/{path}") for path in NOWHERE]

    assert {answer.status_code for answer in answers} == {404}
    assert {frozenset(answer.json()) for answer in answers} == {frozenset({"detail", "status_code", "extra"})}


async def test_what_is_shown_is_what_is_asked_for(client, session):
    await make_release(session)

    row = await client.get("/api/v2/releases/python-3140?fields=slug,name")
    rows = await client.get("/api/v2/releases?fields=name,content")

    assert row.json() == {"name": "Python 3.14.0", "slug": "python-3140"}
    assert rows.json()["data"] == [{"name": "Python 3.14.0", "content": ""}]


async def test_lists_leave_out_the_long_texts_that_nobody_asks_for(client, session):
    await make_box(session, label="about")

    row = (await client.get("/api/v2/boxes")).json()["data"][0]

    assert "content" not in row
    assert "content_html" not in row


async def test_guests_see_what_is_live_and_who_may_sees_drafts(client, session):
    system = await make_operating_system(session)
    draft = await make_release(session, "Python 3.14.1", is_published=False)
    await make_file(session, draft, system)
    await make_page(session, is_published=False)
    await make_box(session, label="draft", is_published=False)
    manager = await release_manager(client, session)
    stranger = await program_of(client, session, await make_user(session, is_staff=True))

    for path in ("/releases", "/files", "/pages", "/boxes"):
        assert (await client.get(f"/api/v2{path}")).json()["meta"]["total"] == 0
        assert (await stranger.get(path)).json()["meta"]["total"] == 0
        assert (await manager.get(path)).json()["meta"]["total"] == 1
    for path in ("/releases/python-3141", "/releases/python-3141/files"):
        assert (await client.get(f"/api/v2{path}")).status_code == 404
        assert (await stranger.get(path)).status_code == 404
        assert (await manager.get(path)).status_code == 200


async def test_a_key_without_the_scope_sees_no_drafts(client, session):
    await make_release(session, is_published=False)
    owner = await make_user(session, permissions=(Permission.DOWNLOADS_VIEW, Permission.PAGES_VIEW))
    program = await program_of(client, session, owner, scopes=("pages:view",))

    answer = await program.get("/releases")

    assert answer.json()["data"] == []


async def test_a_wrong_key_is_no_guest(client):
    answer = await client.get("/api/v2/releases", headers={"Authorization": "Token wrong"})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Token"
    assert answer.json() == {"detail": "Invalid token.", "status_code": 401, "extra": {}}


async def test_a_session_of_the_back_office_counts_for_nothing(browser, session):
    await make_release(session, is_published=False)

    answer = await browser.get("/api/v2/releases")

    assert answer.json()["data"] == []


@pytest.mark.parametrize(
    "path", ["//api/v2/releases", "/api//v2/releases", "/api/v2//releases", "//api/v1/downloads/release/"]
)
async def test_slashes_side_by_side_lead_nobody_round_the_gate_of_the_api(client, browser, session, path):
    await make_release(session, is_published=False)

    read = await browser.get(f"{SITE}{path}")
    written = await client.post(f"{SITE}{path}", headers={"Authorization": "Token wrong"})

    assert read.status_code == 404
    assert "public" not in read.headers["cache-control"]
    assert written.status_code in {403, 404}


async def test_files_are_read_on_from_a_cursor(client, session):
    release = await make_release(session)
    system = await make_operating_system(session)
    files = [await make_file(session, release, system) for _ in range(3)]

    first = (await client.get("/api/v2/files?page_size=2&cursor=0")).json()
    second = (await client.get(f"/api/v2/files?page_size=2&cursor={first['meta']['next_cursor']}")).json()

    assert [row["id"] for row in first["data"] + second["data"]] == [file.id for file in files]
    meta = {"total": 3, "page": None, "page_size": 2}
    assert first["meta"] == {**meta, "has_next": True, "has_previous": False, "next_cursor": files[1].id}
    assert second["meta"] == {**meta, "has_next": False, "has_previous": True, "next_cursor": None}


async def test_files_of_a_release_are_below_it_and_below_no_other(client, session):
    system = await make_operating_system(session, "Source release", slug="source")
    one, other = await make_release(session, "Python 3.14.1"), await make_release(session, "Python 3.14.2")
    file = await make_file(session, one, system, size=7)

    listed = (await client.get("/api/v2/releases/python-3141/files?operating_system=source")).json()
    shown = await client.get(f"/api/v2/releases/{one.slug}/files/{file.id}")
    elsewhere = await client.get(f"/api/v2/releases/{other.slug}/files/{file.id}")

    assert [(row["release"], row["operating_system"], row["size"]) for row in listed["data"]] == [
        ("python-3141", "source", 7)
    ]
    assert shown.json()["id"] == file.id
    assert elsewhere.status_code == 404


async def test_what_is_still_the_same_is_not_sent_again(client, session):
    release = await make_release(session)
    paths = ["/api/v2/releases", "/api/v2/releases/python-3140", "/api/v2/openapi.json"]
    tags = [(await client.get(path)).headers["etag"] for path in paths]

    again = [
        await client.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
        for path, tag in zip(paths, tags, strict=True)
    ]
    release.name = "Python 3.14.0 final"
    await session.commit()
    changed = await client.get(paths[1], headers={"If-None-Match": tags[1]})

    assert [(answer.status_code, answer.content) for answer in again] == [(304, b"")] * 3
    assert [answer.headers["etag"] for answer in again] == tags
    assert changed.status_code == 200


async def test_programs_keep_answers_only_to_ask_whether_they_are_still_true(client, session):
    await make_release(session)

    answer = await client.get("/api/v2/releases")

    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Authorization"


@pytest.mark.parametrize("path", ["/releases?page_size=200", "/files?page_size=200", "/releases/python-3140/files"])
async def test_the_number_of_statements_does_not_grow_with_the_rows(client, session, engine, path):
    async def number() -> int:
        with statements(engine) as seen:
            await client.get(f"/api/v2{path}")
        return len(seen)

    system = await make_operating_system(session)
    release = await make_release(session, page_id=(await make_page(session)).id)
    await make_file(session, release, system)
    with_one = await number()
    for patch in range(1, 6):
        other = await make_release(session, f"Python 3.14.{patch}", page_id=(await make_page(session)).id)
        await make_file(session, other, await make_operating_system(session, f"System {patch}"))
        await make_file(session, release, await make_operating_system(session, f"Another {patch}"))

    assert await number() == with_one
    assert with_one <= 3


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/releases", {"GET", "POST", "OPTIONS"}),
        ("/releases/x", {"GET", "PUT", "PATCH", "DELETE", "OPTIONS"}),
        ("/releases/x/publish", {"POST", "OPTIONS"}),
        ("/files", {"GET", "OPTIONS"}),
    ],
)
async def test_other_methods_are_refused_with_those_that_there_are(client, path, allowed):
    head = await client.head(f"/api/v2{path}")
    answer = await client.request("TRACE", f"/api/v2{path}")
    options = await client.options(f"/api/v2{path}")

    assert answer.status_code == 405
    assert set(answer.json()) == {"detail", "status_code", "extra"}
    for told in (answer, options):
        assert set(told.headers["allow"].split(", ")) - {"HEAD"} == allowed
    assert head.content == b""
