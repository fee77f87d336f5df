"""What the site's templates are made of, read off their source: which others they use, and what they call by name."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, meta, nodes

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
NOT_OF_THE_SITE = frozenset({"admin", "mail"})
"""Folders of templates that no page of the site is made of."""

_reader = Environment(autoescape=True)


def public_templates() -> list[str]:
    """Return the names of all templates of the site, in order."""
    paths = (path.relative_to(TEMPLATES) for path in TEMPLATES.rglob("*.html"))
    return sorted(path.as_posix() for path in paths if path.parts[0] not in NOT_OF_THE_SITE)


@cache
def used_by(template: str) -> frozenset[str]:
    """Return the names of the templates that a page from `template` is made of, its own included."""
    found: set[str] = set()
    waiting = [template]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [used for used in meta.find_referenced_templates(_tree_of(name)) if used]
    return frozenset(found)


@cache
def named_in(template: str, function: str) -> frozenset[str]:
    """Return the texts with which this one template calls `function`, such as “jobs” of `box("jobs")`."""
    calls = _tree_of(template).find_all(nodes.Call)
    return frozenset(
        call.args[0].value
        for call in calls
        if isinstance(call.node, nodes.Name) and call.node.name == function and isinstance(call.args[0], nodes.Const)
    )


@cache
def _tree_of(template: str) -> nodes.Template:
    return _reader.parse((TEMPLATES / template).read_text(encoding="utf-8"))
