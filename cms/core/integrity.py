"""What the database refuses, told in the reader's words: the name of a constraint leads to its sentence."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.core.errors import CMSError, Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Explanation:
    """The field that a constraint is about, "" being the whole row, and what to tell."""

    field: str
    sentence: str


_explanations: dict[str, Explanation] = {}


def explain_constraint(name: str, *, field: str, sentence: str) -> None:
    """Say what to tell when the constraint or unique index `name` refuses a row."""
    _explanations[name] = Explanation(field, sentence)


async def settle(session: AsyncSession) -> None:
    """Write what waits, and ask every rule of the database now, also those that it asks at the end of a transaction.

    Raises what a broken rule is explained by; then the transaction is over.
    """
    try:
        await session.flush()
        await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    except IntegrityError as error:
        raise explained(error) from error


def explained(error: IntegrityError) -> CMSError:
    """Return the error that a face tells instead of the database's own."""
    name = str(getattr(getattr(error.orig, "__cause__", None), "constraint_name", "") or "")
    if explanation := _explanations.get(name):
        return Invalid.in_fields({explanation.field: [explanation.sentence]})
    if name.startswith("fk_"):
        return Conflict("Something that this refers to, or that refers to this, has been changed meanwhile.")
    if name.startswith("uq_"):
        return Invalid("There is such an entry already.")
    return Invalid("The database refuses this entry, because it breaks one of its rules.")
