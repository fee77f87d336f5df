"""The export of a list: all that its address asks for, nothing that the person may not see, never a formula."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from admin import exporting
from cms.core.audit import AuditEntry
from cms.core.permissions import Permission
from tests.admin.browser import Browser
from tests.factories.pages import make_page
from tests.factories.users import make_user


def lines_of(answer):
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def sheet_of(answer):
    return load_workbook(io.BytesIO(answer.content)).active


async def test_the_export_is_what_search_filters_order_and_columns_select(browser, session):
    for number in range(3):
        await make_page(session, title=f"Sprint {number}", path=f"sprints/{number}")
    await make_page(session, title="Sprint draft", path="sprints/draft", is_published=False)
    await make_page(session, title="Another", path="another")

    answer = await browser.get("/admin/pages/export/csv?search=sprint&state=live&sort=-title&columns=title,path")

    assert lines_of(answer) == [
        ["Title", "Path"],
        ["Sprint 2", "sprints/2"],
        ["Sprint 1", "sprints/1"],
        ["Sprint 0", "sprints/0"],
    ]


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\ttab", "\uff1d1", "'=1", "''+2"])
async def test_nothing_in_a_spreadsheet_is_a_formula(browser, session, text):
    await make_page(session, title=text, path="formula")

    rows = lines_of(await browser.get("/admin/pages/export/csv"))
    sheet = sheet_of(await browser.get("/admin/pages/export/xlsx"))

    assert rows[1][0] == f"'{text}"
    assert (sheet["A2"].value, sheet["A2"].data_type) == (f"'{text}", "s")


@pytest.mark.parametrize("text", ["007", "3.10", "#N/A", "1e5", "_x0041_", " spaces ", "one\ntwo", "Grüße, 日本 🐍"])
async def test_a_workbook_shows_every_text_as_it_is(browser, session, text):
    await make_page(session, title=text, path="text")

    sheet = sheet_of(await browser.get("/admin/pages/export/xlsx"))

    assert sheet["A2"].value.replace("_x005F_", "_") == text
    assert sheet["A2"].data_type == "s"


async def test_json_holds_every_column_of_the_form_whole(browser, session):
    page = await make_page(session, title="=1", path="whole", content="A *text*.\n" * 9000, keywords="a, b")

    document = json.loads((await browser.get("/admin/pages/export/json")).text)

    assert document["table"] == "pages"
    assert [row["id"] for row in document["rows"]] == [page.id]
    assert document["rows"][0] == {
        "id": page.id,
        "title": "=1",
        "path": "whole",
        "content": page.content,
        "content_kind": "markdown",
        "description": "",
        "keywords": "a, b",
        "template_name": "",
    }


async def test_moments_are_iso_in_json(browser, session):
    from tests.factories.downloads import make_release

    await make_release(session, released_at=datetime(2026, 10, 1, 14, 30, tzinfo=UTC))

    document = json.loads((await browser.get("/admin/releases/export/json")).text)

    assert document["rows"][0]["released_at"] == "2026-10-01T14:30:00+00:00"


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
async def test_an_export_without_rows_is_a_whole_file(browser, kind):
    answer = await browser.get(f"/admin/pages/export/{kind}?search=nowhere")

    assert answer.status_code == 200
    found = {
        "csv": lambda: lines_of(answer)[1:],
        "xlsx": lambda: list(sheet_of(answer).iter_rows(min_row=2, values_only=True)),
        "json": lambda: json.loads(answer.text)["rows"],
    }
    assert found[kind]() == []


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
async def test_many_rows_come_in_pieces_and_all_of_them(browser, session, monkeypatch, kind):
    monkeypatch.setattr(exporting, "ROWS_AT_ONCE", 4)
    paths = [(await make_page(session, title=f"Title {n:02}")).path for n in range(11)]

    answer = await browser.get(f"/admin/pages/export/{kind}")

    found = {
        "csv": lambda: [row[1] for row in lines_of(answer)[1:]],
        "xlsx": lambda: [row[1] for row in sheet_of(answer).iter_rows(min_row=2, values_only=True)],
        "json": lambda: [row["path"] for row in json.loads(answer.text)["rows"]],
    }
    assert found[kind]() == paths


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
async def test_the_file_has_a_name_and_is_kept_by_no_cache(browser, kind):
    answer = await browser.get(f"/admin/pages/export/{kind}")

    assert answer.headers["content-disposition"].startswith('attachment; filename="pages-20')
    assert answer.headers["content-disposition"].endswith(f'.{kind}"')
    assert answer.headers["cache-control"] == "private, no-store"


async def test_an_export_is_recorded_with_its_size_and_its_filter(browser, session):
    await make_page(session, title="Sprint")

    await browser.get("/admin/pages/export/xlsx?search=sprint")

    entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "export"))).one()
    assert (entry.actor_name, entry.table_name, entry.row_id, entry.row_label) == ("superuser", "pages", None, "Pages")
    assert entry.remark == "1 as Excel; Search: “sprint”"
    assert entry.remark in (await browser.get("/admin/history?action=export")).text


async def test_more_rows_than_a_file_takes_are_refused_and_not_cut(browser, session, monkeypatch):
    monkeypatch.setitem(exporting.FORMATS, "xlsx", replace(exporting.FORMATS["xlsx"], most_rows=1))
    await make_page(session)
    await make_page(session)

    answer = await browser.get("/admin/pages/export/xlsx")

    assert answer.status_code == 422
    assert "Narrow the list" in answer.text


async def test_what_is_no_format_is_not_found(browser):
    assert (await browser.get("/admin/pages/export/pdf")).status_code == 404


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
async def test_a_list_that_the_person_may_not_see_is_not_exported(client, session, kind):
    reader = await make_user(session, permissions=(Permission.BOXES_VIEW,))
    browser = await Browser(client).sign_in(session, reader)

    assert (await browser.get(f"/admin/pages/export/{kind}")).status_code == 403


async def test_secrets_are_in_no_export(browser, session):
    await make_user(session, username="holder")

    document = (await browser.get("/admin/users/export/json?columns=username,password")).text
    rows = lines_of(await browser.get("/admin/users/export/csv?columns=username,password"))

    assert "password" not in document
    assert rows[0] == ["User name"]


async def test_a_field_without_its_permission_is_in_no_export(client, session, monkeypatch):
    from admin.views.pages import PageAdmin

    monkeypatch.setattr(PageAdmin, "field_permissions", {"keywords": Permission.PAGES_PUBLISH})
    await make_page(session, keywords="internal")
    reader = await make_user(session, permissions=(Permission.PAGES_VIEW,))
    browser = await Browser(client).sign_in(session, reader)

    for kind in ("csv", "json"):
        answer = await browser.get(f"/admin/pages/export/{kind}?columns=title,keywords")

        assert "internal" not in answer.text


async def test_rows_outside_of_the_persons_reach_are_in_no_export(client, session, monkeypatch):
    from admin.views.pages import PageAdmin
    from cms.pages.models import Page

    monkeypatch.setattr(PageAdmin, "reach", lambda _view, _user, _permission: Page.path.startswith("open"))
    await make_page(session, path="open")
    await make_page(session, path="closed")
    reader = await make_user(session, permissions=(Permission.PAGES_VIEW,))
    browser = await Browser(client).sign_in(session, reader)

    assert "closed" not in (await browser.get("/admin/pages/export/json")).text
    assert [row[1] for row in lines_of(await browser.get("/admin/pages/export/csv"))] == ["Path", "open"]


async def test_names_stand_for_people(browser, session, superuser):
    page = await make_page(session, path="made")
    page.created_by_id = superuser.id
    await session.commit()

    rows = lines_of(await browser.get("/admin/pages/export/csv?columns=title,created_by_id"))

    assert rows[1][1] == "superuser"
