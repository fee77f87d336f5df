"""The rules of the house that a program can check, so that people need not remember them."""

import ast
import re
import string
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint

from cms.core import publishing, search
from cms.core.database import Base
from cms.core.publishing import Publishable
from cms.core.tasks import TASKS

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("cms", "admin", "public_site")
GIVEN_FOLDERS = {"cms", "admin", "public_site", "migrations", "templates", "tests", "fixtures", "docs"}
LONGEST_FILE = 400
CATCHES_EVERYTHING = {
    "admin/errors.py",
    "cms/core/running.py",
    "cms/core/search.py",
    "public_site/middleware/limits.py",
}
"""The last in line: a task may fail with anything, and whatever fails a request has to be answered."""

SAID_TWICE = re.compile(
    r'<(?:table|thead|tbody|tr|th|td)\b[^>]*\srole="|<input\b[^>]*type="(?:radio|checkbox)"[^>]*\sautocomplete='
)
"""What the validator of the W3C holds against a page: roles that elements have by themselves, and the like."""

MODULES = [path.relative_to(ROOT) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
WRITTEN = [module for module in MODULES if module.name != "__init__.py"]
MAPPERS = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
MODELS = [mapper.class_ for mapper in MAPPERS]
TABLES = sorted(Base.metadata.tables.values(), key=lambda table: table.name)


@cache
def tree_of(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text())


def calls(module: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree_of(module)) if isinstance(node, ast.Call))


def test_the_top_level_folders_are_the_given_ones():
    listed = subprocess.run(
        ["git", "ls-tree", "-d", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert {name for name in listed.stdout.split() if not name.startswith(".")} <= GIVEN_FOLDERS


@pytest.mark.parametrize("mapper", MAPPERS, ids=lambda mapper: mapper.class_.__name__)
def test_relations_load_only_what_a_query_promises(mapper):
    assert [relation.key for relation in mapper.relationships if relation.lazy != "raise"] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_placeholders_of_purge_keys_are_columns(model):
    columns = {attribute.key for attribute in model.__mapper__.column_attrs} | {"table"}
    placeholders = {field for key in model.invalidates for _, field, _, _ in string.Formatter().parse(key) if field}

    assert placeholders <= columns


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_markup_field_has_its_three_columns(model):
    columns = {attribute.key for attribute in model.__mapper__.column_attrs}

    assert {f"{name}{suffix}" for name in model.markup_fields for suffix in ("", "_kind", "_html")} <= columns


@pytest.mark.parametrize("model", [model for model in MODELS if issubclass(model, Publishable)])
def test_what_is_published_names_how_its_domain_writes_it(model):
    assert publishing.saver_of(model)


def test_every_search_index_has_a_builder_and_every_builder_an_index():
    assert {model.search_index for model in MODELS if model.search_index} == set(search.indexes())


@pytest.mark.parametrize("model", [model for model in MODELS if issubclass(model, Publishable)])
def test_what_is_published_names_the_permission_and_the_place_where_it_is_seen(model):
    assert model.publish_permission.verb == "publish"
    assert isinstance(model.public_path, property)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_foreign_key_has_an_index(table: Table):
    kept_unique = (PrimaryKeyConstraint, UniqueConstraint)
    keys = [*table.indexes, *(found for found in table.constraints if isinstance(found, kept_unique))]
    indexed = {next(iter(key.columns)).name for key in keys if len(key.columns)}

    assert {key.parent.name for key in table.foreign_keys} <= indexed


@pytest.mark.parametrize("module", WRITTEN, ids=str)
def test_a_module_starts_with_what_is_in_here_and_why(module):
    first = (ast.get_docstring(tree_of(module)) or "").split("\n\n")[0]

    assert first.endswith("."), "The first paragraph of a module is a sentence."


def test_packages_hide_nothing_in_their_init():
    assert [module for module in MODULES if module.name == "__init__.py" and (ROOT / module).read_text().strip()] == []


@pytest.mark.parametrize("module", WRITTEN, ids=str)
def test_a_reader_knows_their_room_in_a_module(module):
    assert len((ROOT / module).read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("module", WRITTEN, ids=str)
def test_only_the_clock_knows_the_time(module):
    if module == Path("cms/core/clock.py"):
        return
    asked = [
        ast.unparse(call.func)
        for call in calls(module)
        if ast.unparse(call.func) in {"datetime.now", "datetime.utcnow", "date.today", "datetime.today"}
    ]

    assert asked == []


@pytest.mark.parametrize("module", [m for m in WRITTEN if str(m) not in CATCHES_EVERYTHING], ids=str)
def test_nobody_catches_what_they_cannot_answer(module):
    caught = [
        ast.unparse(node.type) if node.type else "everything"
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ExceptHandler)
    ]

    assert not {"everything", "Exception", "BaseException"} & set(caught)


@pytest.mark.parametrize("module", WRITTEN, ids=str)
def test_every_task_that_is_enqueued_exists(module):
    named = {
        call.args[position].value
        for call in calls(module)
        for name, position in (("outbox.enqueue", 1), ("outbox.enqueue_in", 2))
        if ast.unparse(call.func) == name and isinstance(call.args[position], ast.Constant)
    }

    assert named <= set(TASKS)


def test_migrations_never_import_the_program():
    importing = [
        path.name for path in (ROOT / "migrations" / "versions").glob("*.py") if "cms" in _imported(path.read_text())
    ]

    assert importing == []


def _imported(source: str) -> set[str]:
    nodes = ast.walk(ast.parse(source))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    nodes = ast.walk(ast.parse(source))
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_no_template_gives_elements_what_the_html_standard_denies_them():
    templates = sorted((ROOT / "templates").rglob("*.html"))

    assert [str(template) for template in templates if SAID_TWICE.search(template.read_text())] == []
