"""The media library in the back office."""

import pytest
from sqlalchemy import select

from cms.core.permissions import Permission
from cms.media.models import MediaItem
from tests.admin.browser import Browser, text_of
from tests.factories.media import PDF, SVG, a_picture, make_item
from tests.factories.pages import make_page
from tests.factories.users import make_user

READS = (Permission.MEDIA_VIEW,)
EDITS = (*READS, Permission.MEDIA_EDIT)
REPLACES = (*EDITS, Permission.MEDIA_REPLACE)
DELETES = (*REPLACES, Permission.MEDIA_DELETE)
JSON = {"Accept": "application/json"}


@pytest.fixture
def storage(resources):
    return resources.storage


async def upload(browser, content, filename="snake.png", *, as_script=False, **fields):
    data = {"csrf_token": await browser.token(), "title": "", "alternative_text": "A snake", **fields}
    file = {"upload": (filename, content, "application/octet-stream")}
    headers = {"Sec-Fetch-Site": "same-origin", **(JSON if as_script else {})}
    return await browser.client.post("/admin/media/upload", data=data, files=file, headers=headers)


async def fresh(session, item):
    return await session.scalar(
        select(MediaItem).where(MediaItem.id == item.id).execution_options(populate_existing=True)
    )


async def test_a_file_is_uploaded_without_scripts(browser, session, superuser):
    answer = await upload(browser, a_picture(), title="A snake in the grass")

    item = await session.scalar(select(MediaItem))
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/admin/media/edit/{item.id}"
    assert (item.title, item.created_by_id) == ("A snake in the grass", superuser.id)


async def test_a_script_is_told_what_became_of_the_file(browser, session):
    answer = await upload(browser, a_picture((2000, 1000)), as_script=True)

    told = answer.json()["item"]
    assert answer.status_code == 201
    assert (told["title"], told["address"]) == ("Snake", "/media/library/snake.png")
    assert [size["width"] for size in told["sizes"]] == [320, 640, 960, 1280, 1920, 2000]
    assert told["sizes"][2] == {
        "label": "960 pixels wide",
        "address": "/media/variants/960.webp/library/snake.png",
        "width": 960,
        "height": 480,
    }


@pytest.mark.parametrize(
    ("content", "filename", "fields", "name"),
    [
        (a_picture(), "a.png", {"alternative_text": ""}, "alternative_text"),
        (b"<html>", "a.png", {}, "upload"),
        (b"", "a.png", {}, "upload"),
    ],
    ids=["no alternative text", "HTML", "empty"],
)
async def test_what_is_refused_is_explained_and_not_stored(browser, session, storage, content, filename, fields, name):
    for as_script in (False, True):
        answer = await upload(browser, content, filename, as_script=as_script, **fields)

        assert answer.status_code == 422
    assert answer.json()["errors"][name][0].endswith(".")
    assert await session.scalar(select(MediaItem.id)) is None
    assert [found async for found in storage.list()] == []


async def test_no_file_is_no_upload(browser):
    data = {"csrf_token": await browser.token(), "title": "Nothing"}

    answer = await browser.client.post(
        "/admin/media/upload", data=data, files={"upload": ("", b"")}, headers={"Sec-Fetch-Site": "same-origin"}
    )

    assert answer.status_code == 422
    assert "Choose a file." in text_of(answer.text)


async def test_a_picture_that_is_here_already_is_offered(browser, session, storage):
    content = a_picture()
    item = await make_item(session, storage, content=content)

    refused = await upload(browser, content, "other.png", as_script=True)
    kept = await upload(browser, content, "other.png", as_script=True, may_repeat="y")

    assert refused.status_code == 409
    assert refused.json()["same"]["id"] == item.id
    assert kept.status_code == 201


async def test_the_list_shows_pictures_and_finds_them(browser, session, storage):
    snake = await make_item(session, storage, title="Green snake", alternative_text="", is_decorative=True)
    await make_item(session, storage, title="Annual report", content=PDF, filename="report.pdf")

    page = await browser.get("/admin/media/list")
    found = await browser.get("/admin/media/list", search="green")
    as_table = await browser.get("/admin/media/list", layout="table")

    assert page.status_code == 200
    assert f"/media/variants/square-320.webp/{snake.path}?v=" in page.text
    assert "Annual report" in page.text
    assert "Annual report" not in text_of(found.text)
    assert "<table" in as_table.text
    assert "<table" not in page.text


async def test_the_list_tells_what_is_unused_and_what_says_nothing(browser, session, storage):
    used = await make_item(session, storage, title="Used one")
    silent = await make_item(session, storage, title="Silent one")
    silent.alternative_text = ""
    await session.commit()
    await make_page(session, content=f"![A snake](/media/variants/640.webp/{used.path})")

    async def titles(**query):
        text = text_of((await browser.get("/admin/media/list", **query)).text)
        return [title for title in ("Used one", "Silent one") if title in text]

    assert await titles(use="used") == ["Used one"]
    assert await titles(use="unused") == ["Silent one"]
    assert await titles(alternative_text="missing") == ["Silent one"]
    assert await titles(use="nonsense") == ["Used one", "Silent one"]
    assert (await browser.get("/admin/media/list", counts="yes")).status_code == 200


async def test_the_form_asks_for_the_alternative_text(browser, session, storage):
    item = await make_item(session, storage)
    path = f"/admin/media/edit/{item.id}"

    refused = await browser.save(path, alternative_text="")
    saved = await browser.save(path, alternative_text="", is_decorative="y", focal_x="20", tags="Logo, PyCon")

    assert refused.status_code == 422
    assert "tick that it is only decoration" in text_of(refused.text)
    assert saved.status_code == 303
    assert (await fresh(session, item)).is_decorative
    assert (item.focal_x, item.tags) == (20, "logo, pycon")


@pytest.mark.parametrize("content", [a_picture(), SVG, PDF], ids=["picture", "drawing", "document"])
async def test_the_form_shows_where_it_is_used(browser, session, storage, content):
    name = {b"%PDF": "a.pdf", b"<svg": "a.svg"}.get(content[:4], "a.png")
    item = await make_item(session, storage, content=content, filename=name)
    page = await make_page(session, title="About snakes", content=f"[Look]({item.public_path})")

    answer = await browser.get(f"/admin/media/edit/{item.id}")

    assert answer.status_code == 200
    assert f'<a href="/admin/pages/edit/{page.id}">About snakes</a>' in answer.text


async def test_uses_that_a_person_may_not_see_are_only_counted(client, session, storage):
    item = await make_item(session, storage)
    await make_page(session, title="Secret plans", content=f"![A]({item.public_path})")
    person = await make_user(session, permissions=EDITS)
    browser = await Browser(client).sign_in(session, person)

    text = text_of((await browser.get(f"/admin/media/edit/{item.id}")).text)

    assert "Secret plans" not in text
    assert "1 that you may not see" in text


async def replace(browser, item, content, filename="b.png", **fields):
    data = {"csrf_token": await browser.token(), "lock_version": item.lock_version, **fields}
    file = {"upload": (filename, content, "application/octet-stream")}
    return await browser.client.post(
        f"/admin/media/replace/{item.id}", data=data, files=file, headers={"Sec-Fetch-Site": "same-origin"}
    )


async def test_a_file_is_replaced_under_its_address(browser, session, storage):
    item = await make_item(session, storage)
    address, content = item.public_path, a_picture((50, 50))

    answer = await replace(browser, item, content)

    assert answer.status_code == 303
    assert (await browser.client.get(address)).content == content
    assert (await fresh(session, item)).width == 50


async def test_a_replacement_that_is_refused_says_why(browser, session, storage):
    item = await make_item(session, storage)
    before = item.file

    answer = await replace(browser, item, b"<html>")

    assert answer.status_code == 303
    assert "Nothing was replaced." in text_of((await browser.get(answer.headers["location"])).text)
    assert (await fresh(session, item)).file == before


async def test_who_looked_at_an_older_state_replaces_nothing(browser, session, storage):
    item = await make_item(session, storage)

    answer = await replace(browser, item, a_picture(), lock_version=item.lock_version - 1)

    assert answer.status_code == 409


async def test_what_is_used_is_not_deleted_and_the_reason_is_named(browser, session, storage):
    item = await make_item(session, storage)
    await make_page(session, title="About snakes", content=f"![A]({item.public_path})")

    shown = await browser.get("/admin/media/delete", pks=item.id)
    answer = await browser.post("/admin/media/delete", {"pks": item.id})

    assert "About snakes" in text_of(shown.text)
    assert "for good" not in shown.text
    assert answer.status_code == 409
    assert await fresh(session, item) is not None


async def test_what_is_used_nowhere_is_deleted(browser, session, storage):
    item = await make_item(session, storage)

    answer = await browser.post("/admin/media/delete", {"pks": item.id})

    assert answer.status_code == 303
    assert await session.scalar(select(MediaItem.id)) is None


async def test_the_dialog_of_a_text_is_given_what_it_may_offer(browser, session, storage):
    await make_item(session, storage, title="Green snake")
    await make_item(session, storage, title="Annual report", content=PDF, filename="report.pdf")

    images = (await browser.get("/admin/media/choose", kind="image")).json()
    documents = (await browser.get("/admin/media/choose", kind="document", search="annual")).json()

    assert [item["title"] for item in images["items"]] == ["Green snake"]
    assert [(item["title"], item["address"]) for item in documents["items"]] == [
        ("Annual report", "/media/library/report.pdf")
    ]
    assert images["next"] == ""


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ((Permission.PAGES_VIEW,), {"list": 403, "choose": 403, "upload": 403, "replace": 403, "delete": 403}),
        (READS, {"list": 200, "choose": 200, "upload": 403, "replace": 403, "delete": 403}),
        (EDITS, {"list": 200, "choose": 200, "upload": 303, "replace": 403, "delete": 403}),
        (REPLACES, {"list": 200, "choose": 200, "upload": 303, "replace": 303, "delete": 403}),
        (DELETES, {"list": 200, "choose": 200, "upload": 303, "replace": 303, "delete": 303}),
    ],
    ids=["no media", "reads", "edits", "replaces", "deletes"],
)
async def test_each_does_what_their_roles_allow(client, session, storage, permissions, expected):
    item = await make_item(session, storage)
    browser = await Browser(client).sign_in(session, await make_user(session, permissions=permissions))

    answers = {
        "list": await browser.get("/admin/media/list"),
        "choose": await browser.get("/admin/media/choose"),
        "upload": await upload(browser, a_picture()),
        "replace": await replace(browser, item, a_picture()),
        "delete": await browser.post("/admin/media/delete", {"pks": item.id}),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == expected


async def test_who_may_change_their_own_files_does_not_reach_those_of_others(client, session, storage):
    person = await make_user(session, permissions=REPLACES, scope_kind="own", scope_values=("own",))
    browser = await Browser(client).sign_in(session, person)
    foreign = await make_item(session, storage)
    await upload(browser, a_picture())
    own = await session.scalar(select(MediaItem).where(MediaItem.created_by_id == person.id))

    assert (await replace(browser, foreign, a_picture())).status_code == 403
    assert (await replace(browser, own, a_picture())).status_code == 303


async def test_an_upload_from_another_site_is_refused(browser, session):
    answer = await browser.client.post(
        "/admin/media/upload", data={"title": "A"}, files={"upload": ("a.png", a_picture())}, headers={}
    )

    assert answer.status_code == 403
    assert await session.scalar(select(MediaItem.id)) is None


async def test_a_large_document_is_taken_and_a_larger_one_refused(browser, session):
    taken = await upload(browser, b"x" * (20 * 1024 * 1024), "large.txt", as_script=True)
    refused = await upload(browser, b"x" * (33 * 1024 * 1024), "larger.txt", as_script=True)

    assert taken.status_code == 201
    assert refused.status_code == 413
