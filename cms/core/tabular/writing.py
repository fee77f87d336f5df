"""Tables for people who go on working elsewhere, as CSV and JSON: lines that are written while the rows are read."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cms.core.tabular.cells import harmless


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """Return rows of texts as lines of CSV, in which nothing is a formula to a spreadsheet."""
    written = io.StringIO()
    csv.writer(written).writerows([harmless(text) for text in row] for row in rows)
    return written.getvalue()


def json_head(facts: Mapping[str, Any]) -> str:
    """Return the beginning of a JSON document, up to the list of its rows."""
    return json.dumps(facts, ensure_ascii=False, indent=2).removesuffix("\n}") + ',\n  "rows": ['


def json_rows(rows: Iterable[Mapping[str, Any]], *, are_first: bool) -> str:
    """Return rows as they stand within the list."""
    written = ",".join(f"\n    {json.dumps(row, ensure_ascii=False)}" for row in rows)
    return written if are_first or not written else f",{written}"


BYTE_ORDER_MARK = "\ufeff"
JSON_TAIL = "\n  ]\n}\n"
