"""The trial of an import: each row is saved by its form and its domain, in a transaction whose end is decided later."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import false, or_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError
from wtforms import Form

from admin import drafting, forms
from admin.base import AdminView, Reached, column_named, is_key
from admin.exporting import text_of_cell
from admin.import_columns import KEY, importable_of, is_as_exported, label_of, matched
from admin.import_forms import RowForms
from admin.import_plans import Change, Fate, Outcome, Plan, Refusal, Refused
from cms.core import audit
from cms.core.bulk import CHECK_NOW
from cms.core.errors import CMSError, Invalid
from cms.core.integrity import explained
from cms.core.permissions import require
from cms.core.tabular.reading import Row, Table
from cms.users.models import User

ROWS_AT_ONCE = 500
MOST_WRITTEN = 2_000
"""Rows that one import writes; in a longer transaction others would wait for the rows that it holds."""

LONGEST_SECONDS = 75
"""Below the time that a request has, so that the person is told what to do."""

ROUNDS = 3
"""A row may be right only once a later one is written, such as a redirect that would otherwise close a circle."""

Values = Mapping[str, str]


@dataclass
class Trial:
    """A table on its way into the rows of a view, as far as one person may write them."""

    session: AsyncSession
    view: AdminView
    user: User
    remark: str
    tried: set[int] = field(default_factory=set)
    claimed: dict[tuple[str, Any], int] = field(default_factory=dict)
    """What names a row of ours → the row of the file that claims it."""

    def __post_init__(self) -> None:
        self._forms = RowForms(self.view, self.user)
        self._ends_at = time.monotonic() + LONGEST_SECONDS

    async def of(self, table: Table, *, without: frozenset[int] = frozenset()) -> Plan:
        """Save what the table brings, but the rows `without`, and return what became of it; nothing is committed.

        Raises Invalid where the table as a whole cannot be taken.
        """
        matching = matched(self.view, self.user, table)
        rows = [(row, matching.values_of(row.cells)) for row in table.rows if row.number not in without]
        outcomes: dict[int, Outcome] = {}
        for _ in range(ROUNDS):
            refused_before = len(rows)
            for some in _batches(rows):
                await self._try_some(some, outcomes)
            rows = [(row, values) for row, values in rows if outcomes[row.number].fate is Fate.REFUSED]
            if not rows or len(rows) == refused_before:
                break
        await self._check_now()
        told = [outcomes[number] for number in sorted(outcomes)]
        return Plan(
            columns=tuple(f"{head} → {label_of(self.view, name)}" for head, name in matching.fields.items()),
            ignored=matching.ignored,
            notes=tuple(table.notes),
            unchanged=sum(outcome.fate is Fate.UNCHANGED for outcome in told),
            outcomes=tuple(outcome for outcome in told if outcome.fate is not Fate.UNCHANGED),
        )

    async def _check_now(self) -> None:
        """Check what the database would check when the transaction ends. Raises Invalid."""
        try:
            await self.session.flush()
            await self.session.execute(CHECK_NOW)
        except IntegrityError as error:
            raise Invalid(explained(error).message) from error

    async def _try_some(self, rows: Sequence[tuple[Row, Values]], outcomes: dict[int, Outcome]) -> None:
        found = await self._find([values for _, values in rows])
        for row, values in rows:
            outcomes[row.number] = await self._try(row, values, found)

    async def _find(self, rows: Iterable[Values]) -> dict[tuple[str, Any], Reached]:
        """Return the rows within reach that these claim, by their number and by their key."""
        name, key_of = importable_of(self.view).key, importable_of(self.view).key_of
        column, number = column_named(self.view.model, name), column_named(self.view.model, KEY)
        claims = [_claims(values, name, key_of) for values in rows]
        keys = {claim[1] for claim in claims if claim[1]}
        numbers = {claim[0] for claim in claims if claim[0]}
        claimed = [found.in_(wanted) for found, wanted in ((column, keys), (number, numbers)) if wanted]
        statement = self.view.reachable(self.user).where(or_(false(), *claimed))
        records = (await self.session.execute(statement, execution_options={"populate_existing": True})).unique()
        found = [self.view.reached(record) for record in records]
        return {(KEY, reached.row.id): reached for reached in found} | {
            (name, getattr(reached.row, name)): reached for reached in found
        }

    async def _try(self, row: Row, values: Values, found: Mapping[tuple[str, Any], Reached]) -> Outcome:
        name = importable_of(self.view).key
        label = values.get(name, "") or values.get(KEY, "")
        try:
            reached = self._claimed(row, values, found)
            given = self._given(reached, values)
            if reached is not None:
                label = str(reached.row)
                if not given:
                    return self._unchanged(row, reached)
            self._count(row)
            changes, is_draft = await self._save(reached, given)
        except Refused as refused:
            return Outcome(row.number, label, Fate.REFUSED, refusals=refused.refusals)
        if reached is not None and not changes:
            return self._unchanged(row, reached)
        fate, row_id = (Fate.NEW, None) if reached is None else (Fate.CHANGED, reached.row.id)
        return Outcome(row.number, label, fate, row_id, tuple(changes), is_draft=is_draft)

    def _unchanged(self, row: Row, reached: Reached) -> Outcome:
        """Let go of a row that stays as it is, so that the memory holds only those that change."""
        if reached.row in self.session and reached.row not in self.session.dirty:
            self.session.expunge(reached.row)
        return Outcome(row.number, "", Fate.UNCHANGED)

    def _claimed(self, row: Row, values: Values, found: Mapping[tuple[str, Any], Reached]) -> Reached | None:
        """Return the row of ours that a row of the file means; None where it makes a new one. Raises Refused."""
        name, key_of = importable_of(self.view).key, importable_of(self.view).key_of
        number, key = _claims(values, name, key_of)
        if values.get(KEY, "").strip() and number is None:
            raise Refused(Refusal(label_of(self.view, KEY), "Write a number, or leave the cell empty."))
        by_number, by_key = found.get((KEY, number)), found.get((name, key))
        if number is not None and by_number is None:
            raise Refused(Refusal(label_of(self.view, KEY), f"There is no {self.view.name.lower()} with this number."))
        if by_number is not None and by_key is not None and by_number.row.id != by_key.row.id:
            sentence = (
                f"This number belongs to “{by_number.row}”. Leave the column out to find rows by "
                f"“{label_of(self.view, name)}” alone."
            )
            raise Refused(Refusal(label_of(self.view, KEY), sentence))
        if by_number is None and not key:
            raise Refused(Refusal(label_of(self.view, name), "Without this, nobody can tell which row is meant."))
        reached = by_number or by_key
        claims: list[tuple[str, Any]] = [(name, key)] if key else []
        for claim in [*claims, (KEY, reached.row.id)] if reached else claims:
            if (other := self.claimed.setdefault(claim, row.number)) != row.number:
                sentence = f"Row {other} is about the same {self.view.name.lower()}."
                raise Refused(Refusal(label_of(self.view, name), sentence))
        return reached

    def _given(self, reached: Reached | None, values: Values) -> dict[str, str]:
        """Return what a row really brings: of a row of ours what differs, of a new one what is not empty."""
        brought = {name: text for name, text in values.items() if name != KEY}
        if reached is None:
            if not self.view.is_open_to(self.user, "create"):
                raise Refused(Refusal("", f"A {self.view.name.lower()} is not made here."))
            return {name: text for name, text in brought.items() if text.strip()}
        given = {
            name: text
            for name, text in brought.items()
            if not is_as_exported(self.view, name, getattr(reached.row, name), text)
        }
        if given and not reached.may_edit:
            raise Refused(Refusal("", f"You may read “{reached.row}”, but not change it."))
        return given

    async def _save(self, reached: Reached | None, given: Mapping[str, str]) -> tuple[list[Change], bool]:
        """Write a row as its form would; return what changes, and whether it is kept as a draft. Raises Refused."""
        row = self.view.model() if reached is None else reached.row
        form = await self._forms.filled(given, is_new=reached is None)
        changes: list[Change] = []
        audit.remark(self.session, row, self.remark)

        async def write() -> None:
            before = {name: getattr(row, name) for name in self._columns(form)}
            with self.session.no_autoflush:
                forms.write(form, row)
                self.view.before_save(row, form, is_new=reached is None)
                await self.view.save(self.session, row, by=self.user, is_new=reached is None)
            await self.session.flush()
            await require(self.session, self.user, self.view.permissions.edit, row)
            changes[:] = self._changes(row, before)

        try:
            async with self.session.begin_nested():
                told = await drafting.save(
                    self.session, row, write, by=self.user, is_new=reached is None, remark=self.remark
                )
                await self.session.flush()
        except StaleDataError as error:
            raise Refused(Refusal("", "Somebody else changed it in the same moment.")) from error
        except IntegrityError as error:
            raise Refused(*self._refusals(explained(error))) from error
        except CMSError as error:
            raise Refused(*self._refusals(error)) from error
        return changes, bool(told)

    def _count(self, row: Row) -> None:
        self.tried.add(row.number)
        if len(self.tried) > MOST_WRITTEN:
            raise Invalid(f"The file would make or change more than {MOST_WRITTEN:,} rows. Divide it.")
        if time.monotonic() > self._ends_at:
            raise Invalid(f"After {len(self.tried):,} rows this took longer than anybody should wait. Divide the file.")

    def _columns(self, form: Form) -> list[str]:
        return [name for name in form._fields if name in importable_of(self.view).columns]

    def _changes(self, row: Any, before: Mapping[str, Any]) -> list[Change]:
        texts = [
            (name, text_of_cell(self.view, name, old), text_of_cell(self.view, name, getattr(row, name)))
            for name, old in before.items()
        ]
        return [Change.of(self.view.label_of(name), old, new) for name, old, new in texts if old != new]

    def _refusals(self, error: CMSError) -> list[Refusal]:
        errors = error.errors if isinstance(error, Invalid) else {}
        found = [
            Refusal(self.view.label_of(name) if name else "", sentence)
            for name, sentences in errors.items()
            for sentence in sentences
        ]
        return found or [Refusal("", error.message)]


def _claims(values: Values, name: str, key_of: Any) -> tuple[int | None, str]:
    """Return the number and the key by which a row of the file names a row of ours."""
    number = values.get(KEY, "").strip()
    return (int(number) if is_key(number) and int(number) else None), key_of(values.get(name, ""))


def _batches(rows: Sequence[tuple[Row, Values]]) -> Iterable[Sequence[tuple[Row, Values]]]:
    return (rows[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE))
