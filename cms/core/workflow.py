"""Statuses that move only by decisions: which moves there are, and who may make them."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import audit
from cms.core.errors import InvalidTransition
from cms.core.permissions import Actor, Permission, allows, require


@dataclass(frozen=True, slots=True)
class Transition:
    """A decision by its name: from which statuses, to which one, and the permission it takes."""

    name: str
    sources: frozenset[StrEnum]
    target: StrEnum
    permission: Permission


class Workflow:
    """The moves that a status may make; `column` is the attribute that holds it."""

    def __init__(self, *transitions: Transition, column: str = "status") -> None:
        self.transitions = {transition.name: transition for transition in transitions}
        self.column = column

    def open_to(self, actor: Actor, row: Any) -> Collection[str]:
        """Return the decisions that the row's status allows and the actor holds the permission for.

        A courtesy for buttons; `move` is what decides.
        """
        status = getattr(row, self.column)
        return [t.name for t in self.transitions.values() if status in t.sources and allows(actor, t.permission)]

    async def move(self, session: AsyncSession, row: Any, name: str, *, by: Actor) -> None:
        """Carry out the decision `name`.

        Raises PermissionDenied, or InvalidTransition saying what the status is.
        """
        transition = self.transitions[name]
        await require(session, by, transition.permission, row)
        status = getattr(row, self.column)
        if status not in transition.sources:
            raise InvalidTransition(f"“{row}” is {status}; it cannot be moved to {transition.target}.")
        setattr(row, self.column, transition.target)
        audit.note(session, row, action=name)
