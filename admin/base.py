"""AdminView: what a view of the back office declares, and how its rows are reached within a person's reach."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast, no_type_check

from sqladmin import ModelView
from sqladmin.models import ModelViewMeta
from sqlalchemy import ColumnElement, Select, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapper, load_only, selectinload
from starlette.datastructures import FormData
from starlette.requests import Request
from wtforms import Form

from admin import formats, forms
from admin.authorization import AreaPermissions
from admin.decisions import BulkEdit, Decision
from admin.fields import MARKUP_LABELS
from admin.filters import Filter
from admin.importable import Importable
from admin.inlines import Inline
from admin.ordering import Ordering
from admin.requests import office_of, user_of
from admin.urls import url_to
from cms.core.errors import NotFound
from cms.core.permissions import Permission, allows, scope_condition
from cms.users.models import User

LARGEST_KEY = 2**31 - 1
LONGEST_KEY = len(str(LARGEST_KEY))
USUAL_LABELS = {
    "created_at": "Made",
    "created_by_id": "Made by",
    "updated_at": "Last saved",
    "updated_by_id": "Last saved by",
}


@dataclass(frozen=True, slots=True)
class Fieldset:
    """Fields that belong together in a person's mind; folded ones are rarely needed."""

    label: str
    fields: tuple[str, ...]
    folded: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """A row together with what the person may do to it."""

    row: Any
    may_edit: bool
    may_delete: bool
    may_decide: frozenset[str] = frozenset()


class AdminViewMeta(ModelViewMeta):
    """SQLAdmin's metaclass names a view after its model whatever it declares; here the declaration counts."""

    @no_type_check
    def __new__(mcs, name, bases, attrs, **options):  # noqa: ANN001, ANN003, ANN204 - SQLAdmin's own is untyped
        view = super().__new__(mcs, name, bases, attrs, **options)
        if "identity" in attrs:
            view.identity = attrs["identity"]
        return view


class AdminView(ModelView, metaclass=AdminViewMeta):
    """A table in the back office. Subclasses are declarations; what they do is decided in the domain."""

    permission_area: ClassVar[str]
    """The part of a permission before the colon: “pages” of “pages:edit”."""

    saving: ClassVar[Callable[..., Awaitable[None]]]
    """The domain's `save_…(session, row, by=user)`, which checks, completes and writes a row."""

    removing: ClassVar[Callable[..., Awaitable[None]]]
    """The domain's `delete_…(session, row, by=user)`."""

    fieldsets: ClassVar[Sequence[Fieldset]] = ()
    inlines: ClassVar[Sequence[Inline]] = ()
    decisions: ClassVar[Sequence[Decision]] = ()
    list_filters: ClassVar[Sequence[Filter]] = ()
    date_hierarchy: ClassVar[str] = ""
    """The main date column, by whose years, months and days the list is narrowed; it has one of the `sort_indexes`."""

    inline_toggles: ClassVar[Sequence[str]] = ()
    """Yes-or-no columns that are switched in the list itself, by those who may edit the row."""

    bulk_edits: ClassVar[Sequence[BulkEdit]] = ()
    """Fields that may be set to one value in many rows; `cms.bulk_actions` allows them."""

    column_choices: ClassVar[Sequence[Any]] = ()
    """Columns that a person may choose for the list besides its own; empty means the short fields of the form."""

    field_permissions: ClassVar[Mapping[str, Permission]] = {}
    """Fields that ask for a permission of their own: without it they are neither shown nor accepted."""

    slug_sources: ClassVar[Mapping[str, str]] = {}
    """A slug field → the field that it is made of while the form is new."""

    begun_by: ClassVar[Sequence[str]] = ()
    """Text fields of a new form that its address may fill in, so that a link can say what is missing."""

    found_by: ClassVar[Sequence[str]] = ()
    """Columns by which other forms find rows of this view; empty means the searchable ones."""

    found_detail: ClassVar[str] = ""
    """The column that tells rows of the same name apart where a search finds them."""

    ordering: ClassVar[Ordering | None] = None
    """The order that people give the rows by hand, in the list; None where rows have none."""

    importable: ClassVar[Importable | None] = None
    """What a table that somebody uploads may bring; None where rows are made by hand alone."""

    list_help: ClassVar[str] = ""
    form_template: ClassVar[str] = "form.html"
    details_template: ClassVar[str] = "details.html"
    secret_template: ClassVar[str] = ""
    """The page that shows what `save` returned; only views whose rows have such a secret have one."""

    list_template: ClassVar[str] = "list.html"
    page_size = 50
    page_size_options: ClassVar[Sequence[int]] = (25, 50, 100, 200)
    can_export = True
    save_as = False

    def __init__(self) -> None:
        super().__init__()
        self._search_fields = list(getattr(self.model, "searched_columns", ())) or self._search_fields
        self.permissions = AreaPermissions.of(self.permission_area)
        self._made_forms: dict[str, type[Form]] = {}

    @property
    def mapper(self) -> Mapper[Any]:
        return cast("Mapper[Any]", inspect(self.model))

    @property
    def date_column(self) -> InstrumentedAttribute[Any] | None:
        return column_named(self.model, self.date_hierarchy) if self.date_hierarchy else None

    def get_form_columns(self) -> list[str]:
        return [name for fieldset in self.fieldsets for name in fieldset.fields]

    def get_details_columns(self) -> list[str]:
        return [name for name in self.get_form_columns() if name not in self.mapper.relationships]

    @property
    def searched_names(self) -> list[str]:
        """Return the columns in which a search looks; the first is the row's name."""
        return [getattr(found, "key", found) for found in self._search_fields]

    def label_of(self, name: str) -> str:
        """Return what people call a column."""
        usual = USUAL_LABELS.get(name) or name.removesuffix("_id").replace("_", " ").capitalize()
        return str(self._column_labels.get(name) or usual)

    # Who may.

    def is_open_to(self, user: User, action: str) -> bool:
        """Return whether the person may do this on some row at all; what is switched off is open to nobody."""
        switches = {
            "create": self.can_create,
            "edit": self.can_edit,
            "delete": self.can_delete,
            "export": self.can_export,
        }
        return switches.get(action, True) and allows(user, self.permissions.needed_to(action))

    def reach(self, user: User, permission: Permission) -> ColumnElement[bool]:
        """Return the condition for the rows to which the person's permission extends."""
        return scope_condition(user, permission, self.model)

    def reachable(self, user: User) -> Select[Any]:
        """Select the rows that the person may see, each with whether they may edit, delete and decide on it."""
        courtesies = [
            self.reach(user, self.permissions.edit).label("may_edit"),
            self.reach(user, self.permissions.delete).label("may_delete"),
            *(self.reach(user, decision.permission).label(f"may_{decision.name}") for decision in self.decisions),
        ]
        selected: list[Any] = [self.model, *courtesies]
        return select(*selected).where(self.reach(user, self.permissions.view))

    def reached(self, record: Any) -> Reached:
        """Return the row of a record that `reachable` selected, with what is open on it."""
        row, may_edit, may_delete, *decided = record
        names = (decision.name for decision in self.decisions)
        return Reached(
            row=row,
            may_edit=bool(may_edit) and self.can_edit,
            may_delete=bool(may_delete) and self.can_delete,
            may_decide=frozenset(name for name, may in zip(names, decided, strict=True) if may),
        )

    async def find(self, session: AsyncSession, user: User, key: str, *, lock: bool = False) -> Reached:
        """Return one row with all that its form shows.

        Raises NotFound for what is not there, not within reach, or no key at all.
        """
        statement = self.reachable(user).where(self.model.id == row_key(key))  # type: ignore[attr-defined]  # every table of ours has an id
        statement = statement.options(*(selectinload(getattr(self.model, inline.relation)) for inline in self.inlines))
        if lock:
            statement = statement.with_for_update(of=self.model)
        record = (await session.execute(statement)).unique().one_or_none()
        if record is None:
            raise NotFound(f"There is no such {self.name.lower()}, or none that you may see.")
        return self.reached(record)

    # What is shown.

    def list_options(self, shown: Sequence[str] = ()) -> list[Any]:
        """Load the columns of the list, or those in `shown`, and of the row's own name, and nothing else."""
        names = dict.fromkeys(("id", *(shown or self._list_prop_names), *self.list_extra_columns()))
        columns = [getattr(self.model, name) for name in names if name in self.mapper.columns]
        relations = [getattr(self.model, name) for name in names if name in self.mapper.relationships]
        return [load_only(*columns), *(selectinload(relation) for relation in relations)]

    def list_extra_columns(self) -> Sequence[str]:
        """Return columns that the list needs besides those it shows."""
        known = (
            "name",
            "title",
            "label",
            "slug",
            "path",
            "username",
            "is_published",
            "publish_at",
            "expire_at",
            "draft_id",
            "is_in_review",
            "first_name",
            "last_name",
            "lock_version",
        )
        in_order = (self.ordering.column,) if self.ordering else ()
        return [name for name in (*known, *in_order) if name in self.mapper.columns]

    def cell(self, row: Any, name: str) -> Any:
        """Show one value of a row, in the list and on the details page."""
        formatter = self._list_formatters.get(name)
        value = getattr(row, name, None)
        return formatter(row, name) if formatter else formats.cell(self._in_words(name, value))

    def _in_words(self, name: str, value: Any) -> Any:
        labels = self.form_args.get(name, {}).get("labels", MARKUP_LABELS.items())
        return next((label for known, label in labels if known == value), value)

    def public_url(self, row: Any) -> str:
        """Return where the public reads the row; "" where it does not."""
        return str(getattr(row, "public_path", ""))

    def add_url(self, request: Request, name: str) -> str:
        """Return where a new row for a relation field is made; "" where the person may make none."""
        relation = self.mapper.relationships.get(name)
        view = None if relation is None else office_of(request).view_of(relation.mapper.class_)
        may_add = view is not None and view.is_open_to(user_of(request), "create")
        return url_to("create", identity=view.identity) if view is not None and may_add else ""

    # The form.

    async def form_class(self, user: User, *, is_new: bool) -> type[Form]:
        """Return the form with the fields that are open to the person, and no others."""
        form = await self._made_form(is_new=is_new)
        closed = [name for name, permission in self.field_permissions.items() if not allows(user, permission)]
        closed += [
            inline.relation for inline in self.inlines if inline.permission and not allows(user, inline.permission)
        ]
        return type(form.__name__, (form,), dict.fromkeys(closed)) if closed else form

    async def _made_form(self, *, is_new: bool) -> type[Form]:
        """Make the form once; SQLAdmin makes it at each request and appends to the validators it was given."""
        key = "create" if is_new else "edit"
        if key not in self._made_forms:
            form = await forms.form_of(
                self.model,
                names=[name for name in self.get_form_columns() if name in self.mapper.attrs],
                session_maker=self.session_maker,
                labels={name: self.label_of(name) for name in self.get_form_columns()},
                arguments=self.form_args,
                overrides=self._form_overrides,
            )
            for inline in self.inlines:
                setattr(form, inline.relation, await inline.field(self.model, session_maker=self.session_maker))
            for name, field in self.extra_fields(is_new=is_new).items():
                setattr(form, name, field)
            self._made_forms[key] = form
        return self._made_forms[key]

    def extra_fields(self, *, is_new: bool) -> Mapping[str, Any]:
        """Return fields of the form that are no columns."""
        return {}

    def extra_values(self, row: Any) -> Mapping[str, Any]:
        """Return what the form's extra fields show of a row."""
        return {}

    async def rewrite(
        self,
        session: AsyncSession,
        name: str,
        posted: FormData,
    ) -> tuple[FormData, list[str], list[str]]:
        """Fill in the form from something that was pasted: return it with what to tell and what is wrong."""
        raise NotFound(f"There is nothing called “{name}” to fill in here.")

    def saved_sentence(self, row: Any, *, is_new: bool) -> str:
        """Return what is said after a save."""
        state = ""
        if hasattr(row, "is_published"):
            state = (
                " It is live, so the public sees it at once."
                if row.is_published
                else " It is a draft; nobody but staff sees it."
            )
        return f"“{row}” was {'created' if is_new else 'saved'}.{state}"

    # What a view may hand to its domain.

    def before_save(self, row: Any, form: Form, *, is_new: bool) -> None:
        """Put onto the row what no column field of the form holds."""

    async def save(self, session: AsyncSession, row: Any, *, by: User, is_new: bool) -> str | None:
        """Let the domain complete, check and write a row whose columns have been filled in.

        What it returns is shown once, in the answer itself, and kept nowhere: a secret that was made.
        """
        await self.saving(session, row, by=by)
        return None

    async def remove(self, session: AsyncSession, row: Any, *, by: User) -> None:
        """Delete a row as its domain does."""
        await self.removing(session, row, by=by)

    async def beside_list(self, session: AsyncSession, request: Request) -> dict[str, Any]:
        """Return what the list's page shows besides the list."""
        return {}

    async def form_context(self, session: AsyncSession, request: Request, reached: Reached | None) -> dict[str, Any]:
        """Return what the form's page shows besides the form."""
        return {}


def row_key(key: str) -> int:
    """Return the key that an address names.

    Raises NotFound for anything that no row could have.
    """
    if not is_key(key):
        raise NotFound("There is nothing under this address.")
    return int(key)


def is_key(key: str) -> bool:
    """Return whether a row could have this key; a number of thousands of digits is not even read."""
    return key.isdecimal() and key.isascii() and len(key) <= LONGEST_KEY and int(key) <= LARGEST_KEY


def column_named(model: type[Any], name: str) -> InstrumentedAttribute[Any]:
    return cast("InstrumentedAttribute[Any]", getattr(model, name))
