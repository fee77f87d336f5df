"""Rows of a second table inside a form: added, removed and ordered there, and saved with their parent or not at all."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from wtforms import BooleanField, Form, HiddenField
from wtforms.fields import FieldList, FormField

from admin import forms
from cms.core.errors import Invalid
from cms.core.permissions import Permission
from cms.users.models import User


@dataclass(frozen=True, slots=True)
class InlineWork:
    """What the domain needs to write children: their parent, each child that stays with its form, and who asks."""

    request: Request
    parent: Any
    kept: Sequence[tuple[Any, Form]]
    by: User

    @property
    def children(self) -> list[Any]:
        return [child for child, _ in self.kept]


class InlineForm(Form):
    """What every inline row carries besides its fields."""

    row_id = HiddenField()
    is_removed = BooleanField("Remove")


@dataclass(frozen=True, kw_only=True)
class Inline:
    """Declares which children a form shows, and with which of their columns."""

    relation: str
    label: str
    row_label: str
    columns: Sequence[str]
    folded_columns: Sequence[str] = ()
    ordered_by: str | None = None
    take_in: Callable[[Request, Form, User], Awaitable[None]] | None = None
    """What is done with uploaded files before anything else is written, in a transaction of its own."""

    keep: Callable[[AsyncSession, "InlineWork"], Awaitable[None]] | None = None
    """The domain's way to write the children; without one they are written as they are."""

    labels: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    extra_fields: Mapping[str, Any] = field(default_factory=dict)
    shown_in: Mapping[str, str] = field(default_factory=dict)
    """Extra field → the column whose value is shown beside it."""

    permission: Permission | None = None
    can_add: bool = True
    can_remove: bool = True

    @property
    def names(self) -> list[str]:
        return [*self.columns, *self.folded_columns]

    @property
    def column_names(self) -> list[str]:
        return [name for name in self.names if name not in self.extra_fields]

    async def field(self, parent: type[Any], *, session_maker: Any) -> Any:
        """Make the field that holds all rows."""
        form = await forms.form_of(
            inspect(parent).relationships[self.relation].mapper.class_,
            names=self.column_names,
            session_maker=session_maker,
            labels={
                name: self.labels.get(name, name.removesuffix("_id").replace("_", " ").capitalize())
                for name in self.names
            },
            arguments=self.arguments,
            overrides=self.overrides,
            base=InlineForm,
        )
        for name, extra in self.extra_fields.items():
            setattr(form, name, extra)
        return FieldList(FormField(form), label=self.label)

    def values_of(self, row: Any) -> list[dict[str, Any]]:
        """Return what the form shows of the children of `row`."""
        return [
            {
                "row_id": key,
                **forms.values_of(child, self.column_names),
                **{name: getattr(child, column) for name, column in self.shown_in.items()},
            }
            for key, child in self.keyed(row).items()
        ]

    def blank(self, form: Form) -> Any:
        """Return an empty row of `form`, whose names hold a mark in place of the number."""
        rows: Any = form[self.relation]
        unbound = rows.unbound_field
        field = unbound.bind(form=None, name=f"{rows.name}-__index__", prefix="", _meta=rows.meta)
        field.process(None)
        return field.form

    def keyed(self, parent: Any) -> dict[str, Any]:
        """Return the children by what their rows in the form call them; ask before anything is flushed.

        A child that only a draft knows has no id yet; its place among the children of that draft stands for it.
        """
        children = getattr(parent, self.relation)
        return {
            str(child.id) if child.id is not None else f"draft-{parent.draft_id}-{place}": child
            for place, child in enumerate(children)
        }

    def take_out(self, form: Form, parent: Any, existing: Mapping[str, Any]) -> bool:
        """Take the removed rows out of `parent`, to be flushed before others take their place; say if there are any."""
        removed = {entry.form.row_id.data for entry in entries_of(form, self.relation) if entry.form.is_removed.data}
        for key in removed & existing.keys():
            getattr(parent, self.relation).remove(existing[key])
        return bool(removed & existing.keys())

    def write(
        self, form: Form, parent: Any, existing: Mapping[str, Any], *, are_copied: bool = False
    ) -> list[tuple[Any, Form]]:
        """Put the rows of a valid form onto the children of `parent`, and return each child that stays with its form.

        `existing` are the children as `keyed` names them; those of another row are copied instead of moved.
        Raises Invalid for a child that belongs to another parent, or to nobody any more.
        """
        children = getattr(parent, self.relation)
        kept: list[tuple[Any, Form]] = []
        for entry in entries_of(form, self.relation):
            key = entry.form.row_id.data or ""
            if entry.form.is_removed.data:
                continue
            if key and key not in existing:
                raise Invalid(f"One {self.row_label} is not here any more. Load the page again and repeat your change.")
            child = existing[key] if key else self.model_of(parent)()
            kept.append((_copy(child) if key and are_copied else child, entry.form))
        for position, (child, row_form) in enumerate(kept):
            forms.write(row_form, child)
            if self.ordered_by and getattr(child, self.ordered_by) != position:
                setattr(child, self.ordered_by, position)
            if child not in children:
                children.append(child)
        return kept

    async def save(self, session: AsyncSession, work: "InlineWork") -> None:
        """Let the domain check and write the children; `keep` of the declaration names how."""
        if self.keep is not None:
            await self.keep(session, work)
        await session.flush()

    def model_of(self, parent: Any) -> type[Any]:
        model: type[Any] = inspect(type(parent)).relationships[self.relation].mapper.class_
        return model


def entries_of(form: Form, relation: str) -> list[Any]:
    """Return the rows of an inline as they stand in the form."""
    rows: Any = form[relation]
    return list(rows.entries)


def staying(form: Form, relation: str) -> list[Form]:
    """Return the rows of an inline that are not to be removed, as refusals number them."""
    return [entry.form for entry in entries_of(form, relation) if not entry.form.is_removed.data]


def _copy(child: Any) -> Any:
    """Return a new row with the columns of another, except those that every row has for itself."""
    keys = inspect(type(child)).column_attrs.keys()
    own = {"id", "created_at", "updated_at", "created_by_id", "updated_by_id", "lock_version"}
    return type(child)(**{key: getattr(child, key) for key in keys if key not in own})
