"""What a modern resource is: its fields, whose rows they are, and the verbs of the domain that write them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model
from pydantic import Field as Constraint
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, defer, joinedload

from cms.core import publishing
from cms.core.permissions import Actor, Permission
from public_site.api.v2.fields import Field, Role

Verb = Callable[..., Awaitable[None]]
"""A verb of the domain: `verb(session, row, by=actor)`."""


class Sent(BaseModel):
    """What is sent to a resource: its own members and no others, each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A verb that is decided on one row by POST."""

    perform: Verb
    permission: Permission
    description: str


def publishing_decisions(model: type[Any]) -> dict[str, Decision]:
    """Return the decisions of everything that is either a draft or live."""
    return {
        "publish": Decision(
            perform=publishing.publisher_of(model),
            permission=model.publish_permission,
            description="It is public at once, with the changes that wait for it.",
        ),
        "unpublish": Decision(
            perform=publishing.unpublish,
            permission=model.publish_permission,
            description="The public no longer sees it; it stays as a draft.",
        ),
    }


@dataclass(frozen=True, kw_only=True)
class Writing:
    """How rows are written: by the verbs of their domain, for which one holds its permissions."""

    save: Verb
    remove: Verb
    edit: Permission
    delete: Permission
    decisions: Mapping[str, Decision] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Parent:
    """The resource that rows belong to, and the column that says to which row of it."""

    resource: "Resource"
    column: InstrumentedAttribute[Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """Rows of one table under one address; declared in a module for each domain, served by `routes.py`."""

    path: str
    """Below /api/v2, such as "releases"; of what has a parent, below a row of that."""

    one: str
    """What a row is called, such as “release”."""

    model: type[Any]
    key: str
    """The field that tells rows apart in addresses."""

    fields: tuple[Field, ...]
    seen_by: Callable[[Actor | None], Select[Any]]
    """The rows that somebody may see; None stands for a guest."""

    order: tuple[str, ...] = ("id",)
    """The order of a list that asks for none."""

    has_cursor: bool = False
    """Whether lists are so long that they are read on from where one was, instead of page by page."""

    parent: Parent | None = None
    writing: Writing | None = None

    @property
    def name(self) -> str:
        """What the document calls a row's schema."""
        return "".join(word.capitalize() for word in self.one.split())

    @property
    def address(self) -> str:
        """The address of the list, with names of what varies in braces."""
        if self.parent is None:
            return f"/{self.path}"
        over = self.parent.resource
        return f"{over.address}/{{{over.parameter}}}/{self.path}"

    @property
    def parameter(self) -> str:
        """What the address calls the key of a row."""
        return f"{self.one.replace(' ', '_')}_{self.key}"

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {found.name: found for found in self.fields}

    @cached_property
    def written(self) -> tuple[Field, ...]:
        return tuple(found for found in self.fields if found.has(Role.WRITTEN))

    @cached_property
    def whole(self) -> type[Sent]:
        """What creates a row or replaces one: the required members, and any of the others."""
        return self._sent(self.name, lambda found: found.has(Role.REQUIRED))

    @cached_property
    def changes(self) -> type[Sent]:
        """What changes a row: any of its members."""
        return self._sent(f"{self.name}Changes", lambda _: False)

    def loading(self, rows: Select[Any], names: tuple[str, ...] | None = None) -> Select[Any]:
        """Return the same rows with what their fields are read from; with `names`, without other long columns."""
        options: list[Any] = []
        for found in self.fields:
            if found.reference is not None:
                options.append(joinedload(found.reference.relation))
            if found.has(Role.LONG) and found.column is not None and names is not None and found.name not in names:
                options.append(defer(found.column, raiseload=True))
        return rows.options(*options)

    def shown(self, row: Any, names: tuple[str, ...] | None = None) -> dict[str, Any]:
        """Return a row as its JSON, or these members of it."""
        return {found.name: found.read(row) for found in self.fields if names is None or found.name in names}

    def _sent(self, name: str, is_required: Callable[[Field], bool]) -> type[Sent]:
        members: dict[str, Any] = {}
        for found in self.written:
            given: dict[str, Any] = {"description": found.description, "examples": [found.example]}
            # Whoever reads the model asks which members were given, so that this stands for "not given".
            rest: dict[str, Any] = {} if is_required(found) else {"default_factory": lambda: None}
            members[found.name] = (found.kept_type, Constraint(**given, **rest))
        return create_model(name, __base__=Sent, **members)
