"""Decisions: verbs of the domain offered as buttons, confirmed on a page, carried out by POST on locked rows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cms.core import publishing
from cms.core.permissions import Permission

Perform = Callable[..., Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A verb that a person may decide on a row; what it does and whether it may is the domain's."""

    name: str
    label: str
    permission: Permission
    perform: Perform
    """`perform(session, row, by=user)`; raises PermissionDenied, InvalidTransition or Invalid with a sentence."""

    hindrance: Callable[[Any], str]
    """Say in a sentence why a row is not ready for it; "" where it is. A courtesy: `perform` decides."""

    consequence: str
    """What will happen, told before it does."""

    outcome: str
    """What happened, told afterwards; `{row}` is the row's name."""

    tone: str = "primary"


def publishing_decisions(
    permission: Permission,
    *,
    publish: Perform = publishing.publish,
    unpublish: Perform = publishing.unpublish,
    consequence: str = "It can be read by everybody at once, and the search finds it.",
) -> tuple[Decision, Decision]:
    """Return the two decisions of everything that is either a draft or live."""
    return (
        Decision(
            name="publish",
            label="Publish",
            permission=permission,
            perform=publish,
            hindrance=lambda row: "It is live already." if row.is_published else "",
            consequence=consequence,
            outcome="“{row}” is live.",
        ),
        Decision(
            name="unpublish",
            label="Unpublish",
            permission=permission,
            perform=unpublish,
            hindrance=lambda row: "" if row.is_published else "It is a draft already.",
            consequence="The public can no longer read it; it stays here as a draft.",
            outcome="“{row}” is a draft again; the public no longer sees it.",
            tone="warning",
        ),
    )
