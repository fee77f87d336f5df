"""The form of a view as a row of an uploaded table fills it in: with the fields that the row brings, and no others."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import FormData, UploadFile
from wtforms import Form

from admin.base import AdminView
from admin.import_columns import typed
from admin.import_plans import Refusal, Refused
from cms.core.errors import Invalid
from cms.users.models import User

VERSION = "lock_version"
"""The hidden field that every form has."""


@dataclass
class RowForms:
    """The forms that the rows of one table are read with; rows that bring the same fields share one."""

    view: AdminView
    user: User
    _blank: dict[tuple[bool, frozenset[str]], Form] = field(default_factory=dict)

    async def filled(self, given: Mapping[str, str], *, is_new: bool) -> Form:
        """Return the form with what is given, valid. Raises Refused, naming each column that is not."""
        blank = await self._form(frozenset(given), is_new=is_new)
        posted: list[tuple[str, str | UploadFile]] = [(VERSION, "")]
        refusals: list[Refusal] = []
        for name, text in given.items():
            try:
                posted += [(name, sent) for sent in typed(self.view, blank[name], text)]
            except Invalid as refusal:
                refusals.append(Refusal(self.view.label_of(name), refusal.message))
        if refusals:
            raise Refused(*refusals)
        form = type(blank)(FormData(posted))
        if not form.validate():
            found = [(name, str(error)) for name, errors in form.errors.items() for error in errors]
            raise Refused(*(Refusal(self.view.label_of(str(name)), sentence) for name, sentence in found))
        return form

    async def _form(self, given: frozenset[str], *, is_new: bool) -> Form:
        """Return an empty form of the fields that are given and, for a new row, of those that must be."""
        if (is_new, given) not in self._blank:
            whole = await self.view.form_class(self.user, is_new=is_new)
            kept = {VERSION, *given}
            left_out = [
                found.short_name
                for found in whole()
                if found.short_name not in kept and not (is_new and found.flags.required)
            ]
            self._blank[is_new, given] = type(whole.__name__, (whole,), dict.fromkeys(left_out))()
        return self._blank[is_new, given]
