"""The comparison with other systems promises nothing that no test proves."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "comparison.md").read_text())


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_what_is_said_to_be_proved_has_its_test(file, name):
    tree = ast.parse((ROOT / file).read_text())

    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_yes_names_its_test():
    rows = [
        line.split("|") for line in (ROOT / "docs" / "comparison.md").read_text().splitlines() if line.count("|") == 6
    ]

    unproved = [cells[1].strip() for cells in rows if cells[4].strip() == "yes" and "::" not in cells[5]]

    assert unproved == []
    assert len(NAMED) > 50
