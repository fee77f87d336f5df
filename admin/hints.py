"""What somebody is told who sees a kind of page for the first time, and never again."""

from dataclasses import dataclass

from starlette.requests import Request

from admin.requests import session_of, user_of
from admin.urls import url_to
from cms.users.preferences import preferences_of


@dataclass(frozen=True, slots=True)
class Hint:
    """A sentence about one control; templates mark that control with `data-hint="name"`."""

    name: str
    title: str
    text: str


HINTS = {
    "dashboard": (
        Hint("search", "Find anything", "Press Ctrl-K and type the name of a page, a person or a command."),
        Hint("menu", "What is open to you", "The menu holds what your roles open, and nothing else."),
        Hint("waiting", "What waits for you", "This page lists your drafts, and what others wait for you to look at."),
    ),
    "list": (
        Hint("list-search", "Narrow the list", "Search and filters stand in the address: send it to a colleague."),
        Hint("list-choose", "Several rows at once", "Tick rows, and what can be done with them appears above."),
        Hint("list-new", "Keys", "Press ? to see the keys that move through the list and open a row."),
    ),
    "form": (
        Hint(
            "form-save", "Nothing is lost", "Save as often as you like. What you typed survives errors and sign-outs."
        ),
        Hint("form-history", "Who changed what", "The history shows every change, and brings back what was before."),
        Hint("form-help", "Every field says what it is for", "Help, above, opens the part of the handbook about it."),
    ),
}
"""Kind of page → what is told there."""

EVERY_HINT = frozenset(hint.name for hints in HINTS.values() for hint in hints)


def hints_of(request: Request) -> tuple[Hint, ...]:
    """Return what the person has not been told yet about the page that is shown."""
    if session_of(request).viewing_as_id is not None:
        return ()
    seen = preferences_of(user_of(request)).seen_hints
    return tuple(hint for hint in HINTS.get(_kind_of(request), ()) if hint.name not in seen)


def _kind_of(request: Request) -> str:
    """Return which kind of page an address shows; "" for those that need no hint."""
    place = {name: request.path_params[name] for name in ("identity", "pk") if name in request.path_params}
    kinds = {url_to("index"): "dashboard"}
    if "identity" in place:
        kinds |= {url_to("list", **place): "list", url_to("create", **place): "form"}
    if {"identity", "pk"} <= place.keys():
        kinds[url_to("edit", **place)] = "form"
    return kinds.get(request.url.path, "")
