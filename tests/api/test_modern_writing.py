"""Writing by the modern API: by the same permissions as in the back office, over no change of somebody else's."""

import pytest
from sqlalchemy import func, select

from cms.core.audit import AuditEntry
from cms.core.markup import MarkupKind
from cms.core.permissions import Permission
from cms.downloads.models import Release, ReleaseFile
from cms.users import idempotency
from cms.users.idempotency import KeptAnswer
from tests.api.callers import program_of, release_manager, web_editor
from tests.factories.boxes import make_box
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user

SUM = "0" * 64
URL = "https://www.python.org/ftp/python/3.14.2/Python-3.14.2.tgz"
EDITS = (Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT)


async def test_a_release_comes_into_being_gets_its_files_and_is_published(client, session):
    await make_operating_system(session, "Source release", slug="source")
    predecessor = await make_release(session, "Python 3.14.1", is_latest=True)
    manager = await release_manager(client, session)

    made = await manager.post("/releases", {"name": "Python 3.14.2", "is_latest": True, "content": "*New.*"})
    at = made.headers["location"].removeprefix("/api/v2")
    file = {"name": "Source", "operating_system": "source", "url": URL, "sha256": SUM, "size": 5, "is_source": True}
    with_file = await manager.post(f"{at}/files", file)
    unseen = await client.get(f"/api/v2{at}")
    published = await manager.post(f"{at}/publish")
    seen = await client.get(f"/api/v2{at}/files")

    assert (made.status_code, made.json()["slug"], made.json()["is_published"]) == (201, "python-3142", False)
    assert (made.json()["version"], made.json()["content_html"]) == (3, "<p><em>New.</em></p>\n")
    assert (with_file.status_code, with_file.json()["release"]) == (201, "python-3142")
    assert with_file.headers["location"] == f"/api/v2{at}/files/{with_file.json()['id']}"
    assert unseen.status_code == 404
    assert (published.status_code, published.json()["is_published"]) == (200, True)
    assert [row["sha256"] for row in seen.json()["data"]] == [SUM]
    await session.refresh(predecessor)
    assert not predecessor.is_latest


async def test_what_is_written_names_who_wrote_it(client, session):
    owner = await make_user(session, username="rm", permissions=EDITS)
    manager = await program_of(client, session, owner)

    answer = await manager.post("/releases", {"name": "Python 3.14.2"})

    entry = (await session.scalars(select(AuditEntry).where(AuditEntry.table_name == "releases"))).one()
    release = await session.get_one(Release, answer.json()["id"])
    assert (entry.actor_name, release.created_by_id) == ("rm", owner.id)


async def test_a_row_is_changed_in_part_or_as_a_whole(client, session):
    await make_release(session, "Python 3.14.2", is_published=False, content="Text.", is_pre_release=True)
    manager = await release_manager(client, session)

    changed = await manager.change("/releases/python-3142", {"released_at": "2026-01-02T03:04:05+02:00"})
    replaced = await manager.change("/releases/python-3142", {"name": "Python 3.14.2"}, method="PUT")

    row = changed.json()
    assert (row["released_at"], row["content"], row["is_pre_release"]) == ("2026-01-02T01:04:05Z", "Text.", True)
    row = replaced.json()
    assert (row["slug"], row["content"], row["is_pre_release"]) == ("python-3142", "", False)


async def test_pages_boxes_and_operating_systems_are_written_likewise(client, session):
    manager, editor = await release_manager(client, session), await web_editor(client, session)

    system = await manager.post("/operating-systems", {"name": "Plan 9"})
    page = await editor.post("/pages", {"title": "Help", "path": "/about/help/"})
    box = await editor.post("/boxes", {"label": "new-box", "content": "Text."})
    for path in (f"/pages/{page.json()['id']}", "/boxes/new-box"):
        published = await editor.post(f"{path}/publish")
        taken_down = await editor.post(f"{path}/unpublish")
        gone = await editor.delete(path)

        assert (published.json()["is_published"], taken_down.json()["is_published"]) == (True, False)
        assert (gone.status_code, gone.content) == (204, b"")
        assert (await editor.get(path)).status_code == 404
    assert (system.status_code, system.json()["slug"]) == (201, "plan-9")
    assert (page.json()["path"], box.json()["label"]) == ("about/help", "new-box")


WRITES = [
    ("POST", "/releases", {"name": "Python 3.14.9"}),
    ("PUT", "/releases/python-3140", {"name": "Python 3.14.0"}),
    ("PATCH", "/releases/python-3140", {"name": "Python 3.14.0"}),
    ("DELETE", "/releases/python-3140", None),
    ("POST", "/releases/python-3140/publish", None),
    ("POST", "/releases/python-3140/unpublish", None),
    ("POST", "/releases/python-3140/files", {"name": "x", "operating_system": "windows", "url": URL}),
    ("PATCH", "/releases/python-3140/files/1", {"size": 1}),
    ("POST", "/operating-systems", {"name": "x"}),
    ("DELETE", "/operating-systems/windows", None),
    ("POST", "/pages", {"title": "x", "path": "x"}),
    ("PATCH", "/pages/1", {"title": "x"}),
    ("POST", "/pages/1/publish", None),
    ("POST", "/boxes", {"label": "x"}),
    ("DELETE", "/boxes/x", None),
]


async def test_guests_and_who_holds_no_permission_write_nothing(client, session):
    await make_release(session)
    member_of_staff = await program_of(client, session, await make_user(session, is_staff=True))
    limited = await program_of(client, session, await make_user(session, is_superuser=True), scopes=("audit:view",))
    headers = {"If-Match": "*"}

    for method, path, body in WRITES:
        asked = await client.request(method, f"/api/v2{path}", json=body, headers=headers)
        refused = [
            await program.send(method, path, json=body, headers=headers) for program in (member_of_staff, limited)
        ]

        assert asked.status_code == 401, path
        assert [answer.status_code for answer in refused] == [403, 403], path
        assert set(refused[0].json()) == {"detail", "status_code", "extra"}


async def test_a_scope_of_rows_holds_for_programs(client, session):
    system = await make_operating_system(session)
    for name in ("Python 3.13.9", "Python 3.14.9"):
        await make_file(session, await make_release(session, name, is_published=False), system)
    manager = await release_manager(client, session, scope_kind="series", scope_values=("3.14",))

    within = await manager.change("/releases/python-3149", {"is_latest": True})
    outside = [
        await manager.change("/releases/python-3139", {"is_latest": True}),
        await manager.change("/releases/python-3149", {"name": "Python 3.13.10"}),
        await manager.post("/releases", {"name": "Python 3.13.11"}),
        await manager.post("/releases/python-3139/publish"),
        await manager.post("/releases/python-3139/files", {"name": "x", "operating_system": "windows", "url": URL}),
        await manager.delete("/releases/python-3139"),
    ]

    assert within.status_code == 200
    assert [answer.status_code for answer in outside] == [403] * 6
    assert await session.scalar(select(func.count()).select_from(Release)) == 2


async def test_what_is_live_is_written_by_those_who_may_publish(client, session):
    release = await make_release(session)
    file = await make_file(session, release, await make_operating_system(session))
    editor = await program_of(client, session, await make_user(session, permissions=EDITS))
    manager = await release_manager(client, session)
    path, change = "/releases/python-3140", {"release_notes_url": "https://docs.python.org/"}

    refused = [
        await editor.change(path, change),
        await editor.change(f"{path}/files/{file.id}", {"size": 1}),
        await editor.post(f"{path}/files", {"name": "x", "operating_system": "windows", "url": URL}),
        await editor.post(f"{path}/unpublish"),
    ]
    written = await manager.change(path, change)

    assert [answer.status_code for answer in refused] == [403] * 4
    assert written.json()["release_notes_url"] == "https://docs.python.org/"


async def test_trusted_markup_takes_its_permission(client, session):
    manager = await release_manager(client, session)

    answer = await manager.post("/releases", {"name": "Python 3.14.2", "content_kind": MarkupKind.HTML_TRUSTED})

    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_change_says_which_state_it_is_about(client, session, method):
    await make_release(session, is_published=False)
    manager = await release_manager(client, session)
    body = {"name": "Python 3.14.0"}
    seen = (await manager.get("/releases/python-3140")).headers["etag"]
    await manager.change("/releases/python-3140", {"is_pre_release": True}, etag=seen)

    silent = await manager.send(method, "/releases/python-3140", json=body)
    stale = await manager.send(method, "/releases/python-3140", json=body, headers={"If-Match": f'W/"x", {seen}'})
    now = (await manager.get("/releases/python-3140?fields=id")).headers["etag"]
    done = await manager.send(method, "/releases/python-3140", json=body, headers={"If-Match": now})

    assert (silent.status_code, stale.status_code) == (428, 412)
    assert done.status_code == (204 if method == "DELETE" else 200)


async def test_a_decision_can_say_which_state_it_is_about(client, session):
    page = await make_page(session, is_published=False)
    editor = await web_editor(client, session)

    stale = await editor.post(f"/pages/{page.id}/publish", headers={"If-Match": '"other"'})
    done = await editor.post(f"/pages/{page.id}/publish")
    again = await editor.post(f"/pages/{page.id}/publish")

    assert (stale.status_code, done.status_code, again.status_code) == (412, 200, 409)


BROKEN_RULES = [
    ({}, ["name"]),
    ({"name": ""}, ["name", "slug"]),
    ({"name": "x" * 201}, ["name"]),
    ({"name": "a\0b"}, ["name"]),
    ({"name": 3}, ["name"]),
    ({"name": None}, ["name"]),
    ({"name": "Python 3.14.0"}, ["slug"]),
    ({"name": "New", "version": 2**70}, ["version"]),
    ({"name": "New", "version": "3"}, ["version"]),
    ({"name": "New", "is_latest": "true"}, ["is_latest"]),
    ({"name": "New", "released_at": "2026-01-02"}, ["released_at"]),
    ({"name": "New", "released_at": "0001-01-01T00:00:00+23:00"}, ["released_at"]),
    ({"name": "New", "released_at": 1}, ["released_at"]),
    ({"name": "New", "page": "not/there"}, ["page"]),
    ({"name": "New", "content_kind": "word"}, ["content_kind"]),
    ({"name": "New", "is_published": True}, ["is_published"]),
    ({"name": "New", "created_by_id": 1, "lock_version": 1}, ["created_by_id", "lock_version"]),
]


async def test_each_member_that_breaks_a_rule_is_named(client, session):
    await make_release(session)
    manager = await release_manager(client, session)

    for body, members in BROKEN_RULES:
        answer = await manager.post("/releases", body)

        assert answer.status_code == 422, body
        assert sorted(answer.json()["extra"]) == members


async def test_what_is_no_json_is_refused(client, session):
    manager = await release_manager(client, session)

    answers = [
        await manager.send("POST", "/releases", content=sent)
        for sent in (b"", b"{", b'{"name": "\\ud800"}', b'{"name": "\xff"}', b"[" * 10_000)
    ]

    assert {answer.status_code for answer in answers} == {400}


async def test_what_is_no_object_is_refused(client, session):
    manager = await release_manager(client, session)

    answers = [await manager.send("POST", "/releases", content=sent) for sent in (b"[]", b"null", b"3", b'"x"')]

    assert {answer.status_code for answer in answers} == {422}


async def test_rules_of_files_are_told_by_the_names_of_their_members(client, session):
    await make_operating_system(session)
    release = await make_release(session, is_published=False)
    taken = await make_file(session, release, (await make_operating_system(session, "macOS")), has_download_button=True)
    manager = await release_manager(client, session)
    file = {"name": "x", "operating_system": "windows", "url": URL}

    refused = [
        await manager.post("/releases/python-3140/files", {**file, **wrong})
        for wrong in (
            {"url": "https://example.org/x.tgz"},
            {"url": taken.url},
            {"gpg_signature_url": f"{URL}.sig"},
            {"operating_system": "amiga"},
            {"operating_system": "macos", "has_download_button": True},
            {"sha256": "abc"},
            {"size": -1},
            {"size": 2**63},
        )
    ]

    assert [answer.status_code for answer in refused] == [422] * 8
    assert [[*answer.json()["extra"]] for answer in refused] == [
        ["url"],
        ["url"],
        ["gpg_signature_url"],
        ["operating_system"],
        ["has_download_button"],
        ["sha256"],
        ["size"],
        ["size"],
    ]


async def test_what_is_still_used_is_not_deleted(client, session):
    system = await make_operating_system(session)
    await make_file(session, await make_release(session), system)
    manager = await release_manager(client, session)

    answer = await manager.delete("/operating-systems/windows")

    assert answer.status_code == 409
    assert "is used by" in answer.json()["detail"]


async def test_a_page_that_one_may_not_see_cannot_be_named(client, session):
    await make_page(session, path="secret", is_published=False)
    program = await program_of(client, session, await make_user(session, permissions=EDITS))

    answer = await program.post("/releases", {"name": "Python 3.14.2", "page": "secret"})

    assert (answer.status_code, [*answer.json()["extra"]]) == (422, ["page"])


async def test_a_request_sent_twice_under_one_key_is_carried_out_once(client, session):
    await make_operating_system(session)
    await make_release(session, is_published=False)
    manager = await release_manager(client, session)
    body, key = {"name": "x", "operating_system": "windows", "url": URL}, {"Idempotency-Key": "upload-1"}

    first = await manager.post("/releases/python-3140/files", body, headers=key)
    second = await manager.post("/releases/python-3140/files", body, headers=key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert (second.headers["location"], second.headers["etag"]) == (first.headers["location"], first.headers["etag"])
    assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (False, "true")
    assert await session.scalar(select(func.count()).select_from(ReleaseFile)) == 1


async def test_a_key_stands_for_one_request_of_one_person_within_a_day(client, session, clock):
    manager, other = await release_manager(client, session), await release_manager(client, session)
    key = {"Idempotency-Key": "1"}
    await manager.post("/releases", {"name": "Python 3.14.2"}, headers=key)

    reused = await manager.post("/releases", {"name": "Python 3.14.3"}, headers=key)
    of_other = await other.post("/releases", {"name": "Python 3.14.4"}, headers=key)
    clock.move(hours=24)
    next_day = await manager.post("/releases", {"name": "Python 3.14.3"}, headers=key)

    assert [answer.status_code for answer in (reused, of_other, next_day)] == [422, 201, 201]


async def test_a_request_that_failed_may_be_repeated_under_its_key(client, session):
    await make_release(session)
    manager = await release_manager(client, session)
    key = {"Idempotency-Key": "1"}

    failed = await manager.post("/releases", {"name": "Python 3.14.0"}, headers=key)
    repeated = await manager.post("/releases", {"name": "Python 3.14.2"}, headers=key)

    assert (failed.status_code, repeated.status_code) == (422, 201)


async def test_a_decision_sent_twice_under_one_key_is_taken_once(client, session):
    page = await make_page(session, is_published=False)
    editor = await web_editor(client, session)

    answers = [await editor.post(f"/pages/{page.id}/publish", headers={"Idempotency-Key": "publish"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]


async def test_a_key_that_cannot_be_kept_is_refused(client, session):
    manager = await release_manager(client, session)

    for key in ("", "x" * 256, "two words"):
        answer = await manager.post("/releases", {"name": "Python 3.14.2"}, headers={"Idempotency-Key": key})

        assert (answer.status_code, [*answer.json()["extra"]]) == (400, ["Idempotency-Key"])


async def test_answers_are_forgotten_after_a_day(client, session, clock):
    manager = await release_manager(client, session)
    await manager.post("/releases", {"name": "Python 3.14.2"}, headers={"Idempotency-Key": "1"})
    clock.move(hours=24)

    await idempotency.forget_old(session)

    assert await session.scalar(select(func.count()).select_from(KeptAnswer)) == 0


async def test_a_release_is_not_published_while_something_essential_is_missing(client, session):
    await make_release(session, is_published=False)
    manager = await release_manager(client, session)

    answer = await manager.post("/releases/python-3140/publish")

    assert answer.status_code == 422
    assert (await client.get("/api/v2/releases/python-3140")).status_code == 404


async def test_a_box_is_addressed_by_its_label(client, session):
    await make_box(session, label="about")
    editor = await web_editor(client, session)

    moved = await editor.change("/boxes/about", {"label": "about-us"})

    assert moved.json()["label"] == "about-us"
    assert (await client.get("/api/v2/boxes/about")).status_code == 404
