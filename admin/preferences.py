"""What people choose for themselves while they work: hints that they have read, keys as shortcuts, mails."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from admin.forms import read_form
from admin.hints import EVERY_HINT
from admin.rendering import NEVER_CACHED, go_to
from admin.requests import resources_of, user_of
from admin.urls import ROOT, url_to
from cms.users import preferences


async def close_hints(request: Request) -> Response:
    """Note that the person has read the hints that the form names."""
    posted = await read_form(request)
    names = {str(name) for name in posted.getlist("hints")} & EVERY_HINT
    async with resources_of(request).sessionmaker() as session:
        await preferences.see_hints(session, user_of(request), names)
        await session.commit()
    return RedirectResponse(_back(str(posted.get("next", ""))), status_code=303, headers=NEVER_CACHED)


async def show_hints_again(request: Request) -> Response:
    """Have every hint shown once more."""
    async with resources_of(request).sessionmaker() as session:
        await preferences.forget_hints(session, user_of(request))
        await session.commit()
    return go_to(request, url_to("index"), saying="The hints are shown once more on each kind of page.")


async def switch_shortcuts(request: Request) -> Response:
    """Let single keys be shortcuts for the person, or not."""
    posted = await read_form(request)
    is_on = bool(posted.get("has_shortcuts"))
    async with resources_of(request).sessionmaker() as session:
        await preferences.switch_shortcuts(session, user_of(request), on=is_on)
        await session.commit()
    told = "Single keys are shortcuts." if is_on else "Single keys do nothing any more; Ctrl-K and Ctrl-S stay."
    return go_to(request, url_to("index"), saying=told)


async def switch_review_mails(request: Request) -> Response:
    """Tell the person of reviews by mail from now on, or no longer."""
    posted = await read_form(request)
    is_on = bool(posted.get("gets_review_mails"))
    async with resources_of(request).sessionmaker() as session:
        await preferences.switch_review_mails(session, user_of(request), on=is_on)
        await session.commit()
    told = (
        "Reviews are told to you by mail." if is_on else "You get no mails about reviews any more; this page tells all."
    )
    return go_to(request, url_to("reviews"), saying=told)


def _back(path: str) -> str:
    """Return where the form came from, as long as that is within the back office."""
    return path if path.startswith(f"{ROOT}/") else url_to("index")


routes = [
    Route("/preferences/close-hints", close_hints, methods=["POST"]),
    Route("/preferences/show-hints", show_hints_again, methods=["POST"]),
    Route("/preferences/shortcuts", switch_shortcuts, methods=["POST"]),
    Route("/preferences/review-mails", switch_review_mails, methods=["POST"]),
]
