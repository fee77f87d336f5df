"""The dump of a whole old site comes over without an unexplained difference, and its people can sign in."""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cms.core.resources import Resources
from cms.downloads.legacy import OPERATING_SYSTEMS, RELEASE_FILES, RELEASES
from cms.downloads.models import OperatingSystem, ReleaseFile
from cms.users import passwords
from cms.users.models import User
from tests.import_django.databases import filled_database

COUNTS = {
    "users_user": (1705, 0),
    "pages_page": (353, 1),
    "pages_image": (43, 0),
    "pages_documentfile": (20, 0),
    "boxes_box": (88, 0),
    "banners_banner": (5, 0),
    "codesamples_codesample": (18, 0),
    "downloads_os": (5, 0),
    "downloads_release": (453, 0),
    "downloads_releasefile": (3353, 0),
    "django_redirect": (61, 1),
    "sitetree_treeitem": (117, 3),
    "users_user_groups": (41, 0),
    "users_user_user_permissions": (4, 0),
    "tastypie_apikey": (1705, 0),
    "authtoken_token": (235, 0),
}

ANSWERS = {
    kind: (table, {theirs.removesuffix("_id"): ours for ours, theirs in table.columns.items() if theirs != "id"})
    for kind, table in (("os", OPERATING_SYSTEMS), ("release", RELEASES), ("release_file", RELEASE_FILES))
}
"""What the old API called our columns, by kind of row: its columns' names, and those of references without `_id`."""


@pytest.fixture(scope="session")
async def dumped_site_url(database_url: str, shared: Path):
    dump = shared / "reference" / "data" / "old-site.sql.gz"
    if not dump.is_file():
        pytest.skip("The dump of the old site is absent.")
    async with filled_database(database_url, gzip.decompress(dump.read_bytes()).decode()) as url:
        yield url


async def test_everything_comes_over_but_for_a_few_rows_with_reasons(
    run_import, dumped_site_url, shared, session, resources: Resources
):
    media = shared / "reference" / "data" / "old-site-media.tar.gz"

    report = await run_import(dumped_site_url, media=media)

    assert report["agrees"] is True
    found = {name: (table["read"], len(table["refused"])) for name, table in report["tables"].items() if name in COUNTS}
    assert found == COUNTS
    systems = dict((await session.execute(select(OperatingSystem.id, OperatingSystem.slug))).all())
    assert systems == {1: "windows", 2: "macos", 3: "source", 4: "android", 5: "ios"}
    assert await session.scalar(select(func.count()).where(ReleaseFile.has_download_button)) > 0
    missing = [remark for name in ("pages_image", "pages_documentfile") for remark in report["tables"][name]["remarks"]]
    assert missing == []


async def test_an_api_could_give_the_answers_that_were_recorded(run_import, dumped_site_url, shared, session):
    await run_import(dumped_site_url)

    recorded = list(_recorded(shared / "reference" / "api-samples"))

    differences = []
    for address, answer in recorded:
        kind, row_id = _kind_and_id(address)
        table, columns = ANSWERS[kind]
        row = await session.get(table.model, row_id)
        for name, value in answer.items():
            if row is not None and name in columns:
                here = getattr(row, columns[name])
                if _as_answered(here, value) != value:
                    differences.append((address, name, value, here))
    assert differences == []
    assert len(recorded) > 500


def _recorded(folder: Path) -> Iterator[tuple[str, dict]]:
    """Yield address and fields of each row in the recorded answers to requests that only read."""
    for path in sorted(folder.glob("*.http")):
        content = path.read_bytes()
        body = content.rpartition(b"\r\n\r\n")[2]
        if not content.startswith(b"GET ") or b"HTTP/1.1 200" not in content or not body.startswith((b"[", b"{")):
            continue
        answer = json.loads(body)
        rows = answer if isinstance(answer, list) else answer.get("objects", [answer])
        yield from (
            (row["resource_uri"], row) for row in rows if _kind_and_id(row.get("resource_uri", ""))[0] in ANSWERS
        )


def _kind_and_id(address: str) -> tuple[str, int]:
    kind, _, row_id = address.strip("/").rpartition("/")
    return kind.rpartition("/")[2], int(row_id) if row_id.isdigit() else 0


def _as_answered(here: object, answered: object) -> object:
    """Return our value as the old API wrote it: a row by its address, a moment with a Z in its second version."""
    if isinstance(answered, str) and "/api/" in answered:
        return answered if _kind_and_id(answered)[1] == here else here
    if isinstance(here, datetime):
        return here.isoformat().replace("+00:00", "Z" if str(answered).endswith("Z") else "")
    return here


async def test_people_sign_in_with_the_passwords_they_had(run_import, dumped_site_url, shared, session):
    lines = (shared / "reference" / "data" / "old-site-logins.txt").read_text().splitlines()
    logins = [line.split("\t") for line in lines if line.startswith("old-user-") and line.count("\t") == 4]
    await run_import(dumped_site_url)

    people = {user.username: user for user in (await session.scalars(select(User))).all()}

    assert len(logins) == 20
    for username, password, *_ in logins:
        verdict = await passwords.verify(password, people[username].password)
        assert (username, verdict.valid, verdict.needs_rehash) == (username, True, True)
