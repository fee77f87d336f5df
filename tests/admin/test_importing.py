"""The import of a table: what it would change is shown row by row first, and then all of it is written, or nothing."""

import csv
import io
import json
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from admin.exporting import text_of_cell
from admin.import_columns import is_as_exported
from admin.views.boxes import BoxAdmin
from cms.boxes.models import Box
from cms.core.audit import AuditEntry, as_json
from cms.core.markup import MarkupKind
from cms.core.permissions import Permission
from cms.core.publishing import as_drafted
from cms.core.tabular.cells import as_text
from cms.core.uploaded_tables import KEPT, UploadedTable
from cms.pages.models import Page
from cms.redirects.models import Redirect
from tests.admin.browser import Browser, text_of
from tests.factories.boxes import make_box
from tests.factories.pages import make_page
from tests.factories.users import make_user


async def make_redirect(session, old_path, new_path=""):
    redirect = Redirect(old_path=old_path, new_path=new_path)
    session.add(redirect)
    await session.commit()
    return redirect


async def upload(browser, identity, content, filename="table.csv"):
    content = content.encode() if isinstance(content, str) else content
    return await browser.post(f"/admin/{identity}/import", {}, files={"file": (filename, content)})


async def plan_of(browser, identity, content, filename="table.csv"):
    """Upload a file and return the address of its plan and the page."""
    answer = await upload(browser, identity, content, filename)
    assert answer.status_code == 303, text_of(answer.text)
    address = answer.headers["location"]
    return address, (await browser.get(address)).text


async def import_(browser, identity, content, filename="table.csv", **fields):
    """Upload a file and confirm what it would change."""
    address, _ = await plan_of(browser, identity, content, filename)
    return await browser.post(address, {"press": "import", **fields})


async def targets(session):
    rows = await session.execute(select(Redirect.old_path, Redirect.new_path).order_by(Redirect.old_path))
    return dict(rows.all())


def rows_of(page):
    """Return the rows of a plan: number → what becomes of it, and what is said of its columns."""
    from lxml import html

    found = html.fromstring(page).xpath("//table[contains(@class, 'import-plan')]/tbody/tr")
    return {
        int(row.xpath("./td[1]")[0].text_content()): (
            row.xpath(".//*[contains(@class, 'import-badge')]")[0].text_content(),
            " ".join(" ".join(row.xpath("./td[3]")[0].itertext()).split()),
        )
        for row in found
    }


async def test_each_row_is_shown_with_what_would_change_and_nothing_is_written(browser, session):
    await make_redirect(session, "/same/", "/there/")
    await make_redirect(session, "/moved/", "/before/")

    _, page = await plan_of(browser, "redirects", "From,To\n/same/,/there/\n/moved/,/after/\n/new/,/there/\nbad,/x/\n")

    assert rows_of(page) == {
        3: ("changed", "To /before/ becomes → /after/"),
        4: ("new", "From /new/ To /there/"),
        5: ("refused", "From: Write the old path with one slash at its beginning, such as “/old/page/”."),
    }
    assert "1 as they are" in text_of(page)
    assert await targets(session) == {"/same/": "/there/", "/moved/": "/before/"}


async def test_what_is_confirmed_is_written_in_the_name_of_the_person(browser, session):
    await make_redirect(session, "/moved/", "/before/")

    answer = await import_(browser, "redirects", "From,To\n/moved/,/after/\n/new/,/there/\n", "moves.csv")

    assert answer.headers["location"] == "/admin/redirects/list"
    assert "Imported: 1 new, 1 changed" in text_of((await browser.get("/admin/redirects/list")).text)
    assert await targets(session) == {"/moved/": "/after/", "/new/": "/there/"}
    entries = (await session.scalars(select(AuditEntry).where(AuditEntry.table_name == "redirects"))).all()
    told = {(entry.action, entry.row_label, entry.actor_name, entry.remark) for entry in entries if entry.remark}
    assert told == {
        ("update", "/moved/", "superuser", "Import of moves.csv"),
        ("create", "/new/", "superuser", "Import of moves.csv"),
        ("import", "Redirects", "superuser", "moves.csv: 1 new, 1 changed"),
    }


async def test_one_refused_row_keeps_all_others_from_being_written(browser, session):
    answer = await import_(browser, "redirects", "From,To\n/new/,/there/\nbad,/x/\n")

    assert answer.status_code == 409
    assert "Nothing was imported: rows are refused." in text_of(answer.text)
    assert await targets(session) == {}


async def test_refused_rows_can_be_left_out_on_purpose(browser, session):
    answer = await import_(browser, "redirects", "From,To\n/new/,/there/\nbad,/x/\n", leave_out="yes")

    assert answer.status_code == 303
    assert await targets(session) == {"/new/": "/there/"}


async def test_a_file_can_be_discarded(browser, session):
    address, _ = await plan_of(browser, "redirects", "From,To\n/new/,/there/\n")

    await browser.post(address, {"press": "discard"})

    assert await targets(session) == {}
    assert (await browser.get(address)).status_code == 404


async def test_circles_of_redirects_are_refused_with_their_row(browser, session):
    await make_redirect(session, "/a/", "/b/")

    _, page = await plan_of(browser, "redirects", "From,To\n/x/,/y/\n/b/,/c/\n/c/,/a/\n")

    fates = {number: fate for number, (fate, _) in rows_of(page).items()}
    assert fates == {2: "new", 3: "new", 4: "refused"}
    told = "To: With the redirects and the old addresses that there are, this one leads in a circle."
    assert told in rows_of(page)[4][1]


async def test_rows_are_right_if_they_are_right_together_whatever_their_order(browser, session):
    await make_redirect(session, "/a/", "/b/")

    answer = await import_(browser, "redirects", "From,To\n/b/,/a/\n/a/,/c/\n")

    assert answer.status_code == 303
    assert await targets(session) == {"/a/": "/c/", "/b/": "/a/"}


async def test_two_rows_about_the_same_are_refused_with_the_number_of_the_first(browser):
    _, page = await plan_of(browser, "redirects", "From,To\n/a/,/b/\n/a/,/c/\n")

    assert rows_of(page)[3] == ("refused", "From: Row 2 is about the same redirect.")


@pytest.mark.parametrize("head", ["From;To", "from;TO", "old_path;new_path", " Old_Path ;\tTo"])
async def test_columns_are_known_by_their_label_or_their_name(browser, session, head):
    answer = await import_(browser, "redirects", f"{head}\n/a/;/b/\n")

    assert answer.status_code == 303
    assert await targets(session) == {"/a/": "/b/"}


async def test_columns_that_are_not_read_are_named_before_anything_is_written(browser):
    _, page = await plan_of(browser, "redirects", "From,To,Last saved,Remarks\n/a/,/b/,yesterday,mine\n")

    assert "These columns of the file are not read: “Last saved”, “Remarks”." in text_of(page)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "The file is empty."),
        ("From,To\n", "holds no rows"),
        ("To\n/b/\n", "The file needs a column “From”"),
        ("From,old_path\n/a/,/a/\n", "The columns “From” and “old_path” mean the same."),
        ("From,From\n/a/,/a/\n", "There are two columns called “From”."),
        ("From,\n/a/,/b/\n", "Row 2 has 2 cells, but there are 1 columns."),
        ("From,To\n/a/,/b/,/c/\n", "Row 2 has 3 cells, but there are 2 columns."),
        ('From,To\n/a/,"/b/\n', "its quotation marks do not match"),
        ("[1, 2]", "Entry 1 of the list is no object"),
        ('{"rows": 3}', "must hold a list of objects"),
        ("[{", "not valid JSON"),
        (b"PK\x03\x04 no archive", "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "workbook of an old Excel"),
        (b"From,To\n/a/,\x81\x8d\n", "cannot be told how the letters"),
        (b"x" * 5_000_001, "larger than 5 MB"),
        ("From\n" + "/a/\n" * 20_001, "more than 20,000 rows"),
    ],
)
async def test_a_file_that_is_no_table_is_refused_with_a_sentence(browser, session, content, sentence):
    answer = await upload(browser, "redirects", content)

    assert answer.status_code == 422
    assert sentence in text_of(answer.text)
    assert await session.scalar(select(func.count()).select_from(UploadedTable)) == 0


async def test_without_a_file_nothing_is_tried(browser):
    answer = await browser.post("/admin/redirects/import", {})

    assert answer.status_code == 422
    assert "Choose a file." in text_of(answer.text)


async def test_more_rows_than_one_import_writes_are_refused(browser, monkeypatch):
    monkeypatch.setattr("admin.import_trials.MOST_WRITTEN", 2)

    answer = await upload(browser, "redirects", "From\n/a/\n/b/\n/c/\n")

    assert answer.status_code == 422
    assert "more than 2 rows" in text_of(answer.text)


async def test_an_empty_cell_empties_and_a_missing_column_leaves(browser, session):
    page = await make_page(session, path="about", title="About", keywords="old", description="Kept", is_published=False)

    await import_(browser, "pages", "Path,Title,Keywords\nabout,About us,\n")

    await session.refresh(page)
    assert (page.title, page.keywords, page.description) == ("About us", "", "Kept")


async def test_what_changes_in_something_live_is_kept_as_a_draft(browser, session):
    page = await make_page(session, path="about", title="About")

    answer = await import_(browser, "pages", "Path,Title\n/about/,About us\n")

    assert answer.status_code == 303
    await session.refresh(page)
    assert (page.title, page.has_draft) == ("About", True)
    assert (await as_drafted(session, page)).title == "About us"


async def test_what_is_new_is_a_draft(browser, session):
    await import_(browser, "pages", "Path,Title,Content\nnew,New,Some text\n")

    page = (await session.scalars(select(Page))).one()
    assert (page.path, page.is_published, page.content_html.strip()) == ("new", False, "<p>Some text</p>")


async def test_choices_are_known_by_their_label_or_their_value(browser, session):
    await import_(browser, "boxes", "Label,Written in,Content\none,html,<p>1</p>\ntwo,reStructuredText,*2*\n")

    kinds = dict((await session.execute(select(Box.label, Box.content_kind))).all())
    assert {label: kind.value for label, kind in kinds.items()} == {"one": "html", "two": "restructuredtext"}


async def test_a_choice_that_is_not_offered_is_refused_with_those_that_are(browser):
    _, page = await plan_of(browser, "boxes", "Label,Written in\none,Word\n")

    assert rows_of(page)[2][0] == "refused"
    assert "Written in: Write one of these: “Markdown”" in rows_of(page)[2][1]


async def test_a_field_that_must_be_filled_is_asked_for(browser):
    _, page = await plan_of(browser, "pages", "Path,Keywords\nnew,word\n")

    assert rows_of(page)[2] == ("refused", "Title: This field is required.")


async def test_a_row_can_be_renamed_by_its_number(browser, session):
    redirect = await make_redirect(session, "/wrong/", "/there/")

    await import_(browser, "redirects", f"Id,From,To\n{redirect.id},/right/,/there/\n")

    assert await targets(session) == {"/right/": "/there/"}


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("{other}", "Id: This number belongs to “/other/”."),
        ("999999999", "Id: There is no redirect with this number."),
        ("abc", "Id: Write a number, or leave the cell empty."),
    ],
)
async def test_a_number_that_means_another_row_is_refused(browser, session, number, sentence):
    await make_redirect(session, "/this/", "/x/")
    other = await make_redirect(session, "/other/", "/x/")

    _, page = await plan_of(browser, "redirects", f"Id,From,To\n{number.format(other=other.id)},/this/,/y/\n")

    assert rows_of(page)[2][0] == "refused"
    assert sentence in rows_of(page)[2][1]


async def test_what_somebody_else_changed_meanwhile_is_refused_with_row_and_column(browser, session):
    redirect = await make_redirect(session, "/a/", "/before/")
    address, _ = await plan_of(browser, "redirects", "From,To\n/new/,/x/\n/a/,/after/\n")

    redirect.new_path = "/meanwhile/"
    await session.commit()
    answer = await browser.post(address, {"press": "import"})

    assert answer.status_code == 409
    assert rows_of(answer.text)[3] == ("refused", "To: Somebody else changed this meanwhile; it is “/meanwhile/” now.")
    assert await targets(session) == {"/a/": "/meanwhile/"}


@pytest.mark.parametrize("is_deleted", [True, False])
async def test_what_somebody_else_made_or_deleted_meanwhile_is_refused(browser, session, is_deleted):
    redirect = await make_redirect(session, "/a/", "/before/") if is_deleted else None
    address, _ = await plan_of(browser, "redirects", "From,To\n/a/,/after/\n")

    if redirect is not None:
        await session.delete(redirect)
    else:
        session.add(Redirect(old_path="/a/", new_path="/other/"))
    await session.commit()
    answer = await browser.post(address, {"press": "import"})

    assert answer.status_code == 409
    assert rows_of(answer.text)[2][0] == "refused"
    assert await targets(session) == ({} if is_deleted else {"/a/": "/other/"})


async def test_what_changed_meanwhile_beside_the_file_is_no_obstacle(browser, session):
    page = await make_page(session, path="about", title="About", is_published=False)
    address, _ = await plan_of(browser, "pages", "Path,Title\nabout,About us\n")

    page.keywords = "meanwhile"
    await session.commit()
    answer = await browser.post(address, {"press": "import"})

    assert answer.status_code == 303
    await session.refresh(page)
    assert (page.title, page.keywords) == ("About us", "meanwhile")


async def test_an_import_is_written_once(browser, session):
    address, _ = await plan_of(browser, "redirects", "From,To\n/a/,/b/\n")

    await browser.post(address, {"press": "import"})

    assert (await browser.post(address, {"press": "import"})).status_code == 404


async def test_a_file_is_shown_to_nobody_but_the_person_who_uploaded_it(browser, client, session):
    address, _ = await plan_of(browser, "redirects", "From,To\n/a/,/b/\n")

    other = await Browser(client).sign_in(session, await make_user(session, is_superuser=True, is_staff=True))

    assert (await other.get(address)).status_code == 404
    assert (await other.post(address, {"press": "import"})).status_code == 404
    assert await targets(session) == {}


async def test_a_file_is_not_found_under_another_table(browser):
    address, _ = await plan_of(browser, "redirects", "From,To\n/a/,/b/\n")

    assert (await browser.get(address.replace("redirects", "pages"))).status_code == 404


async def test_a_file_is_kept_for_a_day(browser, session):
    address, _ = await plan_of(browser, "redirects", "From,To\n/a/,/b/\n")
    kept = (await session.scalars(select(UploadedTable))).one()

    kept.uploaded_at -= KEPT
    await session.commit()

    assert (await browser.get(address)).status_code == 404


async def test_a_second_file_takes_the_place_of_the_first(browser, session):
    await plan_of(browser, "redirects", "From,To\n/a/,/b/\n", "first.csv")
    await plan_of(browser, "redirects", "From,To\n/a/,/c/\n", "second.csv")

    assert (await session.scalars(select(UploadedTable.filename))).all() == ["second.csv"]


@pytest.mark.parametrize("identity", ["users", "operating-systems", "roles", "releases"])
async def test_tables_that_are_filled_by_hand_alone_take_no_file(browser, identity):
    assert (await browser.get(f"/admin/{identity}/import")).status_code == 404


async def test_who_may_only_read_imports_nothing(client, session):
    reader = await make_user(session, permissions=(Permission.REDIRECTS_VIEW,))
    browser = await Browser(client).sign_in(session, reader)

    assert (await browser.get("/admin/redirects/import")).status_code == 403
    assert (await upload(browser, "redirects", "From,To\n/a/,/b/\n")).status_code == 403


async def test_rows_outside_of_the_persons_reach_are_refused(client, session):
    permissions = (Permission.PAGES_VIEW, Permission.PAGES_EDIT)
    person = await make_user(session, permissions=permissions, scope_kind="path", scope_values=("community",))
    await make_page(session, path="community/sprints", title="Before", is_published=False)
    await make_page(session, path="about", title="Before", is_published=False)
    browser = await Browser(client).sign_in(session, person)

    _, page = await plan_of(
        browser, "pages", "Path,Title\ncommunity/sprints,After\nabout,After\ncommunity/new,New\nabout/new,New\n"
    )

    assert {number: fate for number, (fate, _) in rows_of(page).items()} == {
        2: "changed", 3: "refused", 4: "new", 5: "refused",
    }  # fmt: skip
    assert "You may read “Before”, but not change it." in rows_of(page)[3][1]


async def test_a_field_without_its_permission_is_not_read(client, session, monkeypatch):
    from admin.views.pages import PageAdmin

    monkeypatch.setattr(PageAdmin, "field_permissions", {"keywords": Permission.PAGES_PUBLISH})
    person = await make_user(session, permissions=(Permission.PAGES_VIEW, Permission.PAGES_EDIT))
    page = await make_page(session, path="about", title="Before", keywords="kept", is_published=False)
    browser = await Browser(client).sign_in(session, person)

    await import_(browser, "pages", "Path,Title,Keywords\nabout,After,changed\n")

    await session.refresh(page)
    assert (page.title, page.keywords) == ("After", "kept")


async def test_a_formula_of_ours_is_text_again(browser, session):
    await make_box(session, label="formula", content="=1+1", is_published=False)

    exported = await browser.get("/admin/boxes/export/csv?columns=label")
    await import_(browser, "boxes", "Label,Content\nformula,'=2+2\n")

    assert exported.status_code == 200
    assert (await session.scalars(select(Box.content))).one() == "=2+2"


async def test_a_workbook_that_somebody_changed_is_read_as_it_is_seen(browser, session):
    await make_redirect(session, "/a/", "/before/")
    book = load_workbook(io.BytesIO((await browser.get("/admin/redirects/export/xlsx")).content))

    book.active["B2"] = "/after/"
    book.active.append(["/2026/", "/x/"])
    changed = io.BytesIO()
    book.save(changed)
    answer = await import_(browser, "redirects", changed.getvalue(), "redirects.xlsx")

    assert answer.status_code == 303
    assert await targets(session) == {"/a/": "/after/", "/2026/": "/x/"}


async def test_redirects_go_out_are_changed_and_come_back(browser, session):
    for number in range(4):
        await make_redirect(session, f"/old/{number}/", f"/new/{number}/")
    rows = list(csv.reader(io.StringIO((await browser.get("/admin/redirects/export/csv")).content.decode("utf-8-sig"))))

    rows[2][1] = ""
    rows.append(["/old/4/", "https://docs.python.org/3/", ""])
    written = io.StringIO()
    csv.writer(written, delimiter=";").writerows(rows)
    answer = await import_(browser, "redirects", written.getvalue().encode("utf-16"))

    assert answer.status_code == 303
    assert await targets(session) == {
        "/old/0/": "/new/0/",
        "/old/1/": "",
        "/old/2/": "/new/2/",
        "/old/3/": "/new/3/",
        "/old/4/": "https://docs.python.org/3/",
    }


async def test_the_whole_of_a_page_goes_out_as_json_and_comes_back(browser, session):
    page = await make_page(session, path="about", title="About", content="= A\n\nText", is_published=False)
    document = json.loads((await browser.get("/admin/pages/export/json")).text)

    document["rows"][0]["content"] = "= B\n\nText"
    await import_(browser, "pages", json.dumps(document), "pages.json")

    await session.refresh(page)
    assert page.content == "= B\n\nText"


async def test_guessed_letters_are_told(browser, session):
    _, page = await plan_of(browser, "boxes", "Label,Content\none,Grüße\n".encode("cp1252"))

    assert "It was read as Windows-1252" in text_of(page)
    assert "Grüße" in text_of(page)


async def test_many_rows_are_shown_in_pages_the_refused_first(browser, monkeypatch):
    monkeypatch.setattr("admin.importing.SHOWN_AT_ONCE", 2)
    address, page = await plan_of(browser, "redirects", "From,To\n/a/,/x/\n/b/,/x/\nbad,/x/\n")

    assert list(rows_of(page)) == [4, 2]
    assert list(rows_of((await browser.get(address, page=2)).text)) == [3]
    assert list(rows_of((await browser.get(address, show="new")).text)) == [2, 3]


@pytest.mark.parametrize("query", ["page=abc", "page=-1", "page=99999999999", "show=nonsense", "page=²"])
async def test_nonsense_in_the_address_of_a_plan_falls_back_to_the_usual(browser, query):
    address, _ = await plan_of(browser, "redirects", "From,To\n/a/,/x/\n")

    assert (await browser.get(f"{address}?{query}")).status_code == 200


async def test_markup_in_a_file_is_shown_as_text(browser):
    _, page = await plan_of(browser, "redirects", "From,To,<script>alert(1)</script>\n<script>alert(2)</script>,/x/,\n")

    assert "<script>alert(" not in page


async def test_a_blank_workbook_is_refused(browser):
    book = io.BytesIO()
    Workbook().save(book)

    answer = await upload(browser, "redirects", book.getvalue(), "blank.xlsx")

    assert answer.status_code == 422
    assert "The file is empty." in text_of(answer.text)


AWKWARD = [
    "=1+1", "+1", "-1", "@a", "'=1", "''", "'", "\ttab", "\n\nlines\n", "\r\nold\r\n", " spaces ", '"quoted", ""',
    "a;b", "007", "1e5", "3.10", "TRUE", "yes", "None", "#N/A", "_x0041_", "_x005F_x0041_", "\u2028", "日本 🐍",
    "\uff1d1", "", "2026-11-21", "[x](y)", "{}", "\x7f", "\ufeff", "x" * 2000,
]  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
async def test_what_comes_back_as_it_went_out_changes_nothing(browser, session, kind):
    for number, text in enumerate(AWKWARD):
        await make_page(session, path=f"awkward/{number}", title=text[:500] or " ", keywords=text[:900], content=text)
    columns = "title,path,content,content_kind,description,keywords,template_name"

    exported = await browser.get(f"/admin/pages/export/{kind}?columns={columns}")
    _, page = await plan_of(browser, "pages", exported.content, f"pages.{kind}")

    assert rows_of(page) == {}
    assert f"{len(AWKWARD)} as they are" in text_of(page)


@settings(deadline=None)
@given(
    some.one_of(
        some.text(max_size=60), some.datetimes(timezones=some.just(UTC)), some.booleans(), some.none(), some.integers(),
        some.sampled_from(MarkupKind), some.lists(some.text(max_size=9), max_size=3),
    )
)  # fmt: skip
def test_every_value_is_known_by_what_an_export_makes_of_it(value):
    view = BoxAdmin()

    assert is_as_exported(view, "content", value, text_of_cell(view, "content", value))
    assert is_as_exported(view, "content", value, as_text(json.loads(json.dumps(as_json(value)))))
