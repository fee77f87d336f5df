"""What a person can have done by naming it: pages to go to, things to begin, switches; each as their roles allow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from admin import handbook
from admin.menu import menu_of
from admin.requests import office_of, user_of
from admin.urls import url_to
from cms.core.permissions import Permission, allows


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something with a name that leads to an address, or that a script of this page does."""

    label: str
    url: str = ""
    action: str = ""
    """What the palette's script is asked to do where there is no address."""

    words: str = ""
    """Other words by which people look for it."""

    shortcut: str = ""


PERSONAL = (
    Command(label="Dark or light mode", action="theme", words="theme night colours appearance"),
    Command(label="Keyboard shortcuts", action="shortcuts", words="keys help hotkeys", shortcut="?"),
    Command(label="Show the hints again", action="hints", words="tips tour introduction"),
    Command(label="Work in the background", url=url_to("runs"), words="bulk runs tasks progress many rows"),
    Command(label="See the site", url="/", words="home page public python.org"),
    Command(label="Change password", url="/accounts/password/change/", words="account security"),
    Command(label="Where you are signed in", url="/accounts/sessions/", words="sessions browsers account security"),
    Command(label="Sign out", action="sign-out", words="log out logout leave"),
)
LEVERS = (
    Command(label="Purge cache…", url=url_to("operations-tab", tab="purges"), words="cdn fastly forget clear"),
    Command(label="Build the search anew…", url=url_to("operations-tab", tab="search"), words="reindex rebuild index"),
)


def commands_of(request: Request) -> list[Command]:
    """Return every command that is open to who is signed in, the likeliest first."""
    return [*_beginnings(request), *_places(request), *_levers(request), *_handbook(), *PERSONAL]


def matching(commands: Sequence[Command], typed: str) -> list[Command]:
    """Return the commands that have a word for each that was typed; those whose name begins with it come first."""
    wanted = typed.lower().split()
    found = [command for command in commands if _has_all(command, wanted)]
    return sorted(found, key=lambda command: not command.label.lower().startswith(typed.lower()))


def _has_all(command: Command, wanted: list[str]) -> bool:
    known = f"{command.label} {command.words}".lower().split()
    return all(any(word.startswith(typed) for word in known) for typed in wanted)


def _beginnings(request: Request) -> Iterator[Command]:
    user = user_of(request)
    for view in office_of(request).model_views:
        if view.is_open_to(user, "create"):
            url = url_to("create", identity=view.identity)
            yield Command(label=f"New {view.name.lower()}", url=url, words="create add write")


def _places(request: Request) -> Iterator[Command]:
    yield Command(label="Dashboard", url=url_to("index"), words="start home first", shortcut="g d")
    for section in menu_of(request):
        for entry in section.entries:
            yield Command(label=entry.label, url=entry.url, words=section.label, shortcut=entry.shortcut)


def _levers(request: Request) -> Sequence[Command]:
    return LEVERS if allows(user_of(request), Permission.OPERATIONS_RUN) else ()


def _handbook() -> Iterator[Command]:
    for name, title in handbook.titles():
        yield Command(label=f"Handbook: {title}", url=url_to("handbook", page=name), words="help documentation")
