"""How the form of a view is made from its columns, once, and how it is read and written without surprises."""

from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast

from sqladmin.forms import ModelConverter, converts, get_model_form
from sqlalchemy import BigInteger, inspect
from sqlalchemy.orm import Mapper, RelationshipProperty
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.types import Scope
from wtforms import BooleanField, Form, HiddenField, validators
from wtforms.fields import FieldList, FormField

from admin.fields import (
    MARKUP_LABELS,
    AutocompleteField,
    BoundedIntegerField,
    ChoiceField,
    MarkupField,
    RelationField,
    UploadField,
    UtcDateTimeField,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


OPENED = "back_office.posted_forms"
"""Where a request keeps the forms whose uploads have to be closed once it is answered."""

MOST_FIELDS = 50_000
MOST_FILES = 200
LARGEST_TEXT = 16 * 1024 * 1024
KIND_HELP = "How the text is marked up. Unfiltered HTML keeps everything, and needs a permission of its own."
RESERVED = {"data", "errors", "validate", "process", "populate_obj"}


class BackOfficeForm(Form):
    """What every form of the back office carries besides its fields: the version that the person began from."""

    lock_version = HiddenField()


class BackOfficeConverter(ModelConverter):
    """SQLAdmin's choice of field for a column, with native inputs and bounds that the column really has."""

    async def _prepare_relationship(
        self,
        prop: RelationshipProperty[Any],
        kwargs: dict[str, Any],
        session_maker: Any,
        loader: Any = None,
    ) -> dict[str, Any]:
        """Load no rows here; a list that is short is filled when the form is shown, a long one is searched."""
        if not all(local.nullable for local, _ in prop.local_remote_pairs or ()):
            kwargs["validators"].append(validators.InputRequired())
        kwargs["relation"] = prop
        return kwargs

    def _prepare_column(self, prop: Any, form_include_pk: bool, kwargs: dict[str, Any]) -> dict[str, Any] | None:  # noqa: FBT001 - SQLAdmin's signature
        """Ask for a value where the column does, unless the domain makes one of what is left empty."""
        is_optional = kwargs.pop("is_optional", False)
        prepared = super()._prepare_column(prop=prop, form_include_pk=form_include_pk, kwargs=kwargs)
        if prepared is not None and is_optional:
            prepared["validators"] = [
                rule for rule in prepared["validators"] if not isinstance(rule, validators.InputRequired)
            ]
        return prepared

    @converts("Boolean")  # type: ignore[untyped-decorator]  # SQLAdmin gives it no type.
    def conv_boolean(self, model: type, prop: Any, kwargs: dict[str, Any]) -> Any:
        kwargs["render_kw"] = {**kwargs["render_kw"], "class": "form-check-input"}
        return BooleanField(**kwargs)

    @converts("DateTime")  # type: ignore[untyped-decorator]  # SQLAdmin gives it no type.
    def conv_datetime(self, model: type, prop: Any, kwargs: dict[str, Any]) -> Any:
        return UtcDateTimeField(**kwargs)

    @converts("Integer")  # type: ignore[untyped-decorator]  # SQLAdmin gives it no type.
    def conv_integer(self, model: type, prop: Any, kwargs: dict[str, Any]) -> Any:
        if "labels" in kwargs:
            return ChoiceField(**_as_select(kwargs))
        if prop.columns[0].default is not None:
            kwargs["validators"].insert(0, validators.Optional())
        largest = 2**63 - 1 if isinstance(prop.columns[0].type, BigInteger) else 2**31 - 1
        kwargs["validators"].append(validators.NumberRange(min=kwargs.pop("least", -largest), max=largest))
        return BoundedIntegerField(**kwargs)

    @converts("Enum")  # type: ignore[untyped-decorator]  # SQLAdmin gives it no type.
    def conv_enum(self, model: type, prop: Any, kwargs: dict[str, Any]) -> Any:
        members = prop.columns[0].type.enum_class
        kwargs.setdefault("labels", [(member, MARKUP_LABELS.get(member, member.value)) for member in members])
        kwargs["default"] = getattr(kwargs.get("default"), "value", kwargs.get("default"))
        return ChoiceField(**_as_select(kwargs))

    @converts("MANYTOONE")  # type: ignore[untyped-decorator]  # SQLAdmin gives it no type.
    def conv_many_to_one(self, model: type, prop: Any, kwargs: dict[str, Any]) -> Any:
        if kwargs.pop("is_short", False):
            return RelationField(**_as_select(kwargs))
        return AutocompleteField(**kwargs)


def _as_select(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {**kwargs, "render_kw": {**kwargs.get("render_kw", {}), "class": "form-select"}}


async def form_of(
    model: type[Any],
    *,
    names: "Sequence[str]",
    session_maker: Any,
    labels: "Mapping[str, str]",
    arguments: "Mapping[str, Mapping[str, Any]]",
    overrides: "Mapping[str, Any]",
    base: type[Form] = BackOfficeForm,
) -> type[Form]:
    """Make the form class of `names`; `arguments` are copied, because SQLAdmin appends to what it is given."""
    markup = {name: MarkupField for name in getattr(model, "markup_fields", ()) if name in names}
    given = {name: _copied(options) for name, options in arguments.items()}
    for name in markup:
        given.setdefault(name, {}).setdefault("kind_field", f"{name}_kind")
        given.setdefault(f"{name}_kind", {}).setdefault("description", KIND_HELP)
    return await get_model_form(
        model=model,
        session_maker=session_maker,
        only=list(names),
        column_labels=dict(labels),
        form_args=given,
        form_widget_args={},
        form_class=base,
        form_overrides={**markup, **overrides},
        form_converter=BackOfficeConverter,
    )


def _copied(options: "Mapping[str, Any]") -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, list) else deepcopy(value) if isinstance(value, dict) else value
        for name, value in options.items()
    }


async def read_form(request: Request) -> FormData:
    """Return what was posted, with line ends as everywhere else and without the NUL that PostgreSQL refuses."""
    posted = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LARGEST_TEXT)
    request.scope[OPENED].append(posted)
    return FormData(
        [(key, value if isinstance(value, UploadFile) else _tidied(value)) for key, value in posted.multi_items()]
    )


async def close_forms(scope: Scope) -> None:
    """Let go of the uploads of a request, whatever came of it."""
    for posted in scope.get(OPENED, ()):
        await posted.close()


def _tidied(value: str) -> str:
    return value.replace("\x00", "").replace("\r\n", "\n")


def values_of(row: Any, names: "Sequence[str]") -> dict[str, Any]:
    """Return what a form of `names` shows of `row`; a relation is its foreign key."""
    mapper = cast("Mapper[Any]", inspect(type(row)))
    return {name: getattr(row, _attribute(mapper, name)) for name in names}


def write(form: Form, row: Any) -> None:
    """Put the values of a valid form onto the row; what did not change is left alone."""
    mapper = cast("Mapper[Any]", inspect(type(row)))
    for name, field in form._fields.items():
        if name == "lock_version" or name not in mapper.attrs or isinstance(field, (UploadField, FieldList, FormField)):
            continue
        attribute = _attribute(mapper, name)
        value = getattr(field, "value", field.data)
        column = mapper.columns[attribute]
        if value in ("", None) and not column.nullable:
            value = "" if column.type.python_type is str else _default_of(column)
        if not _is_same(getattr(row, attribute), value):
            setattr(row, attribute, value)


def every_field(form: Form) -> "Iterator[Any]":
    """Walk through all fields of a form, those of its inlines included."""
    for field in form:
        if isinstance(field, FieldList):
            for entry in field.entries:
                yield from every_field(entry.form)
        elif isinstance(field, FormField):
            yield from every_field(field.form)
        else:
            yield field


def _attribute(mapper: Mapper[Any], name: str) -> str:
    relation = mapper.relationships.get(name)
    return name if relation is None else str(next(iter(relation.local_columns)).key)


def _default_of(column: Any) -> Any:
    default = column.default
    if default is None:
        return None
    return default.arg(None) if callable(default.arg) else default.arg


def _is_same(old: Any, new: Any) -> bool:
    """Compare as the form shows it, which knows no seconds."""
    if hasattr(old, "replace") and hasattr(old, "second") and hasattr(new, "second"):
        return bool(old.replace(second=0, microsecond=0) == new)
    return bool(old == new)
