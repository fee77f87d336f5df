"""Tables in and out: whatever goes out comes back, whatever cannot be read is refused with a sentence."""

import csv
import io
import json
import random
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from openpyxl import Workbook, load_workbook

from cms.core.errors import Invalid
from cms.core.tabular import reading, workbooks
from cms.core.tabular.cells import CUT_HERE, FORMULA_STARTS, LONGEST_CELL, harmless, tidied, unguarded
from cms.core.tabular.reading import Table, read
from cms.core.tabular.workbooks import WorkbookBeingWritten
from cms.core.tabular.writing import BYTE_ORDER_MARK, JSON_TAIL, csv_lines, json_head, json_rows

TEXTS = some.text(
    some.one_of(some.characters(codec="utf-8"), some.sampled_from("'=+-@\t\r\n\"_x0041_005F,; ")), max_size=40
).map(tidied)
CELLS = some.lists(some.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=8).filter(
    lambda rows: all(any(cell.strip() for cell in row) for row in rows)
)
COLUMNS = ["one", "two", "three"]


def cells_of(table: Table) -> list[list[str]]:
    return [list(row.cells.values()) for row in table.rows]


def workbook_of(rows, *, columns=COLUMNS) -> bytes:
    with WorkbookBeingWritten(title="A [title]: too long for a sheet / of a workbook", columns=columns) as workbook:
        workbook.add(rows)
        with workbook.saved() as file:
            return file.read()


def repacked(content: bytes, part: str, written: bytes) -> bytes:
    """Return the workbook with one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in archive.namelist():
            target.writestr(name, written if name == part else archive.read(name))
    return out.getvalue()


def sentence_about(content: bytes) -> str:
    """Return what a person is told of the file; whatever else is raised fails the test."""
    try:
        return f"It has {len(read(content).rows)} rows."
    except Invalid as refusal:
        return refusal.message


@given(CELLS)
def test_every_text_that_goes_out_as_csv_comes_back(rows):
    written = BYTE_ORDER_MARK + csv_lines([COLUMNS]) + csv_lines(rows)

    assert cells_of(read(written.encode())) == rows


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CELLS)
def test_every_text_that_goes_out_as_a_workbook_comes_back(rows):
    assert cells_of(read(workbook_of(rows))) == rows


@given(CELLS)
def test_every_text_that_goes_out_as_json_comes_back(rows):
    objects = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    written = json_head({"table": "things"}) + json_rows(objects, are_first=True) + JSON_TAIL

    assert cells_of(read(written.encode())) == rows


@given(some.text())
def test_no_guarded_text_begins_like_a_formula_and_every_guard_comes_off(text):
    guarded = harmless(text)

    assert not guarded.startswith(tuple(FORMULA_STARTS))
    assert unguarded(guarded) == text


def test_json_is_written_in_pieces():
    head, first, second = json_head({"a": 1}), [{"n": 1}], [{"n": 2}, {"n": 3}]

    written = head + json_rows(first, are_first=True) + json_rows(second, are_first=False) + JSON_TAIL

    assert json.loads(written) == {"a": 1, "rows": [{"n": 1}, {"n": 2}, {"n": 3}]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_letters_and_delimiters_are_recognised(encoding, delimiter):
    text = f'name{delimiter}text\r\n"Zoë; née, Ω\t"{delimiter}"two\r\nlines"\r\n'
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}

    table = read(marks.get(encoding, b"") + text.encode(encoding))

    assert cells_of(table) == [["Zoë; née, Ω\t", "two\nlines"]]
    assert table.notes == []


def test_letters_that_are_guessed_are_told():
    table = read("name\nGrüße: 5 €\n".encode("cp1252"))

    assert cells_of(table) == [["Grüße: 5 €"]]
    assert table.notes == [reading.GUESSED]


def test_rows_have_the_numbers_that_a_spreadsheet_shows():
    table = read(b'a,b\n1,"x\ny"\n\n,\n2,z\n')

    assert [(row.number, row.cells["a"]) for row in table.rows] == [(2, "1"), (5, "2")]


def test_a_short_row_ends_in_empty_cells():
    assert cells_of(read(b"a,b,c\n1\n")) == [["1", "", ""]]


def test_a_key_that_an_object_does_not_have_says_nothing():
    table = read(b'[{"a": 1, "b": null}, {"a": true}]')

    assert [row.cells for row in table.rows] == [{"a": "1", "b": ""}, {"a": "yes"}]


def test_values_of_a_workbook_are_read_as_a_person_would_type_them():
    from datetime import date, datetime

    book = Workbook()
    book.active.append(["a", "b", "c", "d", "e", "f"])
    book.active.append([3.0, 3.5, True, datetime.fromisoformat("2026-11-21 14:30"), None, date(2026, 11, 21)])
    content = io.BytesIO()
    book.save(content)

    assert cells_of(read(content.getvalue())) == [["3", "3.5", "yes", "2026-11-21 14:30:00", "", "2026-11-21 00:00:00"]]


def test_a_cell_that_a_spreadsheet_cannot_hold_is_cut_with_a_mark_and_never_taken_back():
    content = workbook_of([["x" * (LONGEST_CELL + 1), "", "y"]])

    assert load_workbook(io.BytesIO(content)).active["A2"].value.endswith(CUT_HERE)
    with pytest.raises(Invalid, match=r"Row 2: “one” was cut"):
        read(content)


def test_a_workbook_left_unfinished_leaves_no_files_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with WorkbookBeingWritten(title="x", columns=["a"]) as workbook:
        workbook.add([["1"]])

    assert list(tmp_path.iterdir()) == []


def test_a_bomb_is_refused_before_it_unpacks():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (workbooks.LARGEST_UNPACKED + 1))

    with pytest.raises(Invalid, match="unpacks to more"):
        read(out.getvalue())


def test_millions_of_tiny_elements_are_refused(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_TAGS", 50)

    with pytest.raises(Invalid, match="more cells"):
        read(workbook_of([["a", "b", "c"]] * 20))


def test_an_archive_of_too_many_parts_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(workbooks.MOST_PARTS + 1):
            archive.writestr(f"{number}.xml", b"")

    with pytest.raises(Invalid, match="unpacks to more"):
        read(out.getvalue())


@pytest.mark.parametrize("row", ["99999999999999", "1048577", "1048576"])
def test_a_row_that_claims_to_lie_far_below_is_not_waited_for(row):
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    sheet += b'<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    sheet += b'<row r="2"><c r="A2" t="inlineStr"><is><t>b</t></is></c></row>'
    sheet += f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>c</t></is></c></row>'.encode()
    sheet += b"</sheetData></worksheet>"

    try:
        found = cells_of(read(repacked(workbook_of([["x", "y", "z"]]), "xl/worksheets/sheet1.xml", sheet)))
    except Invalid:
        found = [["b"]]

    assert found[0] == ["b"]


@pytest.mark.parametrize(
    "entities",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>',
        b'<!DOCTYPE x [<!ENTITY c SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_entities_of_a_workbook_lead_nowhere(entities):
    sheet = b'<?xml version="1.0"?>' + entities
    sheet += b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    sheet += b'<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    sheet += b'<row r="2"><c r="A2" t="inlineStr"><is><t>&c;</t></is></c></row></sheetData></worksheet>'

    try:
        told = str(cells_of(read(repacked(workbook_of([["x", "y", "z"]]), "xl/worksheets/sheet1.xml", sheet))))
    except Invalid as refusal:
        told = refusal.message

    assert "root:" not in told
    assert len(told) < 1000


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_broken_workbooks_are_refused_and_never_fail():
    whole = workbook_of([["a", "b", "c"]] * 5)
    chance = random.Random(7)

    for _ in range(300):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(4, len(broken))] = chance.randrange(256)
        del broken[chance.choice([len(broken), chance.randrange(5, len(broken))]) :]
        assert sentence_about(bytes(broken)).endswith(".")


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_workbooks_with_broken_parts_are_refused_and_never_fail():
    whole = workbook_of([["a", "b", "c"]] * 5)
    chance = random.Random(11)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}

    for _ in range(300):
        name = chance.choice(sorted(parts))
        broken = bytearray(parts[name])
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.choice(b'<>/="0129azAZ &;-')
        assert sentence_about(repacked(whole, name, bytes(broken))).endswith(".")


@given(some.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_refusal(content):
    assert sentence_about(content).endswith(".")


def test_a_long_text_fits_into_a_cell_of_csv():
    written = io.StringIO()
    csv.writer(written).writerows([["a"], ["x" * 400_000]])

    assert len(cells_of(read(written.getvalue().encode()))[0][0]) == 400_000
